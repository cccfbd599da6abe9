"""Uses told by many at once (`race`, one process of several; `check`), and what ending one costs (`cost` N)."""

import json
import statistics
import sys
import threading
import time
from datetime import timedelta

from django.db import DatabaseError, connection, connections
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench._uses import fill
from machines.models import Machine, Outcome, UsageSession
from machines.services.usage import close_usage, open_usage

THREADS, ROUNDS = 10, 20
SAMPLES = 300
SOURCE = "race"


def race() -> dict[str, int]:
    """Tell the beginning and the end of the same uses from every thread."""
    machine, now = Machine.objects.order_by("pk")[0], timezone.now()
    gate, broken = threading.Barrier(THREADS), []

    def tell() -> None:
        gate.wait()
        for number in range(ROUNDS):
            try:
                begun = open_usage(machine, source=SOURCE, natural_key=str(number), started_at=now)
                close_usage(begun, ended_at=now + timedelta(minutes=5), outcome=Outcome.COMPLETED)
            except DatabaseError as error:
                broken.append(error)
        connections.close_all()

    threads = [threading.Thread(target=tell) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"broken": len(broken)}


def check() -> dict[str, int]:
    rows = UsageSession.objects.filter(source=SOURCE)
    doubled = rows.values("natural_key").annotate(rows=Count("pk")).filter(rows__gt=1).count()
    return {"doubled": doubled, "missing": ROUNDS - rows.exclude(ended_at=None).count()}


def cost(uses: int) -> dict[str, float]:
    """Bring the lab to so many uses; return what ending one takes, the median of many."""
    fill(uses)
    if connection.vendor == "postgresql":
        connection.cursor().execute("ANALYZE")
    machine = Machine.objects.order_by("pk")[1]
    _stopped(machine, f"warm-{uses}")
    times = [_stopped(machine, f"{uses}-{number}") for number in range(SAMPLES)]
    wall, cpu = (statistics.median(column) for column in zip(*times, strict=True))
    begun = _begun(machine, f"count-{uses}")
    with CaptureQueriesContext(connection) as captured:
        _end(begun)
    return {"wall_ms": round(wall, 3), "cpu_ms": round(cpu, 3), "queries": len(captured)}


def _stopped(machine: Machine, key: str) -> tuple[float, float]:
    """Begin a use, then end it; return the milliseconds, by the wall and of this process, that ending it took."""
    begun = _begun(machine, key)
    wall, cpu = time.perf_counter(), time.process_time()
    _end(begun)
    return 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)


def _begun(machine: Machine, key: str) -> UsageSession:
    return open_usage(machine, source="cost", natural_key=key, started_at=timezone.now())


def _end(begun: UsageSession) -> None:
    close_usage(begun, ended_at=begun.started_at + timedelta(minutes=5), outcome=Outcome.COMPLETED)


ACTS = {"race": race, "check": check}
print(json.dumps(cost(int(sys.argv[2])) if sys.argv[1] == "cost" else ACTS[sys.argv[1]]()))
