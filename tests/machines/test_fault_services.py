"""A report of a fault: kept once, answered once, its photo forgotten in time."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from booking.models import Kind, Reservation, State
from booking.problems import Refused
from machines.models import FaultReport, FaultState, Outage
from machines.services.faults import forget_photos, report_fault, triage
from machines.services.forgetting import forget_person
from members.models import AuditEntry, Channel, Message
from tests.factories.booking import ReservationFactory
from tests.factories.faults import FaultFactory, upload
from tests.factories.machines import MachineFactory, OutageFactory
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def said(machine=None, reporter=None, what="Ça sent le brûlé", **fields) -> FaultReport:
    machine, reporter = machine or MachineFactory(), reporter or MemberFactory()
    return report_fault(machine=machine, reporter=reporter, what=what, **{"dangerous": False, "now": NOW, **fields})


def answered(report: FaultReport, decision: str = "outage", note: str = "Buse bouchée", **fields) -> FaultReport:
    fields.setdefault("actor", StaffFactory(roles=["facilitator"]))
    return triage(report=report, decision=decision, note=note, **fields)


def work(hours: int = 4) -> dict:
    return {"starts_at": NOW + timedelta(days=2), "ends_at": NOW + timedelta(days=2, hours=hours)}


def stored(report: FaultReport) -> bool:
    return report.photo.storage.exists(report.photo.name)


def test_a_report_is_kept_with_a_trace_that_holds_none_of_its_words() -> None:
    reporter = MemberFactory()
    report = said(reporter=reporter, what="  Elle fume\r\n beaucoup ", dangerous=True, channel=Channel.PHONE)
    assert (report.what, report.dangerous, report.state) == ("Elle fume beaucoup", True, FaultState.NEW)
    line = AuditEntry.objects.get()
    assert (line.actor, line.action, line.channel) == (reporter, "fault.reported", "phone")
    assert line.detail == {"machine": report.machine.slug, "dangerous": True}


@pytest.mark.parametrize("what", ["", "  \n ", "x" * 501])
def test_nothing_said_and_far_too_much_are_refused(what: str) -> None:
    with pytest.raises(ValidationError) as refused:
        said(what=what)
    assert list(refused.value.message_dict) == ["what"]
    assert FaultReport.objects.count() == 0


def test_the_same_words_within_a_minute_are_one_report() -> None:
    first = said(machine := MachineFactory(), person := MemberFactory())
    again = said(machine, person, now=NOW + timedelta(seconds=50))
    earlier_clock = said(machine, person, now=NOW - timedelta(seconds=1))
    assert {first.pk, again.pk, earlier_clock.pk} == {FaultReport.objects.get().pk}
    assert AuditEntry.objects.filter(action="fault.reported").count() == 1


def test_other_words_people_machines_dangers_or_minutes_are_another_report() -> None:
    said(machine := MachineFactory(), person := MemberFactory())
    said(machine, person, what="Autre chose")
    said(machine, person, dangerous=True)
    said(machine, MemberFactory())
    said(MachineFactory(), person)
    said(machine, person, now=NOW + timedelta(seconds=61))
    assert FaultReport.objects.count() == 6


def test_the_sixth_open_report_of_a_person_on_a_machine_is_refused() -> None:
    machine, person = MachineFactory(), MemberFactory()
    reports = [FaultFactory(machine=machine, reported_by=person) for _ in range(5)]
    with pytest.raises(ValidationError) as refused:
        said(machine, person)
    assert refused.value.error_list[0].code == "too_many"
    assert said(MachineFactory(), person)
    assert said(machine, MemberFactory())
    answered(reports[0], "dismissed", "Rien vu")
    assert said(machine, person)


def test_a_decided_report_has_its_moment_and_an_open_one_has_none() -> None:
    for wrong in ({"state": "outage"}, {"decided_at": NOW}):
        with pytest.raises(IntegrityError), transaction.atomic():
            FaultFactory(**wrong)


def test_an_outage_puts_bookings_in_doubt_and_tells_their_holders_and_the_reporter() -> None:
    report = FaultFactory(what="Milo a cassé la buse")
    booked = ReservationFactory(machine=report.machine, starts_at=NOW + timedelta(days=1), member=AdultFactory())
    done = answered(report)
    booked.refresh_from_db()
    assert (done.state, done.outage.planned, done.outage.ends_at) == ("outage", False, None)
    assert (booked.state, done.outage.reason) == (State.TO_CONFIRM, "Buse bouchée")
    told = {message.recipient_id: message.body for message in Message.objects.all()}
    assert told.keys() == {report.reported_by_id, booked.member_id}
    assert "Buse bouchée" in told[report.reported_by_id]
    assert f"/machines/{report.machine.slug}/signaler/{report.pk}/" in told[report.reported_by_id]
    assert "Milo" not in told[booked.member_id]


def test_two_reports_of_one_breakdown_lead_to_one_outage() -> None:
    machine = MachineFactory()
    OutageFactory(machine=machine, starts_at=NOW - timedelta(days=3), ends_at=NOW - timedelta(days=2))
    reports = [FaultFactory(machine=machine) for _ in range(2)]
    found = [answered(report).outage for report in reports]
    assert found[0] == found[1]
    assert Outage.objects.filter(machine=machine, ends_at=None).count() == 1


def test_planned_maintenance_takes_the_time() -> None:
    report = FaultFactory()
    done = answered(report, "maintenance", "Courroie à changer", **work())
    held = Reservation.objects.get(machine=report.machine)
    assert (done.outage.planned, held.kind, held.starts_at) == (True, Kind.MAINTENANCE, work()["starts_at"])


def test_maintenance_while_members_hold_the_time_is_refused_and_changes_nothing() -> None:
    report = FaultFactory()
    ReservationFactory(machine=report.machine, starts_at=work()["starts_at"])
    with pytest.raises(Refused):
        answered(report, "maintenance", "Courroie", **work())
    report.refresh_from_db()
    assert (report.state, report.decided_at, report.outage) == (FaultState.NEW, None, None)
    assert (Outage.objects.count(), Message.objects.count(), AuditEntry.objects.count()) == (0, 0, 0)


def test_a_dismissed_report_takes_nothing_away() -> None:
    report = FaultFactory()
    done = answered(report, "dismissed", "C’est normal au démarrage")
    assert (done.state, done.outage, Outage.objects.count()) == ("dismissed", None, 0)
    assert "C’est normal" in Message.objects.get(recipient=report.reported_by).body
    line = AuditEntry.objects.get(action="fault.decided")
    assert line.detail == {"machine": report.machine.slug, "decision": "dismissed"}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"note": "  "}, "no_note"),
        ({"decision": "new"}, "no_decision"),
        ({"decision": "x"}, "no_decision"),
        ({"decision": "maintenance"}, "no_period"),
    ],
)
def test_an_answer_with_a_part_missing_is_refused(wrong: dict, code: str) -> None:
    report = FaultFactory()
    with pytest.raises(ValidationError) as refused:
        answered(report, **wrong)
    assert [error.code for error in refused.value.error_list] == [code]
    assert Outage.objects.count() == 0


def test_a_report_is_answered_once() -> None:
    report = FaultFactory()
    answered(report, "dismissed", "Rien vu")
    with pytest.raises(ValidationError) as refused:
        answered(report)
    assert [error.code for error in refused.value.error_list] == ["decided"]
    assert (Outage.objects.count(), Message.objects.count()) == (0, 1)


@pytest.mark.parametrize("role", ["member", "mentor", "desk", "editor"])
def test_who_lacks_the_right_answers_nothing(role: str) -> None:
    report = FaultFactory()
    with pytest.raises(PermissionDenied):
        answered(report, actor=AdultFactory(roles=[role]))
    report.refresh_from_db()
    assert report.state == FaultState.NEW


def test_nobody_is_told_when_the_reporter_is_forgotten() -> None:
    answered(FaultFactory(reported_by=None))
    assert Message.objects.count() == 0


def test_the_photo_is_kept_small_clean_and_under_a_name_that_tells_nothing() -> None:
    report = said(photo=upload(name="Mathis.jpg"))
    assert stored(report)
    assert (report.photo.name.startswith("faults/"), "Mathis" in report.photo.name) == (True, False)
    assert len(report.photo.name) > 36


@pytest.mark.parametrize("content", [b"pas une photo", b"", b"\xff\xd8\xff\xe0 presque"])
def test_what_is_no_photo_is_refused_whatever_its_name(content: bytes) -> None:
    with pytest.raises(ValidationError) as refused:
        said(photo=upload(content + b" " * (not content), name="photo.jpg"))
    assert list(refused.value.message_dict) == ["photo"]
    assert FaultReport.objects.count() == 0


def test_photos_are_forgotten_ninety_days_after_the_answer(django_capture_on_commit_callbacks) -> None:
    decided = {"state": "dismissed", "decision_note": "x", "photo": b"x"}
    old = FaultFactory(decided_at=NOW - timedelta(days=91), **decided)
    fresh = FaultFactory(decided_at=NOW - timedelta(days=89), **decided)
    waiting = FaultFactory(created_at=NOW - timedelta(days=200), photo=b"x")
    with django_capture_on_commit_callbacks(execute=True):
        assert forget_photos(NOW) == 1
    assert [stored(report) for report in (old, fresh, waiting)] == [False, True, True]
    old.refresh_from_db()
    assert (old.photo.name, old.state) == ("", "dismissed")
    assert forget_photos(NOW) == 0


def test_forgetting_a_person_takes_their_name_and_photo_off_and_leaves_the_rest(
    django_capture_on_commit_callbacks,
) -> None:
    mine, theirs = FaultFactory(photo=b"x"), FaultFactory(photo=b"x")
    with django_capture_on_commit_callbacks(execute=True):
        forget_person(mine.reported_by)
    assert (stored(mine), stored(theirs)) == (False, True)
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.reported_by, mine.photo.name, bool(mine.what)) == (None, "", True)
    assert theirs.reported_by is not None


def test_what_is_only_counted_keeps_its_photo(django_capture_on_commit_callbacks) -> None:
    report = FaultFactory(photo=b"x")
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        forget_person(report.reported_by)
        transaction.set_rollback(True)
    report.refresh_from_db()
    assert stored(report)
