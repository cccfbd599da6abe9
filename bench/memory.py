"""The bridge's memory over a million messages, through a real broker into a real database."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench.ingest import TOPIC, Bridge, _broker, _packets, _publish, _seed
from tests.services import databases

BURST, EARLY, LATE = 50_000, 100_000, 1_000_000
GROWTH_MB = 20.0
"""What may come between the first hundred thousand messages and the last."""


def run() -> Iterator[dict]:
    """Give the resident memory early (`raw`) and late, in MB; `floor` is what it may have grown by."""
    with ExitStack() as stack:
        port = stack.enter_context(_broker())
        database = databases.database()
        stack.callback(database.drop)
        _seed(database.url)
        bridge = Bridge("sqlite", database.url, port)
        stack.callback(bridge.close)
        burst, taken, resident = _packets(BURST, TOPIC), 0, {}
        while taken < LATE:
            bridge.seconds(partial(_publish, port, burst), BURST)
            taken += BURST
            resident[taken] = _resident_mb(bridge.pid)
    early, late = resident[EARLY], resident[LATE]
    yield {
        "metric": f"P11 memory of the bridge after {LATE} messages",
        "value": round(late, 1),
        "raw": round(early, 1),
        "unit": "MB",
        "floor": GROWTH_MB,
        "ok": late - early <= GROWTH_MB,
    }


def _resident_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))
