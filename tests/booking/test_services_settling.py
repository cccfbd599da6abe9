"""What the team, the machines and outages do to bookings, and when people are told."""

from datetime import date

import pytest

from booking import rules
from booking.models import Kind, Reservation, ReservationUse, State
from booking.services import block_machines, check_in, close_finished, confirm, release
from machines.services.park import declare_outage, end_outage
from machines.services.usage import open_usage
from members.models import Message
from tests.booking.acts import refused, snapshot, take
from tests.factories.booking import ReservationFactory, wall
from tests.factories.machines import MachineFactory, OutageFactory
from tests.factories.members import MemberFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "opened")]
CHILD = {"birth_date": date(2015, 6, 1)}  # 11 that Wednesday


# --- confirm ---


def test_the_team_confirms_and_the_member_is_told() -> None:
    booking, staff = ReservationFactory(state=State.TO_CONFIRM), StaffFactory(roles=["facilitator"])
    assert confirm(actor=staff, reservation=booking).state == State.CONFIRMED
    assert Message.objects.get().recipient == booking.member


def test_confirming_twice_tells_once() -> None:
    booking, staff = ReservationFactory(state=State.TO_CONFIRM), StaffFactory()
    confirm(actor=staff, reservation=booking)
    confirm(actor=staff, reservation=booking)
    assert Message.objects.count() == 1


def test_confirming_does_not_revive_a_cancelled_booking() -> None:
    booking = ReservationFactory(state=State.CANCELLED)
    assert confirm(actor=StaffFactory(), reservation=booking).state == State.CANCELLED


# --- block and release ---


def test_machines_are_taken_all_or_none() -> None:
    one, two = MachineFactory.create_batch(2)
    take(two, MemberFactory())
    asked = {"machines": [two, one], "starts_at": wall(14), "ends_at": wall(16), "kind": Kind.WORKSHOP, "actor": None}
    assert refused(block_machines, **asked).codes == ["overlap"]
    assert Reservation.objects.filter(kind=Kind.WORKSHOP).count() == 0


def test_a_workshop_keeps_members_out_until_it_gives_the_time_back() -> None:
    machine, member = MachineFactory(), MemberFactory()
    held = block_machines(machines=[machine], starts_at=wall(14), ends_at=wall(16), kind=Kind.WORKSHOP, actor=None)
    assert refused(take, machine, member).codes == ["overlap"]
    release(held, reason="annulé")
    assert take(machine, member).state == State.CONFIRMED


# --- use ---


def test_a_start_checks_in_once() -> None:
    booking = ReservationFactory(starts_at=wall(8.5), ends_at=wall(10))
    session = open_usage(booking.machine, source="test", natural_key="1", started_at=wall(9))
    booking.refresh_from_db()
    assert booking.state == State.CHECKED_IN
    check_in(reservation=booking, session=session)
    assert ReservationUse.objects.count() == 1


def test_used_bookings_are_done_when_their_time_is_over_and_missed_ones_wait_for_their_judgement() -> None:
    awaiting = MachineFactory(no_show_minutes=15)
    used = ReservationFactory(state=State.CHECKED_IN, starts_at=wall(7), ends_at=wall(8))
    running = ReservationFactory(state=State.CHECKED_IN, starts_at=wall(8), ends_at=wall(10))
    unused = ReservationFactory(machine=awaiting, starts_at=wall(7), ends_at=wall(8))
    assert (close_finished(wall(9)), close_finished(wall(9))) == (1, 0)
    states = [Reservation.objects.get(pk=row.pk).state for row in (used, running, unused)]
    assert states == [State.DONE, State.CHECKED_IN, State.CONFIRMED]


# --- outages ---


def test_a_breakdown_puts_bookings_in_doubt_and_their_holders_are_warned() -> None:
    machine = MachineFactory()
    hit, later = ReservationFactory(machine=machine), ReservationFactory(machine=machine, starts_at=wall(17))
    elsewhere = ReservationFactory()
    declare_outage(actor=None, machine=machine, reason="buse", starts_at=wall(9), ends_at=wall(16))
    states = [Reservation.objects.get(pk=row.pk).state for row in (hit, later, elsewhere)]
    assert states == [State.TO_CONFIRM, State.CONFIRMED, State.CONFIRMED]
    assert list(Message.objects.values_list("recipient", flat=True)) == [hit.member_id]
    assert "buse" in Message.objects.get().body


