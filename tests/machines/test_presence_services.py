"""Presence at a machine: asked once a use, answered once, kept with its delay."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from machines.models import Machine, Outcome, PresenceCheck
from machines.presence_queries import waiting_check, waiting_checks
from machines.services import usage
from machines.services.forgetting import forget_person
from machines.services.presence import confirm_presence, question_for
from members.models import AuditEntry, User
from tests.factories.booking import ReservationFactory, wall
from tests.factories.machines import MachineFactory, QualificationFactory
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.presence import asked

pytestmark = pytest.mark.django_db
START = wall(15)
LATER = START + timedelta(minutes=4)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: START)


@pytest.fixture
def laser() -> Machine:
    return MachineFactory(presence_minutes=2)


@pytest.fixture
def ines() -> User:
    return MemberFactory(first_name="Inès")


def ended(check: PresenceCheck, at: datetime, outcome: str = Outcome.COMPLETED) -> None:
    usage.close_usage(check.session, ended_at=at, outcome=outcome)


def test_a_machine_that_asks_nobody_keeps_nothing() -> None:
    usage.open_usage(MachineFactory(), source="test", natural_key="1", started_at=START)
    assert not PresenceCheck.objects.exists()


def test_a_use_that_is_told_twice_is_asked_about_once(laser: Machine) -> None:
    check = asked(laser, started_at=START)
    assert (check.asked_at, check.due_at, check.confirmed_at) == (START, START + timedelta(minutes=2), None)
    assert asked(laser, started_at=START) == check


def test_a_use_that_is_told_when_it_is_over_asks_nobody(laser: Machine) -> None:
    told = {"source": "test", "natural_key": "1", "job_name": "", "estimated": False, "energy_wh": None}
    done = {"started_at": START - timedelta(hours=1), "ended_at": START, "outcome": "completed", "paused_seconds": 0}
    usage.record_usage(laser, **told, **done)
    assert not PresenceCheck.objects.exists()


def test_a_backlog_rings_no_bell_for_what_is_over(laser: Machine) -> None:
    check = asked(laser, started_at=START - timedelta(hours=2))
    assert check.due_at == START + timedelta(minutes=2)
    ended(check, START - timedelta(hours=1))
    assert list(waiting_checks(START + timedelta(hours=1))) == []


def test_a_use_that_ends_without_an_answer_stays_noted_and_is_not_asked_any_more(laser: Machine, ines: User) -> None:
    check = asked(laser, started_at=START, member=ines)
    ended(check, LATER)
    assert waiting_check(laser, LATER) is None
    with pytest.raises(ValidationError) as refused:
        confirm_presence(actor=ines, check=check, now=LATER)
    assert refused.value.error_list[0].code == "over"
    assert PresenceCheck.objects.get().confirmed_at is None


def test_a_use_that_goes_on_after_being_given_up_is_asked_about_again_in_the_same_row(laser: Machine) -> None:
    check = asked(laser, started_at=START)
    ended(check, LATER, Outcome.UNKNOWN)
    usage.reopen_usage(check.session, evidence_at=LATER)
    assert [row.pk for row in waiting_checks(LATER)] == [check.pk]
    assert PresenceCheck.objects.count() == 1


def test_the_delay_is_kept_with_who_said_it_and_how(laser: Machine, ines: User) -> None:
    check = asked(laser, started_at=START, member=ines)
    done = confirm_presence(actor=ines, check=check, now=LATER)
    assert (done.confirmed_at - done.asked_at, done.confirmed_by, done.channel) == (LATER - START, ines, "online")
    line = AuditEntry.objects.get(action="presence.confirmed")
    assert (line.actor, line.detail) == (ines, {"machine": laser.slug, "seconds": 240})
    assert list(waiting_checks(LATER)) == []


def test_who_confirms_second_changes_nothing(laser: Machine, ines: User) -> None:
    check = asked(laser, started_at=START, member=ines)
    confirm_presence(actor=ines, check=check, now=LATER)
    again = confirm_presence(actor=StaffFactory(roles=["desk"]), check=check, now=LATER + timedelta(minutes=1))
    assert (again.confirmed_by, again.confirmed_at) == (ines, LATER)
    assert AuditEntry.objects.filter(action="presence.confirmed").count() == 1


def test_the_booking_makes_it_the_holders_to_say(laser: Machine, ines: User) -> None:
    ReservationFactory(machine=laser, member=ines, starts_at=START)
    check = asked(laser, started_at=START + timedelta(minutes=2))
    assert confirm_presence(actor=ines, check=check, now=LATER).confirmed_by == ines


@pytest.mark.parametrize("level", [2, 3])
def test_somebody_habilitated_may_say_it(laser: Machine, level: int) -> None:
    friend = QualificationFactory(category=laser.category, level=level).member
    assert confirm_presence(actor=friend, check=asked(laser, started_at=START), now=LATER).confirmed_by == friend


@pytest.mark.parametrize("role", ["desk", "facilitator", "fab_manager", "director"])
def test_the_team_may_say_it(laser: Machine, role: str) -> None:
    person = StaffFactory(roles=[role])
    assert confirm_presence(actor=person, check=asked(laser, started_at=START), now=LATER).confirmed_by == person


def test_nobody_else_may(laser: Machine, ines: User) -> None:
    check = asked(laser, started_at=START, member=ines)
    expired = (START - timedelta(days=1)).date()
    others = [
        MemberFactory(),
        QualificationFactory(category=laser.category, level=1).member,
        QualificationFactory(level=3).member,
        QualificationFactory(category=laser.category, level=2, expires_on=expired).member,
        QualificationFactory(category=laser.category, level=2, withdrawn_reason="x").member,
        StaffFactory(roles=["editor"]),
    ]
    for other in others:
        with pytest.raises(ValidationError):
            confirm_presence(actor=other, check=check, now=LATER)
        assert question_for(other, laser, LATER).problems
    assert question_for(ines, laser, LATER).problems == []


def test_a_machine_that_asks_again_does_so_after_its_time(ines: User) -> None:
    laser = MachineFactory(presence_minutes=2, presence_again_minutes=30)
    first = asked(laser, started_at=START, member=ines)
    confirm_presence(actor=ines, check=first, now=LATER)
    second = PresenceCheck.objects.get(confirmed_at=None)
    assert (second.asked_at, second.due_at) == (LATER + timedelta(minutes=30), LATER + timedelta(minutes=32))
    assert waiting_check(laser, LATER + timedelta(minutes=29)) is None
    assert confirm_presence(actor=ines, check=second, now=LATER).confirmed_at is None
    assert waiting_check(laser, second.asked_at) == second
    confirm_presence(actor=ines, check=second, now=second.due_at)
    assert PresenceCheck.objects.count() == 3
    ended(first, second.due_at + timedelta(minutes=1))
    assert not PresenceCheck.objects.filter(confirmed_at=None).exists()


def test_a_machine_that_no_longer_asks_is_silent(laser: Machine) -> None:
    asked(laser, started_at=START)
    Machine.objects.update(presence_minutes=0)
    assert list(waiting_checks(LATER)) == []


def test_what_cannot_be_is_refused_by_the_database(laser: Machine, ines: User) -> None:
    check = asked(laser, started_at=START)
    early = START - timedelta(seconds=1)
    for wrong in ({"confirmed_at": early}, {"due_at": START}, {"confirmed_by": ines}, {"channel": "desk"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PresenceCheck.objects.filter(pk=check.pk).update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        check.session.presence_checks.create(asked_at=LATER, due_at=LATER + timedelta(minutes=2))


def test_who_is_forgotten_is_taken_off_and_the_delay_stays(laser: Machine, ines: User) -> None:
    check = asked(laser, started_at=START, member=ines)
    confirm_presence(actor=ines, check=check, now=LATER)
    forget_person(ines)
    check.refresh_from_db()
    assert (check.confirmed_by, check.confirmed_at) == (None, LATER)


def test_nothing_is_asked_where_nobody_is_asked_and_without_a_query(django_assert_num_queries) -> None:
    machine, person = MachineFactory(), MemberFactory()
    with django_assert_num_queries(0):
        assert question_for(person, machine, timezone.now()) is None
