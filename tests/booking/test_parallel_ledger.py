"""Several people and the timed task at the same anomaly, the same booking, the same machine at once."""

import functools
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from booking.ledger_models import Anomaly, BookingOutcome, UseToReckon
from booking.models import Reservation, State
from booking.services import answer_anomaly, finish, reconcile
from machines.models import UsageSession
from machines.services.usage import attribute, close_usage, open_usage
from members.models import AuditEntry
from tests.booking.test_parallel import at_once, outcome
from tests.factories.booking import ReservationFactory
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory, StaffFactory

pytestmark = pytest.mark.parallel
NOW = timezone.now()


def ago(minutes: float):
    return NOW - timedelta(minutes=minutes)


def stray(machine, number: int = 0) -> UsageSession:
    began = ago(100 + 10 * number)
    use = open_usage(machine, source=f"test{number}", natural_key=f"{machine.pk}-{number}", started_at=began)
    return close_usage(use, ended_at=began + timedelta(hours=1), outcome="completed")


def test_two_answers_at_once_are_one(committed_db, soak: bool) -> None:
    team = StaffFactory.create_batch(12 if soak else 6, roles=["desk"])
    people = AdultFactory.create_batch(len(team))
    stray(MachineFactory())
    reconcile(NOW)
    anomaly = Anomaly.objects.select_related("machine", "usage_session").get()
    acts = [
        functools.partial(answer_anomaly, actor=one, anomaly=anomaly, answer="member", member=who)
        for one, who in zip(team, people, strict=True)
    ]
    assert Counter(at_once([functools.partial(outcome, act) for act in acts]))["won"] == 1
    anomaly.refresh_from_db()
    assert AuditEntry.objects.get(action="anomaly.answered").detail["member"] == anomaly.usage_session.member_id
    assert AuditEntry.objects.get(action="anomaly.answered").actor == anomaly.answered_by


def test_turns_beside_changes_miss_nothing_and_note_once(committed_db, soak: bool) -> None:
    """Whatever is attributed while a turn runs is compared by that turn or by the next."""
    machine, member = MachineFactory(), AdultFactory()
    past = {"starts_at": ago(200), "ends_at": ago(30), "state": State.DONE}
    ReservationFactory(machine=machine, member=member, **past)
    uses = [stray(machine, number) for number in range(12 if soak else 5)]
    naming = [
        functools.partial(outcome, functools.partial(attribute, use, member=member, attribution="staff"))
        for use in uses
    ]
    turns = [functools.partial(outcome, functools.partial(reconcile, NOW)) for _number in range(4)]
    assert set(at_once([*naming, *turns])) == {"won"}
    reconcile(NOW)
    assert UseToReckon.objects.count() == 0
    assert Anomaly.objects.filter(state="open").count() == 0
    row = BookingOutcome.objects.get()
    assert (row.verdict, row.used_minutes) == ("used", 60 + 10 * (len(uses) - 1))


def test_finishing_twice_at_once_gives_the_time_back_once(committed_db) -> None:
    row = ReservationFactory(starts_at=ago(65), ends_at=NOW + timedelta(hours=3), state=State.CHECKED_IN)
    act = functools.partial(finish, actor=row.member, reservation=row, now=NOW)
    assert sorted(at_once([functools.partial(outcome, act)] * 4)) == ["not_allowed"] * 3 + ["won"]
    assert Reservation.objects.get().ends_at == ago(65) + timedelta(minutes=90)
    assert AuditEntry.objects.filter(action="reservation.finished").count() == 1