def test_bookings_in_doubt_are_confirmed_when_the_machine_works_again() -> None:
    machine = MachineFactory()
    hit, child = (
        ReservationFactory(machine=machine),
        ReservationFactory(machine=machine, starts_at=wall(16), state=State.TO_CONFIRM),
    )
    end_outage(
        actor=None, outage=declare_outage(actor=None, machine=machine, reason="buse", starts_at=wall(8)), at=wall(9)
    )
    states = [Reservation.objects.get(pk=row.pk).state for row in (hit, child)]
    assert states == [State.CONFIRMED, State.TO_CONFIRM]  # whoever waits for company still does
    assert Message.objects.filter(recipient=hit.member).count() == 2


def test_a_booking_stays_in_doubt_while_another_outage_lasts() -> None:
    machine = MachineFactory()
    hit = ReservationFactory(machine=machine)
    first = declare_outage(actor=None, machine=machine, reason="buse", starts_at=wall(8))
    second = declare_outage(actor=None, machine=machine, reason="courroie", starts_at=wall(8))
    end_outage(actor=None, outage=first, at=wall(9))
    assert snapshot(hit)["state"] == State.TO_CONFIRM
    end_outage(actor=None, outage=second, at=wall(9))
    assert snapshot(hit)["state"] == State.CONFIRMED


def test_planned_work_is_refused_while_members_hold_the_time() -> None:
    machine = MachineFactory()
    ReservationFactory(machine=machine)
    asked = {"actor": None, "machine": machine, "reason": "révision", "starts_at": wall(14), "ends_at": wall(16)}
    assert refused(declare_outage, **asked, planned=True).codes == ["overlap"]
    assert machine.outages.count() == 0


def test_planned_work_takes_the_time_and_gives_it_back_when_called_off() -> None:
    machine = MachineFactory()
    asked = {"actor": None, "machine": machine, "reason": "révision", "starts_at": wall(14), "ends_at": wall(16)}
    outage = declare_outage(**asked, planned=True)
    assert refused(take, machine, MemberFactory()).codes == ["machine_down", "overlap"]
    end_outage(actor=None, outage=outage, at=wall(9))
    assert take(machine, MemberFactory()).state == State.CONFIRMED


def test_planned_work_finished_early_gives_back_only_the_rest() -> None:
    machine = MachineFactory()
    asked = {"actor": None, "machine": machine, "reason": "révision", "starts_at": wall(8), "ends_at": wall(16)}
    outage = declare_outage(**asked, planned=True)
    end_outage(actor=None, outage=outage, at=wall(15))
    held = Reservation.objects.get(kind=Kind.MAINTENANCE)
    assert (held.state, held.ends_at, held.blocked_until) == (State.CONFIRMED, wall(15), wall(15))
    assert take(machine, MemberFactory(), 15, 16).state == State.CONFIRMED


def test_an_outage_known_only_to_the_park_still_stops_bookings() -> None:
    outage = OutageFactory(starts_at=wall(8))
    assert refused(take, outage.machine, MemberFactory()).codes == ["machine_down"]


# --- when people are told ---


def test_mail_leaves_after_the_commit_and_not_without_one(django_capture_on_commit_callbacks, mailoutbox) -> None:
    member = MemberFactory(email="ines@lab.example")
    with django_capture_on_commit_callbacks() as callbacks:
        take(MachineFactory(), member)
        assert (len(mailoutbox), Message.objects.count()) == (0, 1)
    for callback in callbacks:
        callback()
    assert [mail.to for mail in mailoutbox] == [["ines@lab.example"]]


def test_words_are_in_the_language_of_the_holder() -> None:
    member = MemberFactory(preferred_language="en")
    booking = take(MachineFactory(), member, actor=StaffFactory())
    assert Message.objects.get().subject.startswith("Booked: ")
    assert booking.machine.name in Message.objects.get().subject


def test_the_constraint_has_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = MachineFactory()
    take(machine, MemberFactory())
    monkeypatch.setattr(rules, "problems", lambda *_args, **_kwargs: [])
    problem = refused(take, machine, MemberFactory(), 14.5, 15.5)
    assert problem.codes == ["overlap"]
    assert Reservation.objects.count() == 1
