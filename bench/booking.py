"""P4: making bookings, against a view that only locks the machine and inserts."""

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from bench._serving import Lab, compare, labs, post, serving

TARGET = 0.6
MACHINES = 30
TURN = threading.Lock()  # a generator is asked by one thread at a time
HALF_HOUR = timedelta(minutes=30)


def run() -> Iterable[dict]:
    """Compare our reservation call with the bare insert, in turns, on free time only."""
    for lab in labs():
        with serving(lab) as server:
            slots = _free_slots(lab)
            ours, floor = _caller(lab, "/api/v1/reservations", slots), _caller(lab, "/floor/insert", slots)
            figures = compare(server, ours, floor, expected=201)
        kept = figures["ratio"] >= TARGET and figures["cpu_ratio"] >= TARGET
        yield {
            "metric": "P4 create a booking",
            "unit": "req/s",
            "database": lab.vendor,
            "target": TARGET,
            "ok": kept,
            **figures,
        }


def _free_slots(lab: Lab) -> Iterator[tuple[str, dict]]:
    """Return endless bodies of bookings nobody holds, each with the token of somebody free at that time."""
    first = datetime.fromisoformat(lab.seed["free_from"])
    tokens = lab.seed["tokens"]
    for number in itertools.count():
        start = first + HALF_HOUR * (number // MACHINES)
        body = {"machine": f"m{number % MACHINES}", "starts_at": start.isoformat()}
        yield tokens[number % len(tokens)], {**body, "ends_at": (start + HALF_HOUR).isoformat()}


def _caller(lab: Lab, path: str, slots: Iterator[tuple[str, dict]]) -> Callable[[], bytes]:
    def request() -> bytes:
        with TURN:
            token, body = next(slots)
        return post(path, token, body)

    return request
