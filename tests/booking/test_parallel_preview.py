"""Changes of hours carried out while members book, move and cancel: nothing half done, nobody locked for ever."""

import functools
import random
from collections import Counter
from datetime import timedelta

import pytest

from booking.models import Reservation, State
from booking.problems import Refused
from booking.services import Choice, Fate, Unforeseen, cancel, carry_out, foresee_change, move, reserve
from booking.services.settling import settle_bookings
from place.clock import Span
from place.models import Closure
from place.services import add_closure
from tests.booking.test_parallel import DAY, at_once, outcome, overlapping_pairs
from tests.factories.booking import open_lab, wall
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory, StaffFactory

pytestmark = pytest.mark.parallel


@pytest.fixture
def machines(committed_db):
    open_lab(8, 24, day=DAY)
    return MachineFactory.create_batch(3, max_minutes=240, buffer_after_minutes=0, cancel_notice_minutes=0)


def booked(machines, hour: float) -> list[Reservation]:
    moments = {"starts_at": wall(hour, DAY), "ends_at": wall(hour + 1, DAY)}
    return [reserve(actor=AdultFactory(), machine=machine, **moments) for machine in machines]


def closing(start: float, end: float):
    return functools.partial(
        add_closure, starts_at=wall(start, DAY), ends_at=wall(end, DAY), reason="fuite", actor=None
    )


def chosen(rows: list[Reservation], dice: random.Random) -> dict[int, Choice]:
    """Return a choice for each booking: moved two hours on, cancelled or left to confirm."""
    hours = timedelta(hours=2)
    ways = [
        lambda row: Choice(Fate.MOVED, Span(row.starts_at + hours, row.ends_at + hours)),
        lambda _row: Choice(Fate.CANCELLED),
        lambda _row: Choice(Fate.TO_CONFIRM),
    ]
    return {row.pk: dice.choice(ways)(row) for row in rows}


def test_changes_and_members_acting_at_once_leave_no_overlap_and_no_deadlock(machines, soak: bool) -> None:
    manager, hours = StaffFactory(), range(8, 20, 4)
    rows = [row for hour in hours for row in booked(machines, hour)]

    def change(hour: int) -> str:
        change, mine = closing(hour, hour + 1), [row for row in rows if row.starts_at == wall(hour, DAY)]
        for attempt in range(30):
            seal, choices = foresee_change(change).seal, chosen(mine, random.Random(hour + attempt))
            try:
                carry_out(change, actor=manager, seal=seal, choices=choices)
            except (Unforeseen, Refused):
                continue
            return "closed"
        return "given up"

    def act(row: Reservation) -> str:
        dice = random.Random(row.pk)
        for _ in range(6 if soak else 2):
            start = 8 + dice.randrange(0, 28) / 2
            moments = {"starts_at": wall(start, DAY), "ends_at": wall(start + 1, DAY)}
            outcome(functools.partial(move, actor=row.member, reservation=row, **moments))
        outcome(functools.partial(cancel, actor=row.member, reservation=row))
        return "acted"

    acts = [functools.partial(change, hour) for hour in hours] + [functools.partial(act, row) for row in rows]
    told = Counter(at_once(acts))
    assert told["acted"] == len(rows)
    assert told["closed"] + told["given up"] == len(hours)
    assert Closure.objects.count() == told["closed"]
    assert overlapping_pairs() == 0


def test_of_two_who_carry_out_the_same_change_one_must_look_again(machines) -> None:
    manager, rows = StaffFactory(), booked(machines, 10)
    change = closing(10, 11)
    seal = foresee_change(change).seal
    choices = {row.pk: Choice(Fate.CANCELLED) for row in rows}

    def act() -> str:
        try:
            carry_out(change, actor=manager, seal=seal, choices=choices)
        except (Unforeseen, Refused):
            return "look again"
        return "closed"

    assert Counter(at_once([act] * 4)) == {"closed": 1, "look again": 3}
    assert Closure.objects.count() == 1
    assert set(Reservation.objects.values_list("state", flat=True)) == {State.CANCELLED}
    assert settle_bookings(wall(0, DAY)) == 0
