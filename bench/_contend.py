"""One process of P6: six threads that book and block machines; `check` counts what went wrong afterwards."""

import json
import random
import sys
import threading
import time
from collections import Counter
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
FIRST = datetime.fromisoformat(sys.argv[1]) + timedelta(days=30)


def work(process: int, number: int, machines: list[Machine], people: list[User], results: Counter[str]) -> None:
    dice = random.Random(process * 100 + number)
    for _ in range(ATTEMPTS):
        start = FIRST + timedelta(minutes=30 * dice.randrange(200))
        end = start + timedelta(minutes=30 * dice.randrange(1, 5))
        try:
            if dice.random() < 0.5:
                reserve(actor=dice.choice(people), machine=dice.choice(machines[:3]), starts_at=start, ends_at=end)
            else:
                chosen = dice.sample(machines, SERIES)
                block_machines(machines=chosen, starts_at=start, ends_at=end, kind=Kind.WORKSHOP, actor=None)
            results["won"] += 1
        except Refused:
            results["refused"] += 1
        except DatabaseError:
            results["broken"] += 1
    connections.close_all()


def contend(process: int) -> dict:
    machines, people = list(Machine.objects.order_by("pk")[:6]), list(User.objects.filter(username__startswith="p"))
    results: Counter[str] = Counter()
    arguments = [(process, number, machines, people, results) for number in range(THREADS)]
    threads = [threading.Thread(target=work, args=one) for one in arguments]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = {key: results[key] for key in ("won", "refused", "broken")}
    return {**counts, "attempts": THREADS * ATTEMPTS, "seconds": time.monotonic() - began}


def check() -> dict:
    rows = Reservation.objects.filter(state__in=LIVE, starts_at__gte=FIRST)
    series = rows.filter(kind=Kind.WORKSHOP).values("starts_at", "ends_at").annotate(parts=Count("pk"))
    incomplete = [one for one in series if one["parts"] % SERIES]
    return {"overlaps": overlaps(rows), "incomplete_series": len(incomplete)}


print(json.dumps(check() if sys.argv[2] == "check" else contend(int(sys.argv[2]))))
