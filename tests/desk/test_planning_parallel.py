"""Two of the team who move the same booking at the same moment, with real threads on a committed database."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from booking.models import LIVE, Reservation, WaitingEntry
from booking.services import cancel, move, wait
from machines.models import Machine
from machines.services.park import tie_together
from members.models import User
from place.clock import local
from tests.booking.test_parallel import at_once, outcome, overlapping_pairs
from tests.factories.booking import ReservationFactory, open_lab, wall
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory, StaffFactory

pytestmark = pytest.mark.parallel
DAY = timezone.localdate() + timedelta(days=7)


def moves(acts: list[Callable[[], object]]) -> list[str]:
    return sorted(at_once([partial(outcome, act) for act in acts]))


@pytest.fixture
def lab(committed_db: None) -> None:
    open_lab(8, 24, day=DAY)


def test_of_six_who_move_a_booking_at_once_one_does(lab: None) -> None:
    machine = MachineFactory(max_minutes=240)
    row = ReservationFactory(machine=machine, member=AdultFactory(), starts_at=wall(9, DAY))
    staff = StaffFactory()

    def act(hour: int) -> Reservation:
        seen = Reservation.objects.get(pk=row.pk)
        return move(actor=staff, reservation=seen, sequence=0, starts_at=wall(hour, DAY), ends_at=wall(hour + 1, DAY))

    found = moves([lambda hour=hour: act(hour) for hour in (11, 13, 15, 17, 19, 21)])
    assert found == ["changed"] * 5 + ["won"]
    row.refresh_from_db()
    assert row.sequence == 1
    assert local(row.starts_at).hour in (11, 13, 15, 17, 19, 21)


def test_moves_that_free_time_for_each_other_do_not_stand_in_each_other_s_way(lab: None) -> None:
    machines, people, staff = MachineFactory.create_batch(2), AdultFactory.create_batch(2), StaffFactory()
    rows = []
    for machine, person in zip(machines, people, strict=True):
        rows.append(ReservationFactory(machine=machine, member=person, starts_at=wall(9, DAY)))
    for machine, person in zip(reversed(machines), people, strict=True):  # each waits for what the other gives back
        wait(actor=person, machine=machine, starts_at=wall(9, DAY), ends_at=wall(10, DAY), member=person)

    def act(row: Reservation, turn: int) -> Reservation:
        hour = 12 if turn % 2 else 15
        return move(actor=staff, reservation=row, sequence=turn, starts_at=wall(hour, DAY), ends_at=wall(hour + 1, DAY))

    assert moves([lambda row=row: act(row, 0) for row in rows]) == ["won", "won"]
    assert moves([lambda row=row: act(row, 1) for row in rows]) == ["won", "won"]
    assert set(WaitingEntry.objects.values_list("state", flat=True)) <= {"waiting", "offered"}


def to(row: Reservation, machine: Machine, hour: int, staff: User) -> Reservation:
    seen = Reservation.objects.select_related("machine", "member").get(pk=row.pk)
    times = {"starts_at": wall(hour, DAY), "ends_at": wall(hour + 1, DAY)}
    return move(actor=staff, reservation=seen, machine=machine, **times)


def test_of_four_moved_onto_the_same_machine_at_once_one_is(lab: None) -> None:
    staff, goal = StaffFactory(), MachineFactory()
    rows = [
        ReservationFactory(machine=MachineFactory(), member=AdultFactory(), starts_at=wall(9, DAY)) for _ in range(4)
    ]
    assert moves([lambda row=row: to(row, goal, 9, staff) for row in rows]) == ["overlap"] * 3 + ["won"]
    assert overlapping_pairs() == 0
    assert Reservation.objects.filter(machine=goal, state__in=LIVE).count() == 1


@pytest.mark.parametrize("sharing", [False, True], ids=["apart", "sharing an extraction"])
def test_two_that_change_places_never_wait_for_each_other_in_a_circle(lab: None, sharing: bool) -> None:
    staff, people = StaffFactory(), AdultFactory.create_batch(2)
    machines = MachineFactory.create_batch(2, max_minutes=240)
    if sharing:
        extraction = MachineFactory(bookable=False)
        for machine in machines:
            machine.needs.add(extraction)
        tie_together()
        machines = list(Machine.objects.filter(bookable=True))  # as they are tied now
    rows = [
        ReservationFactory(machine=machine, member=person, starts_at=wall(9 + 2 * number, DAY))
        for number, (machine, person) in enumerate(zip(machines, people, strict=True))
    ]
    for turn in range(6):
        first, second = machines[(turn + 1) % 2], machines[turn % 2]
        pair = [
            lambda f=first, t=turn: to(rows[0], f, 13 + t, staff),
            lambda s=second, t=turn: to(rows[1], s, 8, staff),
        ]
        assert set(moves(pair)) <= {"won", "overlap"}
        assert overlapping_pairs() == 0


def test_moved_and_cancelled_at_once_nothing_is_left_over(lab: None) -> None:
    staff, goal = StaffFactory(), MachineFactory()
    row = ReservationFactory(machine=MachineFactory(), member=AdultFactory(), starts_at=wall(9, DAY))
    cancelled = Reservation.objects.get(pk=row.pk)
    found = moves([lambda: to(row, goal, 9, staff), lambda: cancel(actor=staff, reservation=cancelled)])
    assert "won" in found
    assert overlapping_pairs() == 0
    row.refresh_from_db()
    assert row.state == "cancelled"
