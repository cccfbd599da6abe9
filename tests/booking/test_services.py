"""Booking, moving and cancelling: who may, what is refused, what is kept."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from booking.models import Kind, Reservation, State
from booking.services import block_machines, cancel, confirm, move
from machines.services.park import declare_outage, end_outage
from members.models import AuditEntry, Message
from tests.booking.acts import refused, snapshot, take
from tests.factories.booking import WEDNESDAY, ReservationFactory, wall
from tests.factories.machines import MachineFactory, PrinterFactory, QualificationFactory
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "opened")]
CHILD = {"birth_date": date(2015, 6, 1)}  # 11 that Wednesday


# --- reserve ---


def test_a_member_books_for_himself() -> None:
    machine, member = MachineFactory(buffer_before_minutes=10, buffer_after_minutes=20), MemberFactory()
    made = take(machine, member)
    row = snapshot(made)
    expected = {
        "machine_id": machine.pk,
        "member_id": member.pk,
        "created_by_id": member.pk,
        "kind": Kind.MEMBER,
        "state": State.CONFIRMED,
        "starts_at": wall(14),
        "ends_at": wall(15),
        "blocked_from": wall(14) - timedelta(minutes=10),
        "blocked_until": wall(15) + timedelta(minutes=20),
        "channel": "online",
        "waived": [],
    }
    assert {key: row[key] for key in expected} == expected


def test_a_young_member_with_a_permit_books_a_printer_for_two_hours() -> None:
    printer, ines = PrinterFactory(), MemberFactory()
    QualificationFactory(member=ines, category=printer.category)
    assert take(printer, ines, 14, 16).state == State.CONFIRMED


def test_a_permit_that_ended_yesterday_is_named_and_staff_may_waive_it_with_a_reason() -> None:
    machine, adult, manager = PrinterFactory(), AdultFactory(), StaffFactory()
    QualificationFactory(member=adult, category=machine.category, expires_on=WEDNESDAY - timedelta(days=1))
    assert refused(take, machine, adult).codes == ["qualification_missing"]
    made = take(
        machine, adult, actor=manager, waive=["qualification_missing"], waive_reason="Formée hier, papier à venir"
    )
    assert (made.waived, made.waive_reason) == (["qualification_missing"], "Formée hier, papier à venir")


def test_refused_time_comes_with_alternatives_on_every_problem() -> None:
    machine = MachineFactory()
    take(machine, MemberFactory())
    problem = refused(take, machine, MemberFactory(), 14, 15)
    assert problem.codes == ["overlap"]
    assert [other.span.start for other in problem.alternatives] == [wall(15), wall(15.5), wall(16)]


def test_somebody_too_young_gets_no_alternatives() -> None:
    machine = MachineFactory(min_age=12, min_age_alone=14)
    assert refused(take, machine, MemberFactory(birth_date=date(2017, 1, 1))).alternatives == ()


def test_nothing_is_stored_when_refused() -> None:
    machine = MachineFactory()
    refused(take, machine, MemberFactory(), 10, 11)
    assert (Reservation.objects.count(), Message.objects.count()) == (0, 0)


def test_accompanied_children_wait_for_the_team() -> None:
    machine, child = PrinterFactory(), MemberFactory(**CHILD)
    made = take(machine, child, accompanied=True)
    assert made.state == State.TO_CONFIRM
    assert refused(take, machine, MemberFactory(), 14, 15, accompanied=True).codes == ["overlap"]  # it keeps the time


def test_quota_counts_hours_of_the_week() -> None:
    printer = PrinterFactory(level_required=0, max_upcoming=9)
    member = MemberFactory()
    take(printer, member, 14, 17)
    assert refused(take, printer, member, 17, 18.5).codes == ["closed", "quota_reached"]
    take(printer, member, 17, 18)


# --- who may act for whom ---


def test_a_member_cannot_book_move_or_cancel_for_somebody_else() -> None:
    machine, stranger, other = MachineFactory(), MemberFactory(), MemberFactory()
    booking = take(machine, other)
    before = snapshot(booking)
    for act in (
        lambda: take(machine, other, 16, 17, actor=stranger),
        lambda: move(actor=stranger, reservation=booking, starts_at=wall(16), ends_at=wall(17)),
        lambda: cancel(actor=stranger, reservation=booking),
        lambda: confirm(actor=stranger, reservation=booking),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert (snapshot(booking), Reservation.objects.count()) == (before, 1)


@pytest.mark.parametrize("role", ["member", "mentor", "visitor", "editor"])
def test_roles_without_the_right_cannot_book_for_others(role: str) -> None:
    with pytest.raises(PermissionDenied):
        take(MachineFactory(), MemberFactory(), actor=StaffFactory(roles=[role]))


@pytest.mark.parametrize("role", ["facilitator", "fab_manager", "director"])
def test_the_team_books_for_a_member_who_is_told(role: str) -> None:
    member, staff = MemberFactory(), StaffFactory(roles=[role])
    made = take(MachineFactory(), member, actor=staff, channel="phone")
    assert (made.member, made.created_by, made.channel) == (member, staff, "phone")
    assert list(Message.objects.values_list("recipient", "via")) == [(member.pk, "call")]


# --- waivers ---

BROKEN = {
    "bad_granularity": {"start": 14.25, "end": 15.25},
    "closed": {"start": 10, "end": 11},
    "too_long": {"start": 14, "end": 18.5},
}


@pytest.mark.parametrize(
    ("role", "code", "allowed"),
    [
        ("facilitator", "qualification_missing", True),
        ("facilitator", "quota_reached", True),
        ("facilitator", "too_young", False),
        ("fab_manager", "too_young", False),
        ("director", "too_young", True),
        ("director", "overlap", False),
        ("director", "machine_down", False),
        ("director", "past", False),
        ("member", "quota_reached", False),
    ],
)
def test_who_may_set_which_rule_aside(role: str, code: str, allowed: bool) -> None:
    actor = StaffFactory(roles=[role], birth_date=date(2018, 1, 1))
    machine = MachineFactory(min_age=12, min_age_alone=14, level_required=1, max_upcoming=0)
    others = {"too_young", "qualification_missing", "quota_reached"} - {code}
    machine_fields = {
        "too_young": {"min_age": 0, "min_age_alone": 0},
        "qualification_missing": {"level_required": 0},
        "quota_reached": {"max_upcoming": 9},
    }
    for other in others:
        for field, value in machine_fields[other].items():
            setattr(machine, field, value)
    machine.save()
    if allowed:
        assert take(machine, actor, waive=[code], waive_reason="vu ensemble").waived == [code]
    else:
        assert refused(take, machine, actor, waive=[code], waive_reason="vu ensemble").codes == ["not_allowed"]


def test_no_rule_is_set_aside_in_silence() -> None:
    machine, staff = MachineFactory(max_upcoming=0), StaffFactory()
    for reason in ("", "   "):
        assert refused(take, machine, staff, waive=["quota_reached"], waive_reason=reason).codes == ["not_allowed"]


def test_a_waiver_covers_only_what_it_names() -> None:
    machine, staff = MachineFactory(max_upcoming=0, level_required=1), StaffFactory()
    problem = refused(take, machine, staff, waive=["quota_reached"], waive_reason="vu")
    assert problem.codes == ["qualification_missing"]


def test_only_rules_that_stood_in_the_way_are_noted_as_waived() -> None:
    machine, staff = MachineFactory(max_upcoming=0), StaffFactory()
    made = take(machine, staff, waive=["quota_reached", "too_long"], waive_reason="vu")
    assert made.waived == ["quota_reached"]


# --- move ---


def test_a_booking_moves_to_a_time_that_meets_its_own() -> None:
    machine, member = MachineFactory(), MemberFactory()
    booking = take(machine, member, 14, 16)
    moved = move(actor=member, reservation=booking, starts_at=wall(15), ends_at=wall(17))
    assert (moved.pk, moved.starts_at, moved.blocked_until, moved.sequence) == (booking.pk, wall(15), wall(17), 1)
    assert AuditEntry.objects.filter(action="reservation.moved", subject=f"reservation:{booking.pk}").count() == 1


@pytest.mark.parametrize(("start", "end", "code"), [(16, 17, "overlap"), (10, 11, "closed"), (14, 14.25, "too_short")])
def test_the_old_booking_stands_when_a_move_is_refused(start: float, end: float, code: str) -> None:
    machine, member = MachineFactory(), MemberFactory()
    take(machine, MemberFactory(), 16, 17)
    booking = take(machine, member)
    before = snapshot(booking)
    problem = refused(move, actor=member, reservation=booking, starts_at=wall(start), ends_at=wall(end))
    assert code in problem.codes
    assert (snapshot(booking), AuditEntry.objects.filter(action="reservation.moved").count()) == (before, 0)


def test_a_booking_that_began_cannot_be_moved_or_cancelled() -> None:
    booking = ReservationFactory(starts_at=wall(8), ends_at=wall(10))
    for act in (
        lambda: move(actor=booking.member, reservation=booking, starts_at=wall(14), ends_at=wall(15)),
        lambda: cancel(actor=booking.member, reservation=booking),
    ):
        assert refused(act).codes == ["past"]


def test_a_full_quota_does_not_stop_a_move() -> None:
    machine, member = MachineFactory(max_upcoming=1, weekly_quota_minutes=60), MemberFactory()
    booking = take(machine, member)
    assert move(actor=member, reservation=booking, starts_at=wall(16), ends_at=wall(17)).starts_at == wall(16)


def test_a_move_that_needs_company_waits_for_the_team_again() -> None:
    child, manager = MemberFactory(**CHILD), StaffFactory()
    booking = take(PrinterFactory(), child, accompanied=True)
    confirm(actor=manager, reservation=booking)
    assert move(actor=child, reservation=booking, starts_at=wall(16), ends_at=wall(17)).state == State.TO_CONFIRM


def test_moving_away_from_a_broken_hour_settles_the_doubt() -> None:
    machine, member = MachineFactory(), MemberFactory()
    booking = take(machine, member)
    outage = declare_outage(actor=None, machine=machine, reason="buse", starts_at=wall(14), ends_at=wall(15))
    booking.refresh_from_db()
    moved = move(actor=member, reservation=booking, starts_at=wall(16), ends_at=wall(17))
    assert (moved.state, moved.doubt) == (State.CONFIRMED, "")
    end_outage(actor=None, outage=outage, at=wall(14.5))


def test_the_holder_is_told_when_somebody_else_moves_or_cancels() -> None:
    member, staff = MemberFactory(email="ines@lab.example"), StaffFactory()
    booking = take(MachineFactory(), member)
    Message.objects.all().delete()
    move(actor=staff, reservation=booking, starts_at=wall(16), ends_at=wall(17))
    cancel(actor=staff, reservation=booking, reason="La machine part en révision")
    first, second = Message.objects.order_by("pk")
    assert (first.recipient, second.recipient) == (member, member)
    assert "La machine part en révision" in second.body


def test_nobody_is_told_what_he_did_himself() -> None:
    member = MemberFactory()
    booking = take(MachineFactory(), member)
    move(actor=member, reservation=booking, starts_at=wall(16), ends_at=wall(17))
    cancel(actor=member, reservation=booking)
    assert Message.objects.count() == 0


# --- cancel ---


def test_cancelled_time_is_free_again() -> None:
    machine, member = MachineFactory(), MemberFactory()
    gone = cancel(actor=member, reservation=take(machine, member), reason="  malade ")
    assert (gone.state, gone.cancel_reason, gone.cancelled_at) == (State.CANCELLED, "malade", wall(9))
    take(machine, MemberFactory())


@pytest.mark.parametrize("state", [State.CANCELLED, State.NO_SHOW, State.DONE, State.CHECKED_IN])
def test_what_is_used_or_cancelled_stays_as_it_is(state: str) -> None:
    booking = ReservationFactory(state=state)
    assert refused(cancel, actor=booking.member, reservation=booking).codes == ["not_allowed"]
    assert snapshot(booking)["state"] == state


@pytest.mark.parametrize("kind", [Kind.WORKSHOP, Kind.MAINTENANCE])
def test_time_of_a_workshop_or_of_maintenance_is_not_moved_or_cancelled_here(kind: str) -> None:
    staff = StaffFactory()
    (held,) = block_machines(machines=[MachineFactory()], starts_at=wall(14), ends_at=wall(15), kind=kind, actor=staff)
    for act in (
        lambda: cancel(actor=staff, reservation=held),
        lambda: move(actor=staff, reservation=held, starts_at=wall(16), ends_at=wall(17)),
    ):
        assert refused(act).codes == ["not_allowed"]
    assert snapshot(held)["state"] == State.CONFIRMED
