"""Any of several machines of the same kind: the system picks, and whoever named none gives way."""

import pytest
from django.core.exceptions import ValidationError

from booking.facts import Wish
from booking.models import Kind, Reservation, State
from booking.services import block_machines, cancel, foresee, move
from machines.models import Machine
from machines.services.park import declare_outage, save_machine
from members.models import Message
from place.clock import Span
from tests.booking.acts import refused, take
from tests.factories.booking import ReservationFactory, wall
from tests.factories.machines import CategoryFactory, MachineFactory, OutageFactory, PoolFactory
from tests.factories.members import AdultFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "opened")]


@pytest.fixture
def enders() -> list[Machine]:
    pool, category = PoolFactory(name="Ender-3"), CategoryFactory()
    return MachineFactory.create_batch(2, pool=pool, category=category)


def take_any(enders: list[Machine], start: float, end: float, **more) -> Reservation:
    return take(enders[0], AdultFactory(), start, end, any_of_kind=True, **more)


def machine_of(reservation: Reservation) -> Machine:
    return Reservation.objects.get(pk=reservation.pk).machine


def test_the_system_picks_a_free_one(enders) -> None:
    first = take(enders[0], AdultFactory())
    assert take_any(enders, 14, 15).machine == enders[1]
    assert first.floating is False


def test_as_many_at_once_as_there_are_machines_and_no_more(enders) -> None:
    take_any(enders, 14, 15)
    take_any(enders, 14, 15)
    found = refused(take_any, enders, 14, 15)
    assert found.codes == ["overlap"]
    assert found.problems[0].alternatives


def test_capacity_is_the_peak_not_the_count(enders) -> None:
    one, two = take_any(enders, 14, 15), take_any(enders, 15, 16)
    Reservation.objects.filter(pk=two.pk).update(machine=enders[1])
    three = take_any(enders, 14, 16)
    assert machine_of(one) == machine_of(two) != machine_of(three)


def test_several_give_way_at_once(enders) -> None:
    one, two = take_any(enders, 14, 15), take_any(enders, 15, 16)
    assert machine_of(one) == machine_of(two), "the smallest gap is filled first"
    take(one.machine, AdultFactory(), 14, 16)
    assert machine_of(one) == machine_of(two) != one.machine


def test_a_named_machine_is_freed_by_who_named_none(enders) -> None:
    floating = take_any(enders, 14, 15)
    named = take(floating.machine, AdultFactory())
    assert named.machine == floating.machine != machine_of(floating)
    assert Reservation.objects.get(pk=floating.pk).sequence == 1
    assert refused(take, enders[0], AdultFactory()).codes == ["overlap"]


def test_nobody_is_moved_in_the_last_half_hour(enders) -> None:
    floating = take_any(enders, 14, 15)
    assert refused(take, floating.machine, AdultFactory(), now=wall(13.6)).codes == ["overlap"]
    assert take(floating.machine, AdultFactory(), now=wall(13.4)).state == State.CONFIRMED


def test_what_is_in_use_stays(enders) -> None:
    floating = take_any(enders, 14, 15)
    Reservation.objects.filter(pk=floating.pk).update(state=State.CHECKED_IN)
    assert refused(take, floating.machine, AdultFactory()).codes == ["overlap"]


def test_a_broken_one_is_not_picked_and_nobody_is_moved_to_it(enders) -> None:
    OutageFactory(machine=enders[1], starts_at=wall(8), ends_at=wall(20))
    assert take_any(enders, 14, 15).machine == enders[0]
    assert "overlap" in refused(take_any, enders, 14, 15).codes
    assert refused(take, enders[0], AdultFactory()).codes == ["overlap"]


def test_the_rules_of_the_person_hold_for_any_of_them(enders) -> None:
    Machine.objects.update(level_required=1)
    enders[0].refresh_from_db()
    assert refused(take_any, enders, 14, 15).codes == ["qualification_missing"]


