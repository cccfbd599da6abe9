"""One process of the contest of everything: book, any of a kind, move, extend, cancel, wait, take a held place, a room.

`prepare` ties machines together, a number takes part, `check` counts what went wrong afterwards.
"""

import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import DatabaseError, connections
from django.utils import timezone

from bench._overlaps import overlaps
from booking.models import LIVE, Reservation, State, WaitingEntry
from booking.problems import Refused
from booking.services import cancel, move, reserve, take_offer, wait
from machines.models import Machine, MachinePool
from machines.services.park import tie_together
from members.models import User

THREADS, ATTEMPTS = 6, 65
FIRST = datetime.fromisoformat(sys.argv[1]) + timedelta(days=60)
HALF_HOUR = timedelta(minutes=30)
PERSONAL = {"member_overlap", "quota_reached", "not_allowed", "past"}


def prepare() -> dict:
    """Three machines of a kind in a room, two of which share an extraction."""
    room, extraction, *alike = Machine.objects.order_by("pk")[:5]
    pool = MachinePool.objects.create(name="Genre")
    Machine.objects.filter(pk__in=[one.pk for one in alike]).update(pool=pool, inside=room)
    Machine.objects.filter(pk=extraction.pk).update(bookable=False)
    for one in alike[:2]:
        one.needs.add(extraction)
    Reservation.objects.filter(machine__in=[room, *alike], ends_at__gte=timezone.now()).delete()
    tie_together()
    return {}


class Contestant:
    """A thread with people of its own, who all want the same few days."""

    def __init__(self, number: int, machines: list[Machine], people: list[User]) -> None:
        self.dice, self.machines, self.people = random.Random(number), machines, people
        self.results: Counter[str] = Counter()

    def run(self) -> None:
        acts = (self.book, self.book, self.any, self.move, self.extend, self.cancel, self.wait, self.take)
        for _ in range(ATTEMPTS):
            self._try(self.dice.choice(acts))
        connections.close_all()

    def _try(self, act: Callable[[], object]) -> None:
        try:
            self.results["won" if act() is not None else "idle"] += 1
        except Refused as refused:
            helped = bool(refused.alternatives) or bool(PERSONAL & set(refused.codes))
            self.results["refused" if refused.codes and helped else "unexplained"] += 1
        except DatabaseError:
            self.results["broken"] += 1

    def _time(self) -> dict[str, datetime]:
        start = FIRST + HALF_HOUR * self.dice.randrange(60)
        return {"starts_at": start, "ends_at": start + HALF_HOUR * self.dice.randrange(1, 5)}

    def _mine(self) -> Reservation | None:
        rows = Reservation.objects.filter(member__in=self.people, starts_at__gte=FIRST, state=State.CONFIRMED)
        return rows.select_related("machine", "member", "agreement").order_by("?").first()

    def book(self) -> object:
        return reserve(actor=self.dice.choice(self.people), machine=self.dice.choice(self.machines), **self._time())

    def any(self) -> object:
        wanted = {"machine": self.machines[-1], "any_of_kind": True, **self._time()}
        return reserve(actor=self.dice.choice(self.people), **wanted)

    def move(self) -> object:
        mine = self._mine()
        return mine and move(actor=mine.member, reservation=mine, **self._time())

    def extend(self) -> object:
        mine = self._mine()
        times = mine and {"starts_at": mine.starts_at, "ends_at": mine.ends_at + HALF_HOUR}
        return mine and move(actor=mine.member, reservation=mine, **times)

    def cancel(self) -> object:
        mine = self._mine()
        return mine and cancel(actor=mine.member, reservation=mine)

    def wait(self) -> object:
        taken = Reservation.objects.filter(starts_at__gte=FIRST, state=State.CONFIRMED, machine__in=self.machines)
        row, member = taken.select_related("machine").order_by("?").first(), self.dice.choice(self.people)
        times = row and {"machine": row.machine, "starts_at": row.starts_at, "ends_at": row.ends_at}
        return row and wait(actor=member, member=member, **times)

    def take(self) -> object:
        offers = WaitingEntry.objects.filter(member__in=self.people, state=WaitingEntry.State.OFFERED)
        entry = offers.select_related("machine", "member", "hold").order_by("?").first()
        return entry and take_offer(actor=entry.member, entry=entry)


def contend(process: int) -> dict:
    machines = list(Machine.objects.filter(bookable=True).order_by("pk")[:4])
    everybody = list(User.objects.filter(username__startswith="p").order_by("pk"))
    crowd = [Contestant(process * 10 + one, machines, everybody[process * 6 + one :: 24]) for one in range(THREADS)]
    threads = [threading.Thread(target=one.run) for one in crowd]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts: Counter[str] = sum((one.results for one in crowd), Counter())
    names = ("won", "refused", "unexplained", "broken", "idle")
    return {**{name: counts[name] for name in names}, "seconds": time.monotonic() - began}


def check() -> dict:
    rows = Reservation.rows.filter(state__in=LIVE, starts_at__gte=FIRST)
    whole = Reservation.objects.filter(state__in=LIVE, starts_at__gte=FIRST).select_related("machine")
    return {"overlaps": overlaps(rows), "parts_out_of_line": sum(map(_out_of_line, whole)), "kept": whole.count()}


def _out_of_line(row: Reservation) -> bool:
    along = set(row.machine.ties.filter(role="taken").values_list("other", flat=True))
    parts = Reservation.rows.filter(part_of=row, state__in=LIVE, starts_at=row.starts_at, ends_at=row.ends_at)
    return set(parts.values_list("machine", flat=True)) != along


ACTS = {"prepare": prepare, "check": check}
print(json.dumps(ACTS[sys.argv[2]]() if sys.argv[2] in ACTS else contend(int(sys.argv[2]))))
