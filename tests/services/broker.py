"""A real Mosquitto on loopback for tests, benchmarks and drills."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services import answers, free_port, program, wait_until

CONFIG = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_interval 1
autosave_on_changes true
max_queued_messages 100000
max_queued_bytes 104857600
max_inflight_messages 100
upgrade_outgoing_qos true
log_dest file {folder}/mosquitto.log
log_type error
log_type warning
{user}
"""


class Broker:
    """One Mosquitto process over a folder of its own; `kill` and `start` again keep its port and its store."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.program = program("mosquitto", "/usr/sbin", "/usr/local/sbin", install="mosquitto")
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="fablab-broker-"))
        self.process: subprocess.Popen | None = None
        user = "user root" if os.geteuid() == 0 else ""
        self.config = self.folder / "mosquitto.conf"
        self.config.write_text(CONFIG.format(port=self.port, folder=self.folder, user=user), encoding="ascii")

    @property
    def url(self) -> str:
        return f"mqtt://{self.host}:{self.port}"

    def restrict(self, rights: str) -> None:
        """Write an access list (mosquitto.conf(5), acl_file), read at the next start."""
        rules = self.folder / "acl"
        rules.write_text(rights, encoding="ascii")
        option = f"acl_file {rules}\n"
        if option not in self.config.read_text():
            self.config.write_text(self.config.read_text() + option)

    def start(self) -> None:
        """Start the process and wait until it listens."""
        self.process = subprocess.Popen([self.program, "-c", str(self.config)], start_new_session=True)
        wait_until(lambda: answers(self.port), what="Mosquitto")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=20)
            self.process = None

    def kill(self) -> None:
        """End the process as a power cut would."""
        self.stop(signal.SIGKILL)

    def destroy(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def running_broker(kind: type[Broker] = Broker) -> Iterator[Broker]:
    """Run a broker for the length of a block."""
    broker = kind()
    try:
        broker.start()
        yield broker
    finally:
        broker.destroy()
