"""Who came and left, who is on duty, counts without a name."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from place.clock import at, today
from place.models import AgeBand, DutyShift, Visit, WalkIn
from place.queries import duties_between
from place.rules import age_band
from place.services import arrive, call_off, close_forgotten_visits, count_walk_ins, leave, put_on_duty
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory
from tests.factories.place import DutyShiftFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def desk():
    return StaffFactory(roles=["desk"])


def days_ago(days: int, hour: int = 14) -> datetime:
    return at(today() - timedelta(days=days), time(hour))


@pytest.mark.parametrize(
    ("age", "band"),
    [
        *((age, "0-11") for age in (0, 11)),
        *((age, "12-14") for age in (12, 14)),
        *((age, "15-17") for age in (15, 17)),
        *((age, "18-24") for age in (18, 24)),
        *((25, "25-39"), (69, "60-69"), (70, "70+"), (None, "")),
    ],
)
def test_bands_are_those_of_the_national_lists(age: int | None, band: str) -> None:
    assert age_band(age) == band
    assert band in AgeBand.values


def test_coming_twice_is_one_visit_until_one_has_left(desk) -> None:
    person = MemberFactory()
    first = arrive(actor=desk, person=person)
    assert arrive(actor=desk, person=person) == first
    leave(actor=desk, visit=first, leaving="freely")
    assert arrive(actor=desk, person=person) != first


def test_a_visit_keeps_the_age_and_the_gender_of_that_day(desk) -> None:
    person = MemberFactory(birth_date=today().replace(year=today().year - 15), gender="f")
    before = arrive(actor=desk, person=person, at=days_ago(1), channel="paper")
    now = arrive(actor=desk, person=person)
    assert [(one.age_band, one.gender) for one in (before, now)] == [("12-14", "f"), ("15-17", "f")]


def test_a_sheet_keyed_in_twice_is_one_visit_that_is_over(desk) -> None:
    person = MemberFactory()
    first = arrive(actor=desk, person=person, at=days_ago(3), channel="paper")
    assert arrive(actor=desk, person=person, at=days_ago(3, 16), channel="paper") == first
    assert (first.left_at is not None, first.channel, first.came_at) == (True, "paper", days_ago(3))


def test_before_joining_a_visit_is_a_trial(desk) -> None:
    assert [arrive(actor=desk, person=MemberFactory(papers=papers)).trial for papers in (False, True)] == [True, False]


def test_nobody_comes_in_the_future_or_leaves_before_coming(desk) -> None:
    person = MemberFactory()
    with pytest.raises(ValidationError):
        arrive(actor=desk, person=person, at=timezone.now() + timedelta(minutes=5))
    visit = arrive(actor=desk, person=person)
    for moment in (visit.came_at - timedelta(minutes=1), timezone.now() + timedelta(minutes=5)):
        with pytest.raises(ValidationError):
            leave(actor=desk, visit=visit, leaving="freely", at=moment)
    leave(actor=desk, visit=visit, leaving="freely")
    with pytest.raises(ValidationError):
        leave(actor=desk, visit=visit, leaving="freely")


def test_who_does_not_work_at_the_desk_notes_nothing() -> None:
    for act in (
        lambda: arrive(actor=AdultFactory(), person=MemberFactory()),
        lambda: count_walk_ins(actor=AdultFactory(), counts={("12-14", "f"): 1}),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert not Visit.objects.exists()


def test_forgotten_visits_end_with_their_day(desk) -> None:
    person = MemberFactory()
    Visit.objects.create(person=person, came_at=days_ago(2))
    arrive(actor=desk, person=MemberFactory())
    assert (close_forgotten_visits(NOW), close_forgotten_visits(NOW)) == (1, 0)
    assert Visit.objects.filter(left_at=None).count() == 1


def test_counts_hold_numbers_only_and_a_day_keyed_in_later(desk) -> None:
    day = today() - timedelta(days=4)
    count_walk_ins(actor=desk, counts={("12-14", "f"): 3, ("70+", ""): 1, ("0-11", "m"): 0}, day=day, channel="paper")
    rows = set(WalkIn.objects.values_list("day", "age_band", "gender", "count", "channel"))
    assert rows == {(day, "12-14", "f", 3, "paper"), (day, "70+", "", 1, "paper")}


@pytest.mark.parametrize("counts", [{}, {("12-14", "f"): 0}, {("12-14", "f"): 501}, {("nobody", "f"): 1}])
def test_counts_that_mean_nothing_are_refused(desk, counts) -> None:
    with pytest.raises(ValidationError):
        count_walk_ins(actor=desk, counts=counts)
    assert not WalkIn.objects.exists()


def test_the_database_knows_one_open_visit_a_person() -> None:
    visit = Visit.objects.create(person=MemberFactory(), came_at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.create(person=visit.person, came_at=NOW)


@pytest.mark.parallel
def test_two_desks_and_one_arrival_make_one_visit(committed_db) -> None:
    person, actors = MemberFactory(), [StaffFactory(roles=["desk"]) for _number in range(8)]

    def note(actor) -> int:
        try:
            return arrive(actor=actor, person=person).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(note, actors))) == 1
    assert Visit.objects.count() == 1


# --- duty ---


def test_somebody_is_put_on_duty_and_called_off_once() -> None:
    manager, person = StaffFactory(), StaffFactory(roles=["facilitator"])
    shift = put_on_duty(actor=manager, person=person, starts_at=NOW, ends_at=NOW + timedelta(hours=3))
    assert duties_between(NOW, NOW + timedelta(hours=1)) == [shift]
    call_off(actor=manager, shift=shift)
    assert duties_between(NOW, NOW + timedelta(hours=1)) == []
    with pytest.raises(ValidationError):
        call_off(actor=manager, shift=shift)


def test_the_roster_is_planned_by_who_may_and_forwards_in_time() -> None:
    with pytest.raises(PermissionDenied):
        put_on_duty(actor=StaffFactory(roles=["desk"]), person=AdultFactory(), starts_at=NOW, ends_at=NOW)
    with pytest.raises(ValidationError):
        put_on_duty(actor=StaffFactory(), person=AdultFactory(), starts_at=NOW, ends_at=NOW)
    assert not DutyShift.objects.exists()


def test_the_roster_screen_calls_off(client) -> None:
    shift = DutyShiftFactory()
    client.force_login(StaffFactory())
    assert client.post(f"/gestion/service/{shift.pk}/retirer/").status_code == 302
    shift.refresh_from_db()
    assert shift.cancelled_at is not None
