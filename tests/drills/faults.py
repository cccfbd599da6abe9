"""The drills: each takes a stand, breaks something under a stream of known jobs, and returns what became of them."""

import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.drills.judge import Result
from tests.drills.stand import Stand
from tests.drills.stream import Box, Stream, spoiled, streaming
from tests.services.postgres import Cluster

DAY_S = 86400.0
AUTOSAVE_S = 10.0
"""The broker's own store is this old at most when it is killed (autosave_interval of the settings we ship)."""
FILLER = "filler"
RATE = 50
"""Messages a second while a broker is ended."""


@contextmanager
def _publishing(stream: Stream) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=stream.run)
    thread.start()
    try:
        yield thread
    finally:
        thread.join()


def bridge_killed(stand: Stand) -> Result:
    """SIGKILL, twenty times, each at another moment of its life."""
    kills, dice = max(3, round(20 * stand.scale)), random.Random(20)
    process = stand.bridge()
    with streaming(stand.broker.port, stand.boxes(60), rate=40) as stream:
        with _publishing(stream):
            for _kill in range(kills):
                time.sleep(dice.uniform(0.05, 0.6))
                stand.kill(process)
                process = stand.bridge(until="")
                process.wait_for("Writing for" if dice.random() < 0.5 else "Connected to")
        result = stand.judged(stream)
    result.note = f"{kills} kills"
    return result


def broker_restarted(stand: Stand) -> Result:
    """SIGTERM and a new start, twice: the broker writes its store as it ends."""
    return _broker_away(stand, stand.broker.stop)


def broker_killed(stand: Stand) -> Result:
    """SIGKILL: only what it acknowledged in its last second, and had not yet handed over, may be missing."""
    return _broker_away(stand, stand.broker.kill, at_risk=2 * RATE, settled_s=AUTOSAVE_S + 1)


def _broker_away(stand: Stand, end: Callable[[], None], *, at_risk: int = 0, settled_s: float = 0.0) -> Result:
    """End the broker twice; `settled_s` after the bridge came its session is in the broker's store."""
    stand.bridge()
    time.sleep(settled_s)
    with streaming(stand.broker.port, stand.boxes(20), RATE) as stream:
        with _publishing(stream) as thread:
            for _time in range(2):
                time.sleep(4 * stand.scale)
                end()
                time.sleep(0.5)
                stand.broker.start()
                thread.join(6 * stand.scale)
        return stand.judged(stream, at_risk=at_risk)


def backlog_and_broker_killed(stand: Stand) -> Result:
    """The bridge is away, the broker saves what it keeps and is killed: what was saved comes, the rest may be lost."""
    process = stand.bridge()
    with streaming(stand.broker.port, stand.boxes(20), rate=100) as stream:
        process.end()
        stream.run()
        time.sleep(AUTOSAVE_S + 2)  # everything acknowledged is in the broker's store now
        stand.broker.kill()
        stand.broker.start()
        stand.bridge()
        return stand.judged(stream)


def database_stopped(stand: Stand, server: Cluster, how: signal.Signals = signal.SIGINT) -> Result:
    """PostgreSQL is away under the stream, twice; the bridge acknowledges nothing meanwhile."""
    stand.bridge()
    away = 10 * stand.scale if how == signal.SIGINT else 0.5
    with streaming(stand.broker.port, stand.boxes(20), rate=50) as stream:
        with _publishing(stream):
            for _time in range(2):
                time.sleep(2)
                server.stop(how)
                time.sleep(away)
                server.start()
        return stand.judged(stream)


def database_crashed(stand: Stand, server: Cluster) -> Result:
    """An immediate shutdown (SIGQUIT) and start, twice."""
    return database_stopped(stand, server, signal.SIGQUIT)


def disk_full(stand: Stand, folder: Path) -> Result:
    """The disk of the database fills up under the stream and is freed later."""
    process = stand.bridge()
    with streaming(stand.broker.port, stand.boxes(20), rate=60) as stream:
        with _publishing(stream):
            time.sleep(2)
            _fill(folder / FILLER)
            process.wait_for("The database does not answer", 30)
            time.sleep(3)
            (folder / FILLER).unlink()
        result = stand.judged(stream)
    result.note = "waited" if process.popen.poll() is None else "the bridge ended"
    return result


def _fill(filler: Path) -> None:
    """Write until not even a single page fits."""
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def device_clocks(stand: Stand) -> Result:
    """Clocks a day ahead, a day behind, of 1970, of 2106: the arrival counts, estimated, and no use is negative."""
    stand.bridge()
    clocks = [lambda: time.time() + DAY_S, lambda: time.time() - DAY_S, lambda: 86400.0, lambda: 4.3e9]
    boxes = [Box(f"drill-{number}", max(2, round(15 * stand.scale)), clock) for number, clock in enumerate(clocks)]
    with streaming(stand.broker.port, boxes, rate=60) as stream:
        stream.run()
        return stand.judged(stream, clocks_lie=True)


def server_clock(stand: Stand) -> Result:
    """The server's clock is a day ahead, then a day behind, while the boxes' clocks are right and jobs go on."""
    process = stand.bridge()
    with streaming(stand.broker.port, stand.boxes(15), rate=30) as stream:
        with _publishing(stream):
            for shift in (DAY_S, -DAY_S):
                time.sleep(2 * stand.scale)
                process.end()
                process = stand.bridge(clock=shift)
        return stand.judged(stream, clocks_lie=True)


def flood(stand: Stand) -> Result:
    """As fast as one publisher can: 5 % malformed, 5 % sent twice, 5 % out of order."""
    stand.bridge()
    dice = random.Random(5)
    with streaming(stand.broker.port, stand.boxes(100), rate=10_000) as stream:
        stream.run(partial(spoiled, dice=dice))
        return stand.judged(stream)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a small disk in memory; raises OSError where this is not allowed."""
    folder.mkdir()
    found = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "drill", str(folder)], capture_output=True, check=False
    )
    if found.returncode:
        raise PermissionError(found.stderr.decode().strip() or "a disk in memory cannot be mounted")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)
