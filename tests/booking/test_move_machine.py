"""A booking that goes to another machine: judged there like a new one, the old machine free for whoever waits."""

from typing import Any

import pytest

from booking.models import LIVE, Reservation, WaitingEntry
from booking.problems import Refused
from booking.services import move, wait
from machines.models import Machine
from machines.services.park import tie_together
from members.models import AuditEntry, Message
from tests.booking.acts import snapshot
from tests.factories.booking import ReservationFactory, wall
from tests.factories.machines import MachineFactory, PoolFactory
from tests.factories.members import AdultFactory, StaffFactory

pytestmark = pytest.mark.usefixtures("opened", "now")


@pytest.fixture
def booking(opened: None) -> Reservation:
    return ReservationFactory(machine=MachineFactory(name="Laser"), member=AdultFactory(), starts_at=wall(15))


def to(booking: Reservation, machine: Machine, **fields: Any) -> Reservation:
    times = {"starts_at": booking.starts_at, "ends_at": booking.ends_at}
    return move(actor=StaffFactory(), reservation=booking, machine=machine, **(times | fields))


def test_it_is_moved_recorded_and_told(booking: Reservation) -> None:
    other = MachineFactory(name="Mistral", buffer_after_minutes=15)
    moved = to(booking, other)
    assert (moved.pk, moved.machine, moved.sequence) == (booking.pk, other, 1)
    assert moved.blocked_until == wall(16.25)
    assert AuditEntry.objects.get(action="reservation.moved").detail["machine"] == booking.machine.slug
    assert "Mistral" in Message.objects.get(recipient=booking.member).subject


def test_refused_the_old_one_stands(booking: Reservation) -> None:
    other, before = MachineFactory(), snapshot(booking)
    ReservationFactory(machine=other, starts_at=wall(15))
    with pytest.raises(Refused) as caught:
        to(booking, other)
    assert caught.value.codes == ["overlap"]
    assert snapshot(booking) == before


def test_the_rules_are_those_of_the_new_machine(booking: Reservation) -> None:
    strict, before = MachineFactory(max_minutes=30), snapshot(booking)
    with pytest.raises(Refused):
        to(booking, strict)
    assert snapshot(booking) == before


def test_whoever_waits_for_the_old_machine_is_next(booking: Reservation) -> None:
    person = AdultFactory()
    wait(actor=person, machine=booking.machine, starts_at=wall(15), ends_at=wall(16), member=person)
    to(booking, MachineFactory())
    assert WaitingEntry.objects.get().state == "offered"


def test_what_went_along_with_the_old_machine_is_given_back(booking: Reservation) -> None:
    extraction, saw = MachineFactory(name="Aspiration", bookable=False), MachineFactory(name="Scie")
    saw.needs.add(extraction)
    tie_together()
    saw.refresh_from_db()
    there = to(booking, saw)
    parts = Reservation.rows.filter(part_of=booking, state__in=LIVE)
    assert [one.machine for one in parts] == [extraction]
    to(Reservation.objects.get(pk=there.pk), MachineFactory())
    assert not parts.all().exists()


def test_a_booking_of_any_of_a_kind_then_names_its_machine(booking: Reservation) -> None:
    pool = PoolFactory()
    one = MachineFactory(pool=pool)
    two = MachineFactory(pool=pool, category=one.category)
    row = ReservationFactory(machine=one, member=AdultFactory(), starts_at=wall(16), floating=True)
    moved = to(row, two)
    assert (moved.machine, moved.floating) == (two, False)


def test_the_same_machine_changes_nothing_about_it(booking: Reservation) -> None:
    assert to(booking, booking.machine, starts_at=wall(16), ends_at=wall(17)).machine == booking.machine


def test_a_stale_view_of_the_machine_is_refused(booking: Reservation) -> None:
    stale = Reservation.objects.get(pk=booking.pk)
    to(booking, MachineFactory())
    with pytest.raises(Refused) as caught:
        move(actor=StaffFactory(), reservation=stale, starts_at=wall(16), ends_at=wall(17))
    assert caught.value.codes == ["changed"]
