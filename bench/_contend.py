"""One process of P6: six threads that book and block machines; `check` counts what went wrong afterwards."""

import json
import random
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError, connections
from django.db.models import Count

from bench._overlaps import overlaps
from booking.models import LIVE, Kind, Reservation
from booking.problems import Refused
from booking.services import block_machines, reserve
from machines.models import Machine
from members.models import User

THREADS, ATTEMPTS = 6, 25
SERIES = 4
LATER = timedelta(days=14)
FIRST = datetime.fromisoformat(sys.argv[1]) + timedelta(days=30)


@dataclass
class Crowd:
    """What the threads of a process share."""

    machines: list[Machine]
    people: list[User]
    gate: threading.Barrier  # all are connected, and have read the words they need, before the clock runs
    results: Counter[str] = field(default_factory=Counter)


def work(process: int, number: int, crowd: Crowd) -> None:
    dice = random.Random(process * 100 + number)
    attempt(dice, crowd, FIRST + LATER)
    crowd.gate.wait()
    crowd.results.update(attempt(dice, crowd, FIRST) for _ in range(ATTEMPTS))
    connections.close_all()


def attempt(dice: random.Random, crowd: Crowd, first: datetime) -> str:
    start = first + timedelta(minutes=30 * dice.randrange(200))
    end = start + timedelta(minutes=30 * dice.randrange(1, 5))
    try:
        if dice.random() < 0.5:
            reserve(
                actor=dice.choice(crowd.people), machine=dice.choice(crowd.machines[:3]), starts_at=start, ends_at=end
            )
        else:
            chosen = dice.sample(crowd.machines, SERIES)
            block_machines(machines=chosen, starts_at=start, ends_at=end, kind=Kind.WORKSHOP, actor=None)
    except Refused:
        return "refused"
    except DatabaseError:
        return "broken"
    return "won"


def contend(process: int) -> dict:
    machines, people = list(Machine.objects.order_by("pk")[:6]), list(User.objects.filter(username__startswith="p"))
    crowd = Crowd(machines, people, threading.Barrier(THREADS + 1))
    threads = [threading.Thread(target=work, args=(process, number, crowd)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    crowd.gate.wait()
    began = time.monotonic()
    for thread in threads:
        thread.join()
    counts = {key: crowd.results[key] for key in ("won", "refused", "broken")}
    return {**counts, "attempts": THREADS * ATTEMPTS, "seconds": time.monotonic() - began}


def check() -> dict:
    rows = Reservation.objects.filter(state__in=LIVE, starts_at__gte=FIRST)
    series = rows.filter(kind=Kind.WORKSHOP).values("starts_at", "ends_at").annotate(parts=Count("pk"))
    incomplete = [one for one in series if one["parts"] % SERIES]
    return {"overlaps": overlaps(rows), "incomplete_series": len(incomplete)}


print(json.dumps(check() if sys.argv[2] == "check" else contend(int(sys.argv[2]))))
