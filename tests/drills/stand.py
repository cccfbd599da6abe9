"""Where a drill happens: a broker, a database and bridge processes of its own, on loopback."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.drills.judge import COUNT, Result, judge, read
from tests.drills.stream import Box, Clock, Stream
from tests.iot_bridge.live import READY, Process, Running, processes
from tests.services import ROOT, answers, wait_until
from tests.services.broker import Broker, running_broker

SEED = """
from iot_bridge.models import Device
from machines.models import Machine, MachineCategory
category = MachineCategory.objects.create(slug="drill", name="Drill", process="fdm")
for number in range({count}):
    machine = Machine.objects.create(slug=f"drill-{{number}}", name=f"drill-{{number}}", category=category)
    Device.objects.create(machine=machine, kind="native", base=machine.slug)
"""
BOXES = 5
SETTLE_S, AT_RISK_S = 90.0, 15.0


@dataclass
class Stand:
    """One drill's services; `scale` shortens it (1 is the whole drill)."""

    url: str
    broker: Broker
    running: Running
    scale: float = 1.0

    def bridge(self, *options: str, until: str = READY, clock: float = 0.0) -> Process:
        """Start a bridge; one with a `clock` believes that it is so many seconds later."""
        return self.running.bridge(self.url, self.broker.url, *options, until=until, clock=clock)

    def kill(self, process: Process) -> None:
        process.end(signal.SIGKILL)

    def boxes(self, jobs: int, clock: Clock | None = None) -> list[Box]:
        """Return the boxes with so many jobs each in the whole drill."""
        clocks = {} if clock is None else {"clock": clock}
        return [Box(f"drill-{number}", max(2, round(jobs * self.scale)), **clocks) for number in range(BOXES)]

    def rows(self) -> int:
        return read(self.url, COUNT)[0][0]

    def judged(self, stream: Stream, *, at_risk: int = 0, clocks_lie: bool = False) -> Result:
        """Wait until everything is committed, or as much as ever comes; then count."""
        wait_until(stream.acknowledged, SETTLE_S, what="the broker's acknowledgements")
        wanted = len(stream.payloads())
        with contextlib.suppress(TimeoutError):  # what is missing is counted as lost
            patience = AT_RISK_S if at_risk else SETTLE_S
            wait_until(lambda: self.rows() >= wanted, patience, what="the rows")
        result = judge(self.url, stream, clocks_lie=clocks_lie)
        result.at_risk = at_risk
        return result


@contextmanager
def stand(url: str, scale: float = 1.0, kind: type[Broker] = Broker) -> Iterator[Stand]:
    """Seed a migrated database with boxes and run a broker beside it; bridges are the drill's own business."""
    command = [sys.executable, "manage.py", "shell", "--no-imports", "--verbosity", "0", "--command"]
    environment = {"DJANGO_SETTINGS_MODULE": "fablab.settings.test", "DATABASE_URL": url, "TEST_DATABASE_URL": url}
    subprocess.run([*command, SEED.format(count=BOXES)], cwd=ROOT, env=os.environ | environment, check=True)
    with running_broker(kind) as service, processes() as running:
        yield Stand(url, service, running, scale)


class ShippedBroker(Broker):
    """Mosquitto with the settings that `iot_bridge.embedded` writes; the process becomes Mosquitto itself."""

    def start(self) -> None:
        command = ["-m", "iot_bridge.embedded", "--port", str(self.port), "--broker", "mosquitto"]
        self.process = subprocess.Popen(
            [sys.executable, *command, "--data", str(self.folder)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: answers(self.port), what="Mosquitto")
