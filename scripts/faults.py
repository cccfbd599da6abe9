"""Fault drills with a table: what was sent, committed, lost or invented while a real service was killed on purpose.

python -m scripts.faults [NAME…]
"""

import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from scripts import system_packages
from tests.drills import faults
from tests.drills.judge import Result
from tests.drills.stand import ShippedBroker, Stand, stand
from tests.services import ServiceMissing, databases
from tests.services.postgres import Cluster, cluster

HEADING = ("drill", "database", "sent", "committed", "lost", "twice", "ghosts", "wrong", "seconds", "outcome")
DISK_MB = 12
Drill = Callable[[], Result]


@contextmanager
def on_sqlite() -> Iterator[Stand]:
    database = databases.database()
    try:
        with stand(database.url, kind=ShippedBroker) as place:
            yield place
    finally:
        database.drop()


SERVERS = ExitStack()


@cache
def server() -> Cluster:
    """Return the PostgreSQL of this run, as safe as in production; its template is slow to make, so it has only one."""
    return SERVERS.enter_context(cluster(durable=True))


@contextmanager
def on_postgres() -> Iterator[Stand]:
    database = databases.database(server().url)
    try:
        with stand(database.url, kind=ShippedBroker) as place:
            yield place
    finally:
        database.drop()


@contextmanager
def on_a_small_disk() -> Iterator[tuple[Stand, Path]]:
    """Give a stand whose SQLite file lies on a disk of a few megabytes."""
    database = databases.database()
    try:
        with tempfile.TemporaryDirectory() as folder, faults.small_disk(Path(folder) / "disk", DISK_MB) as disk:
            path = Path(shutil.copy(urlsplit(database.url).path.removeprefix("/"), disk))
            with stand(f"sqlite:///{path}", kind=ShippedBroker) as place:
                yield place, disk
    finally:
        database.drop()


def _sqlite(drill: Callable[[Stand], Result]) -> Drill:
    def run() -> Result:
        with on_sqlite() as place:
            return drill(place)

    return run


def _postgres(drill: Callable[..., Result], *, with_server: bool = False) -> Drill:
    def run() -> Result:
        with on_postgres() as place:
            return drill(place, server()) if with_server else drill(place)

    return run


def _disk_full() -> Result:
    with on_a_small_disk() as (place, disk):
        return faults.disk_full(place, disk)


DRILLS: dict[tuple[str, str], Drill] = {
    ("bridge killed", "SQLite"): _sqlite(faults.bridge_killed),
    ("bridge killed", "PostgreSQL"): _postgres(faults.bridge_killed),
    ("broker restarted", "SQLite"): _sqlite(faults.broker_restarted),
    ("broker killed", "SQLite"): _sqlite(faults.broker_killed),
    ("backlog, broker killed", "SQLite"): _sqlite(faults.backlog_and_broker_killed),
    ("database stopped", "PostgreSQL"): _postgres(faults.database_stopped, with_server=True),
    ("database crashed", "PostgreSQL"): _postgres(faults.database_crashed, with_server=True),
    ("disk full", "SQLite"): _disk_full,
    ("device clocks", "SQLite"): _sqlite(faults.device_clocks),
    ("server clock", "SQLite"): _sqlite(faults.server_clock),
    ("flood", "SQLite"): _sqlite(faults.flood),
    ("flood", "PostgreSQL"): _postgres(faults.flood),
}


def measured(name: str, database: str, drill: Drill) -> tuple[tuple[str, ...], list[str], bool]:
    """Run one drill; return its line, what went wrong in words, and whether it held or could not be run."""
    began = time.monotonic()
    try:
        result = drill()
    except (ServiceMissing, PermissionError) as missing:
        return (name, database, *"-" * 7, "not run"), [f"{name}: not run, because {missing}"], True
    except Exception as problem:  # noqa: BLE001 -- whatever one drill does, the others are run
        return (name, database, *"-" * 7, "FAILED"), [f"{name}: {type(problem).__name__}: {problem}"], False
    seconds = f"{time.monotonic() - began:.1f}"
    figures = (result.sent, result.committed, result.lost, result.twice, result.ghosts, result.wrong)
    line = (name, database, *map(str, figures), seconds, "held" if result.held else "FAILED")
    notes = [f"{name}: {example}" for example in result.examples[:5]]
    if result.held and result.lost:
        notes.append(f"{name}: {result.lost} lost were acknowledged in the broker's last second and kept by nobody")
    return line, notes, result.held


def row(cells: tuple[str, ...]) -> str:
    """Return one line of the table: names to the left, numbers to the right."""
    widths = (23, 10, 6, 9, 5, 5, 6, 5, 7)
    shown = [
        cell.ljust(width) if place < 2 else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=False))
    ]
    return "  ".join([*shown, cells[-1]])


def main(wanted: list[str]) -> int:
    """Run the drills, or those whose name holds one of the words; 0 when every one held."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    system_packages.ensure()
    held, notes = True, []
    print(row(HEADING), flush=True)
    with SERVERS:
        for (name, database), drill in DRILLS.items():
            if wanted and not any(word in name for word in wanted):
                continue
            line, told, fine = measured(name, database, drill)
            print(row(line), flush=True)
            held, notes = held and fine, notes + told
    print("\n".join(["", *notes]) if notes else "", flush=True)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