def test_a_move_keeps_any_of_the_kind_and_a_refused_one_changes_nothing(enders) -> None:
    mine = take_any(enders, 14, 15)
    take(enders[0], AdultFactory(), 16, 17)
    moved = move(actor=mine.member, reservation=mine, starts_at=wall(16), ends_at=wall(17))
    assert machine_of(moved) == enders[1]
    take_any(enders, 14, 15)
    take_any(enders, 14, 15)
    assert refused(move, actor=mine.member, reservation=mine, starts_at=wall(14), ends_at=wall(15)).codes == ["overlap"]
    mine.refresh_from_db()
    assert (mine.starts_at, mine.machine) == (wall(16), enders[1])


def test_a_move_may_take_the_place_of_who_takes_its_own(enders) -> None:
    """The one that moves leaves room at once: it is not in its own way, nor in that of who gives way to it."""
    mine, other = take_any(enders, 14, 15), take_any(enders, 14, 16)
    take(machine_of(mine), AdultFactory(), 15, 16)
    moved = move(actor=mine.member, reservation=mine, starts_at=wall(16), ends_at=wall(17))
    assert moved.starts_at == wall(16)
    assert Reservation.objects.get(pk=other.pk).state == State.CONFIRMED


def test_an_outage_moves_who_named_none_and_puts_the_others_in_doubt(enders) -> None:
    floating, named = take_any(enders, 14, 15), take(enders[0], AdultFactory(), 16, 17)
    Message.objects.all().delete()
    broken = machine_of(floating)
    Reservation.objects.filter(pk=named.pk).update(machine=broken)
    declare_outage(actor=None, machine=broken, reason="buse", starts_at=wall(9))
    floating.refresh_from_db()
    named.refresh_from_db()
    assert (floating.state, named.state) == (State.CONFIRMED, State.TO_CONFIRM)
    assert floating.machine != broken
    assert Message.objects.get().recipient == named.member


def test_a_workshop_takes_a_machine_that_can_be_freed(enders) -> None:
    floating = take_any(enders, 14, 15)
    asked = {"starts_at": wall(14), "ends_at": wall(16), "kind": Kind.WORKSHOP, "actor": None}
    block_machines(machines=[floating.machine], **asked)
    assert machine_of(floating) != floating.machine
    assert refused(block_machines, machines=enders, **asked).codes == ["overlap"]


def test_a_cancelled_one_makes_room(enders) -> None:
    mine = take_any(enders, 14, 15)
    take_any(enders, 14, 15)
    cancel(actor=mine.member, reservation=mine)
    assert take_any(enders, 14, 15).state == State.CONFIRMED


def test_foreseeing_says_what_booking_would_and_writes_nothing(enders) -> None:
    one, two = take_any(enders, 14, 15), take_any(enders, 15, 16)
    Reservation.objects.filter(pk=two.pk).update(machine=enders[1])
    asked = {"machine": enders[0], "member": AdultFactory(), "now": wall(9), "any_of_kind": True}
    assert foresee(wish=Wish(Span(wall(14), wall(16))), **asked) is None
    assert {machine_of(one), machine_of(two)} == set(enders)
    take_any(enders, 14, 16)
    assert foresee(wish=Wish(Span(wall(14), wall(15))), **asked).codes == ["overlap"]


def test_machines_of_one_kind_have_the_same_rules(enders) -> None:
    enders[0].min_age_alone = 16
    with pytest.raises(ValidationError) as caught:
        save_machine(actor=None, machine=enders[0])
    assert "pool" in caught.value.message_dict


def test_a_machine_of_no_kind_is_booked_by_itself_whatever_is_asked() -> None:
    lonely = MachineFactory()
    assert take(lonely, AdultFactory(), any_of_kind=True).floating is False
    ReservationFactory(machine=lonely, starts_at=wall(16))
    assert refused(take, lonely, AdultFactory(), 16, 17, any_of_kind=True).codes == ["overlap"]
