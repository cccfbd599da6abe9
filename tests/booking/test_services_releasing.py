"""“I have finished”: the rest of a booking is free for whoever waits."""

import pytest
from django.core.exceptions import PermissionDenied

from booking.ledger_models import BookingOutcome, EarlyRelease
from booking.models import Reservation, State, WaitingEntry
from booking.problems import Refused
from booking.queries import load_facts
from booking.services import can_be_finished, close_finished, finish, reconcile, reserve, wait
from members.models import AuditEntry, Message
from place.clock import Span
from tests.booking.ledger import booked, ran, runs
from tests.factories.booking import open_lab, wall
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def printer():
    open_lab(8, 22)
    return MachineFactory(buffer_after_minutes=15, no_show_minutes=30)


@pytest.fixture
def mine(printer) -> Reservation:
    return booked(14, 18, State.CHECKED_IN, machine=printer, member=AdultFactory(), arrived_at=wall(14))


def test_the_booking_ends_at_the_next_step_and_the_rest_is_free(mine, printer) -> None:
    done = finish(actor=mine.member, reservation=mine, now=wall(15.2))
    assert (done.ends_at, done.blocked_until, done.state) == (wall(15.5), wall(15.75), State.CHECKED_IN)
    assert (done.sequence, EarlyRelease.objects.get().planned_end) == (1, wall(18))
    assert AuditEntry.objects.get(action="reservation.finished").actor == mine.member
    other = reserve(actor=AdultFactory(), machine=printer, starts_at=wall(16), ends_at=wall(17), now=wall(15.3))
    assert other.state == State.CONFIRMED


def test_whoever_waits_is_next(mine, printer) -> None:
    next_one = AdultFactory(email="next@example.org")
    times = {"starts_at": wall(16), "ends_at": wall(17), "now": wall(13)}
    wait(actor=next_one, member=next_one, machine=printer, **times)
    finish(actor=mine.member, reservation=mine, now=wall(15.2))
    entry = WaitingEntry.objects.get()
    assert (entry.state, entry.hold.starts_at) == (WaitingEntry.State.OFFERED, wall(16))
    assert Message.objects.filter(recipient=next_one).exists()


def test_time_given_back_counts_against_no_quota_and_is_in_the_ledger(mine, printer) -> None:
    ran(printer, 14, 15.25)
    finish(actor=mine.member, reservation=mine, now=wall(15.3))
    facts = load_facts([printer], Span(wall(8), wall(22)), wall(15.3), mine.member)[printer.pk]
    assert [one.span.minutes for one in facts.person.booked] == [90]
    close_finished(wall(16))
    reconcile(wall(16))
    row = BookingOutcome.objects.get()
    assert (row.verdict, row.planned_minutes, row.used_minutes, row.released_minutes) == ("released", 90, 75, 150)


def test_a_finished_booking_is_no_absence_and_the_team_may_say_it_for_somebody(mine) -> None:
    desk = StaffFactory(roles=["desk"])
    finish(actor=desk, reservation=mine, now=wall(15))
    assert EarlyRelease.objects.get().released_by == desk
    assert Message.objects.filter(recipient=mine.member).count() == 1


@pytest.mark.parametrize(
    ("fields", "hour"),
    [
        ({}, 13.5),
        ({}, 18),
        ({}, 17.75),  # the last step has begun
        ({"state": State.CONFIRMED}, 15),  # nobody has come
        ({"state": State.CANCELLED}, 15),
        ({"state": State.NO_SHOW}, 15),
        ({"kind": "workshop"}, 15),
    ],
)
def test_there_is_nothing_to_give_back(mine, fields, hour) -> None:
    Reservation.objects.update(**fields)
    mine.refresh_from_db()
    assert not can_be_finished(mine, wall(hour))
    with pytest.raises(Refused):
        finish(actor=mine.member, reservation=mine, now=wall(hour))
    mine.refresh_from_db()
    assert mine.ends_at == wall(18)


def test_where_nobody_notes_who_comes_holding_the_machine_is_enough(mine, printer) -> None:
    type(printer).objects.update(no_show_minutes=0)
    Reservation.objects.update(state=State.CONFIRMED)
    mine = Reservation.objects.select_related("machine", "member").get()
    assert finish(actor=mine.member, reservation=mine, now=wall(15)).ends_at == wall(15)


def test_a_machine_at_work_is_not_finished_but_the_team_knows_better(mine, printer) -> None:
    runs(printer, 14.5)
    with pytest.raises(Refused):
        finish(actor=mine.member, reservation=mine, now=wall(15))
    assert finish(actor=StaffFactory(roles=["desk"]), reservation=mine, now=wall(15)).ends_at == wall(15)


def test_nobody_else_says_it(mine) -> None:
    with pytest.raises(PermissionDenied):
        finish(actor=MemberFactory(), reservation=mine, now=wall(15))
