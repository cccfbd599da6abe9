"""A change of hours never cancels in silence: bookings it hits wait for the team, and come back with the hours."""

from datetime import timedelta

import pytest

from booking.models import State
from booking.services.settling import settle_bookings, settled
from members.models import Message
from place import services as place
from place.models import Closure
from tests.booking.acts import refused, take
from tests.factories.booking import ReservationFactory, open_lab, wall
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory

pytestmark = pytest.mark.django_db
MORNING = wall(8)


def close(start: float, end: float) -> list[Closure]:
    manager = StaffFactory()
    return settled(
        lambda: place.add_closure(starts_at=wall(start), ends_at=wall(end), reason="fuite d'eau", actor=manager),
        now=MORNING,
    )


def test_a_closure_puts_the_bookings_it_hits_in_doubt_and_tells_their_holders():
    open_lab(14, 18)
    hit = ReservationFactory(starts_at=wall(14), member=MemberFactory(email=""))
    kept = ReservationFactory(starts_at=wall(17))
    close(14, 16)
    hit.refresh_from_db()
    kept.refresh_from_db()
    assert (hit.state, hit.doubt, kept.state) == (State.TO_CONFIRM, "closed", State.CONFIRMED)
    assert list(Message.objects.values_list("recipient", "via")) == [(hit.member_id, "call")]


def test_bookings_are_confirmed_again_when_the_lab_opens_after_all():
    open_lab(14, 18)
    reservation = ReservationFactory(starts_at=wall(14))
    closures = close(14, 16)
    manager = StaffFactory()
    settled(lambda: place.remove_closure(closure=closures[0], actor=manager, scope=place.Scope.THIS), now=MORNING)
    reservation.refresh_from_db()
    assert (reservation.state, reservation.doubt) == (State.CONFIRMED, "")


def test_a_booking_that_waits_for_another_reason_keeps_waiting():
    open_lab(14, 18)
    waiting = ReservationFactory(starts_at=wall(14), state=State.TO_CONFIRM, doubt="outage:7")
    assert settle_bookings(MORNING) == 0
    waiting.refresh_from_db()
    assert (waiting.state, waiting.doubt) == (State.TO_CONFIRM, "outage:7")


def test_a_booking_allowed_outside_the_hours_and_one_that_has_begun_are_left_alone():
    ReservationFactory(starts_at=wall(20), waived=["closed"], waive_reason="répétition générale")
    ReservationFactory(starts_at=MORNING - timedelta(minutes=30))
    assert settle_bookings(MORNING) == 0


@pytest.mark.parametrize("count", [1, 6])
def test_settling_reads_the_same_number_of_times_however_many_bookings(django_assert_num_queries, count):
    open_lab(8, 23)
    for number in range(count):
        ReservationFactory(starts_at=wall(9 + number))
    with django_assert_num_queries(4):  # savepoint, bookings, facts, release
        assert settle_bookings(MORNING) == 0


@pytest.mark.parametrize("kind", ["workshop", "partner", "staff_only"])
def test_members_book_in_the_open_lab_and_the_team_opens_the_rest_with_a_reason(kind):
    open_lab(14, 18, kind=kind)
    machine, member = MachineFactory(), AdultFactory()
    assert refused(take, machine, member, now=MORNING).codes == ["closed"]
    reason = {"waive": ["closed"], "waive_reason": "machine de remplacement"}
    team = take(machine, member, actor=StaffFactory(), now=MORNING, **reason)
    assert (team.state, team.waived) == (State.CONFIRMED, ["closed"])
    assert refused(take, machine, AdultFactory(), now=MORNING, **reason).codes == ["not_allowed"]


@pytest.mark.parametrize("kind", ["workshop", "partner"])
def test_a_machine_may_be_opened_to_members_in_other_kinds_but_never_in_the_teams_hours(kind):
    open_lab(14, 18, kind=kind)
    open_lab(18, 20, kind="staff_only")
    machine = MachineFactory(accepts_workshop=True, accepts_partner=True)
    assert take(machine, AdultFactory(), now=MORNING).state == State.CONFIRMED
    assert refused(take, machine, AdultFactory(), 18, 19, now=MORNING).codes == ["closed"]
