"""Planned against real: a line for each booking that is over, and what somebody should look at."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from booking.ledger_models import Anomaly, BookingOutcome, UseToReckon
from booking.models import Kind, State
from booking.problems import Refused
from booking.services import answer_anomaly, arrive, reconcile
from booking.services.forgetting import give_back
from machines.models import Attribution, Outcome
from machines.services.usage import attribute, close_usage, reopen_usage
from members.models import AuditEntry
from tests.booking.ledger import booked, open_kinds, ran, runs
from tests.factories.booking import open_lab, wall
from tests.factories.machines import MachineFactory, PrinterFactory, QualificationFactory
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory

pytestmark = pytest.mark.django_db
NOW = wall(20)


@pytest.fixture
def printer():
    return MachineFactory(name="Imprimante")


def line(reservation) -> tuple:
    row = BookingOutcome.objects.get(reservation=reservation)
    return row.verdict, row.planned_minutes, row.used_minutes, row.idle_minutes, row.over_run_minutes


def test_a_booking_that_is_over_gets_its_line_once(printer) -> None:
    reservation = booked(machine=printer, state=State.CONFIRMED)
    ran(printer, 14.25, 14.75)
    type(reservation).objects.update(state=State.DONE)
    assert reconcile(NOW) == 1
    assert line(reservation) == ("used", 60, 30, 30, 0)
    assert (reconcile(NOW), BookingOutcome.objects.count(), UseToReckon.objects.count()) == (0, 1, 0)


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({"state": State.NO_SHOW}, "no_show"),
        ({"arrived_at": wall(14)}, "idle"),
        ({}, "idle"),
    ],
)
def test_verdicts_of_bookings_without_use(printer, fields, verdict) -> None:
    ran(printer, 10, 10.1)
    reservation = booked(machine=printer, **fields)
    reconcile(NOW)
    assert line(reservation) == (verdict, 60, 0, 60, 0)


def test_a_machine_that_tells_nothing_accuses_nobody(printer) -> None:
    reservation = booked(machine=printer, arrived_at=wall(14))
    ran(printer, 16, 16.1)  # plugged in afterwards
    reconcile(NOW)
    assert line(reservation) == ("unmeasured", 60, None, None, 0)
    assert open_kinds() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"state": State.CHECKED_IN},
        {"state": State.CANCELLED},
        {"state": State.TO_CONFIRM},
        {"kind": Kind.WORKSHOP, "member": None},
        {"end": 21},
    ],
)
def test_what_is_not_over_or_nobody_s_has_no_line(printer, fields) -> None:
    booked(machine=printer, **fields)
    assert reconcile(NOW) == 0


def test_the_line_waits_for_the_use_to_end(printer) -> None:
    reservation = booked(machine=printer, state=State.CONFIRMED)
    use = runs(printer, 14)
    type(reservation).objects.update(state=State.DONE)
    reconcile(wall(15.1))
    assert BookingOutcome.objects.count() == 0
    close_usage(use, ended_at=wall(15.5), outcome=Outcome.COMPLETED)
    reconcile(wall(15.6))
    assert line(reservation) == ("over_run", 60, 60, 0, 30)


def test_a_late_correction_updates_the_line(printer) -> None:
    reservation = booked(machine=printer, arrived_at=wall(14), member=AdultFactory())
    ran(printer, 10, 10.1)
    reconcile(NOW)
    assert (line(reservation)[0], open_kinds()) == ("idle", ["idle"])
    use = ran(printer, 14, 14.5)  # told much later, when the broker is back
    assert use.reservation_use.reservation == reservation
    assert reconcile(NOW) == 2
    assert (line(reservation)[:3], open_kinds()) == (("used", 60, 30), [])
    assert Anomaly.objects.get().answer == "corrected"


def test_a_use_that_gets_its_name_later_counts_for_that_person(printer) -> None:
    mine = booked(machine=printer, member=AdultFactory())
    use = ran(printer, 13.5, 14.5)  # too early to be attached by itself
    reconcile(NOW)
    assert (line(mine)[:3], open_kinds()) == (("idle", 60, 0), ["unbooked_use"])
    attribute(use, member=mine.member, attribution=Attribution.STAFF)
    reconcile(NOW)
    assert (line(mine)[:3], open_kinds()) == (("used", 60, 30), [])


def test_after_any_downtime_nothing_is_missed(printer) -> None:
    booked(machine=printer)
    reconcile(NOW)
    later = booked(16, 17, machine=printer)
    assert reconcile(NOW + timedelta(days=900)) == 1
    assert line(later)[1] == 60


def test_a_turn_has_a_bounded_number_of_queries(printer, django_assert_max_num_queries, monkeypatch) -> None:
    monkeypatch.setattr("booking.services.reconciling.BATCH", 2)
    for number in range(5):
        booked(10 + number, 11 + number, machine=printer)
    with django_assert_max_num_queries(30):
        assert reconcile(NOW) == 2
    assert [reconcile(NOW), reconcile(NOW), reconcile(NOW)] == [2, 1, 0]


# --- What somebody should look at ---


def test_a_print_nobody_booked_is_noticed_while_it_runs_and_once(printer) -> None:
    use = runs(printer, 18)
    assert reconcile(wall(18.1)) == 0
    assert reconcile(wall(18.25)) == 1
    close_usage(use, ended_at=wall(19), outcome=Outcome.COMPLETED)
    assert (reconcile(NOW), open_kinds()) == (0, ["unbooked_use"])


def test_a_workshop_s_use_is_no_surprise(printer) -> None:
    booked(14, 16, machine=printer, kind=Kind.WORKSHOP, member=None, state=State.CONFIRMED)
    ran(printer, 14.5, 15.5)
    assert (reconcile(NOW), open_kinds()) == (0, [])


def test_a_machine_that_nobody_can_book_needs_no_booking() -> None:
    ran(MachineFactory(in_service=False), 14.5, 15.5)
    assert (reconcile(NOW), open_kinds()) == (0, [])


def test_an_end_nobody_saw_settles_when_it_is_known(printer) -> None:
    booked(machine=printer)
    use = ran(printer, 14, 14.5, Outcome.UNKNOWN, estimated=True)
    reconcile(NOW)
    assert open_kinds() == ["lost_end"]
    close_usage(use, ended_at=wall(14.75), outcome=Outcome.COMPLETED)
    reconcile(NOW)
    assert (open_kinds(), Anomaly.objects.get().answer) == ([], "corrected")


def test_what_settled_by_itself_may_come_back(printer) -> None:
    booked(machine=printer)
    use = ran(printer, 14, 14.5, Outcome.UNKNOWN, estimated=True)
    reconcile(NOW)
    reopen_usage(use, evidence_at=wall(14.6))
    reconcile(NOW)
    assert "lost_end" not in open_kinds()
    use.refresh_from_db()
    close_usage(use, ended_at=wall(14.7), outcome=Outcome.UNKNOWN, estimated=True)
    reconcile(NOW)
    assert (open_kinds(), Anomaly.objects.filter(kind="lost_end").count()) == (["lost_end"], 1)


def test_a_use_without_the_habilitation_is_noticed_by_the_rule_of_booking() -> None:
    printer, learner, able = PrinterFactory(), AdultFactory(), AdultFactory()
    QualificationFactory(member=able, category=printer.category, level=1)
    for hour, member, more in (
        (9, learner, {}),
        (11, learner, {"accompanied": True}),
        (13, learner, {"waived": ["qualification_missing"]}),
        (15, able, {}),
    ):
        booked(hour, hour + 1, machine=printer, member=member, **more)
        ran(printer, hour, hour + 0.5)
    reconcile(NOW)
    noticed = Anomaly.objects.get()
    assert (noticed.kind, noticed.usage_session.started_at) == ("unqualified_use", wall(9))


@pytest.mark.parametrize(
    ("end", "neighbour", "kinds"),
    [
        (15.1, None, []),
        (15.25, None, ["over_run"]),
        (15.1, "other", ["over_run"]),
        (15.02, "other", []),
        (15.5, "own", []),
        (16.5, "own", ["over_run"]),
    ],
)
def test_over_run_is_beyond_one_s_own_time_or_into_another_s(printer, end, neighbour, kinds) -> None:
    first = booked(machine=printer)
    if neighbour:
        member = first.member if neighbour == "own" else MemberFactory()
        booked(15, 16, machine=printer, member=member, state=State.CONFIRMED)
    ran(printer, 14, end)
    reconcile(NOW)
    assert open_kinds() == kinds


def test_who_came_while_the_machine_did_nothing_is_looked_at(printer) -> None:
    ran(printer, 10, 10.1)
    reservation = booked(machine=printer, state=State.CONFIRMED)
    arrive(actor=reservation.member, reservation=reservation, now=wall(14))
    type(reservation).objects.update(state=State.DONE)
    reconcile(NOW)
    assert open_kinds() == ["idle"]


# --- The answer ---


@pytest.fixture
def stray(printer) -> Anomaly:
    ran(printer, 18, 19)
    reconcile(NOW)
    return Anomaly.objects.get()


def answered(anomaly: Anomaly, answer: str, actor=None, **more) -> Anomaly:
    return answer_anomaly(actor=actor or StaffFactory(roles=["desk"]), anomaly=anomaly, answer=answer, now=NOW, **more)


def test_it_was_a_member_gives_the_use_its_name_and_a_trace(stray) -> None:
    desk, who = StaffFactory(roles=["desk"]), AdultFactory()
    said = answered(stray, "member", desk, member=who, note="  elle l’a dit ")
    assert (said.state, said.answer, said.answered_by, said.note) == ("qualified", "member", desk, "elle l’a dit")
    use = said.usage_session
    assert (use.member, use.attribution) == (who, Attribution.STAFF)
    entry = AuditEntry.objects.get(action="anomaly.answered")
    assert entry.detail == {"kind": "unbooked_use", "answer": "member", "member": who.pk}
    assert (reconcile(NOW), Anomaly.objects.get().answer) == (0, "member")


def test_the_team_takes_the_name_off(stray) -> None:
    said = answered(stray, "team")
    assert (said.usage_session.member, said.usage_session.attribution) == (None, Attribution.STAFF)
    reconcile(NOW)
    assert open_kinds() == []


def test_an_answer_stands_whatever_is_told_later(stray) -> None:
    open_lab(8, 20)
    answered(stray, "nothing")
    attribute(stray.usage_session, member=AdultFactory(), attribution=Attribution.BADGE)
    reconcile(NOW)
    assert Anomaly.objects.get().answer == "nothing"


@pytest.mark.parametrize(("answer", "more"), [("member", {}), ("spoken", {}), ("corrected", {}), ("", {}), ("x", {})])
def test_an_answer_that_does_not_fit_is_refused(stray, answer, more) -> None:
    with pytest.raises(Refused):
        answered(stray, answer, **more)
    assert open_kinds() == ["unbooked_use"]


def test_a_second_answer_comes_too_late(stray) -> None:
    answered(stray, "team")
    with pytest.raises(Refused) as refused:
        answered(stray, "member", member=AdultFactory())
    assert "already" in str(refused.value) or "déjà" in str(refused.value)
    assert Anomaly.objects.get().answer == "team"


@pytest.mark.parametrize("role", ["member", "mentor", "editor"])
def test_who_does_not_work_here_answers_nothing(stray, role) -> None:
    with pytest.raises(PermissionDenied):
        answered(stray, "nothing", AdultFactory(roles=[role]))


def test_the_database_keeps_an_anomaly_single_and_about_one_thing(stray, printer) -> None:
    about = {"kind": "unbooked_use", "machine": printer}
    for wrong in (
        {"usage_session": stray.usage_session},
        {},
        {"usage_session": stray.usage_session, "kind": "lost_end", "reservation": booked(machine=printer)},
        {"usage_session": stray.usage_session, "kind": "lost_end", "state": "qualified"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Anomaly.objects.create(**about | wrong)


def test_forgetting_somebody_takes_what_was_noted_about_them(stray) -> None:
    who = AdultFactory()
    answered(stray, "member", member=who, note="Lina, sans réserver")
    give_back(person=who, now=NOW)
    stray.refresh_from_db()
    assert (stray.note, stray.answer) == ("", "member")
