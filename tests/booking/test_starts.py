"""May somebody start a machine now: one row a code, what is no longer asked, and until when."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from booking.ledger_models import Anomaly
from booking.models import Kind, State
from booking.services import reconcile
from booking.starts import ask_bookings
from machines.models import Machine, Outcome, StartRequest, Supervision
from machines.services.usage import close_usage, open_usage
from members.models import User
from tests.factories.booking import ReservationFactory, close_lab, open_lab, wall
from tests.factories.machines import MachineFactory, OutageFactory, QualificationFactory
from tests.factories.members import MemberFactory, StaffFactory

pytestmark = pytest.mark.django_db
NOW = wall(15)


@pytest.fixture(autouse=True)
def open_this_afternoon() -> None:
    open_lab(14, 18)


@pytest.fixture
def machine() -> Machine:
    return MachineFactory(name="Laser", slug="laser", weekly_quota_minutes=0, max_upcoming=0, step_minutes=60)


@pytest.fixture
def member() -> User:
    return MemberFactory(first_name="Ines", last_name="Secret")


def codes(machine: Machine, person: User, now: datetime = NOW) -> list[str]:
    return [str(problem.code) for problem in ask_bookings(machine, person, now).problems]


def until(machine: Machine, person: User, now: datetime = NOW) -> datetime | None:
    return ask_bookings(machine, person, now).until


def held(machine: Machine, start: float, end: float, **fields):
    return ReservationFactory(machine=machine, starts_at=wall(start), ends_at=wall(end), **fields)


# --- why not ---


def test_nothing_speaks_against_a_member_in_the_opening_whatever_the_grid_and_the_quotas(machine, member) -> None:
    assert codes(machine, member, wall(15) + timedelta(minutes=7)) == []


def test_closed_before_after_and_in_a_closure(machine, member) -> None:
    close_lab(16, 17)
    at_hours = {hour: codes(machine, member, wall(hour)) for hour in (13, 15, 16.5, 17.5, 18)}
    assert at_hours == {13: ["closed"], 15: [], 16.5: ["closed"], 17.5: [], 18: ["closed"]}


def test_machine_down_only_while_it_is(machine, member) -> None:
    OutageFactory(machine=machine, starts_at=wall(16), ends_at=wall(17))
    assert codes(machine, member) == []
    assert codes(machine, member, wall(16.5)) == ["machine_down"]


def test_machine_out_of_service_is_down(machine, member) -> None:
    Machine.objects.filter(pk=machine.pk).update(in_service=False)
    machine.refresh_from_db()
    assert codes(machine, member) == ["machine_down"]


def test_membership_consent_age_and_habilitation(machine) -> None:
    Machine.objects.filter(pk=machine.pk).update(trial_visits=0, min_age=15, min_age_alone=15, level_required=1)
    machine.refresh_from_db()
    stranger = MemberFactory(papers=False)
    assert codes(machine, stranger) == ["membership_expired", "consent_missing", "too_young", "qualification_missing"]


def test_habilitation_that_ended_is_missing(machine, member) -> None:
    Machine.objects.filter(pk=machine.pk).update(level_required=1)
    machine.refresh_from_db()
    QualificationFactory(member=member, category=machine.category, level=1, expires_on=date(2026, 11, 24))
    assert codes(machine, member) == ["qualification_missing"]


def test_somebody_of_the_team_must_be_on_duty(machine, member) -> None:
    Machine.objects.filter(pk=machine.pk).update(supervision=Supervision.ALWAYS)
    machine.refresh_from_db()
    assert codes(machine, member) == ["supervision_missing"]


@pytest.mark.parametrize("state", [State.CONFIRMED, State.CHECKED_IN])
def test_somebody_else_holds_it_now(machine, member, state: str) -> None:
    held(machine, 15, 16, state=state)
    assert codes(machine, member) == ["overlap"]


@pytest.mark.parametrize("state", [State.CANCELLED, State.NO_SHOW])
def test_time_that_was_given_up_is_nobodys(machine, member, state: str) -> None:
    held(machine, 15, 16, state=state)
    assert codes(machine, member) == []


def test_refusal_names_nobody(machine, member) -> None:
    held(machine, 15, 16, member=MemberFactory(first_name="Zoé", last_name="Cachée"))
    words = " ".join(text for problem in ask_bookings(machine, member, NOW).problems for text in problem.messages)
    assert words
    assert not {"Zoé", "Cachée", "Secret"} & set(words.split())


def test_ones_own_booking_is_no_obstacle_and_what_was_waived_for_it_is_not_asked(machine, member) -> None:
    Machine.objects.filter(pk=machine.pk).update(level_required=1)
    machine.refresh_from_db()
    held(machine, 15, 16, member=member, waived=["qualification_missing"])
    assert codes(machine, member) == []
    assert codes(machine, member, wall(17)) == ["qualification_missing"]


def test_accompanied_counts_once_the_team_has_said_yes(machine, member) -> None:
    Machine.objects.filter(pk=machine.pk).update(min_age=10, min_age_alone=18)
    machine.refresh_from_db()
    booking = held(machine, 15, 16, member=member, accompanied=True, state=State.TO_CONFIRM)
    assert codes(machine, member) == ["too_young"]
    booking.state = State.CONFIRMED
    booking.save()
    assert codes(machine, member) == []


def test_the_team_is_not_asked_about_hours_and_membership_but_about_the_machine(machine) -> None:
    desk = StaffFactory(roles=["facilitator"], papers=False)
    held(machine, 15, 16, kind=Kind.WORKSHOP, member=None, created_by=desk)
    assert codes(machine, desk) == codes(machine, desk, wall(20)) == []
    assert codes(machine, MemberFactory()) == ["overlap"]
    OutageFactory(machine=machine, starts_at=wall(14))
    assert codes(machine, desk) == ["machine_down"]


# --- until when ---


def test_until_closing_the_next_holder_an_outage_and_the_end_of_ones_own_time(machine, member) -> None:
    assert until(machine, member) == wall(18)
    OutageFactory(machine=machine, starts_at=wall(17.5))
    assert until(machine, member) == wall(17.5)
    held(machine, 17, 18)
    assert until(machine, member) == wall(17)
    held(machine, 15, 15.5, member=member)
    held(machine, 15.5, 16, member=member)
    assert until(machine, member) == wall(16)


def test_until_leaves_what_the_machine_keeps_free_before_closing(machine, member) -> None:
    Machine.objects.filter(pk=machine.pk).update(end_before_closing_minutes=30)
    machine.refresh_from_db()
    assert until(machine, member) == wall(17.5)
    assert codes(machine, member, wall(17.75)) == ["closed"]


def test_ones_own_later_booking_ends_nothing(machine, member) -> None:
    held(machine, 17, 18, member=member)
    assert until(machine, member) == wall(18)


def test_refusal_has_no_end(machine, member) -> None:
    assert until(machine, member, wall(20)) is None


def test_rules_read_little(machine, member, django_assert_max_num_queries) -> None:
    person = User.objects.get(pk=member.pk)
    with django_assert_max_num_queries(5):
        ask_bookings(machine, person, timezone.now())


# --- what became of a use ---


def anomalies() -> list[str]:
    reconcile(wall(20))
    return sorted(Anomaly.objects.values_list("kind", flat=True))


def used_with_card(machine: Machine, person: User, hour: float) -> None:
    use = open_usage(machine, source="t", natural_key="1", started_at=wall(hour), member=person)
    close_usage(use, ended_at=wall(hour + 0.25), outcome=Outcome.COMPLETED)


def test_use_by_a_card_that_would_have_been_refused_is_kept_and_shown(machine, member) -> None:
    held(machine, 15, 16)
    used_with_card(machine, member, 15)
    assert anomalies() == ["without_right"]


@pytest.mark.parametrize("hour", [14.5, 16])
def test_box_that_was_cut_off_and_decided_as_we_would_have_is_no_anomaly(machine, member, hour: float) -> None:
    held(machine, 15, 16)
    used_with_card(machine, member, hour)
    assert anomalies() == []


def test_who_was_told_yes_is_entitled_whatever_changed_afterwards(machine, member) -> None:
    StartRequest.objects.create(
        machine=machine, member=member, channel="badge", asked_at=wall(15), granted=True, until=wall(18)
    )
    OutageFactory(machine=machine, starts_at=wall(15))
    used_with_card(machine, member, 15.5)
    assert anomalies() == []


def test_missing_habilitation_is_told_once(machine, member) -> None:
    Machine.objects.filter(pk=machine.pk).update(level_required=1)
    used_with_card(machine, member, 15)
    assert anomalies() == ["unqualified_use"]
