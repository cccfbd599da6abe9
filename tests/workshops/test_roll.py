"""One tap each; sent twice is once; who saw an older state is asked."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory
from workshops import services
from workshops.models import Attendance
from workshops.services import Conflict, Tap

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return StaffFactory(roles=["desk"])


@pytest.fixture
def session():
    start = timezone.now() - timedelta(minutes=5)
    return SessionFactory(starts_at=start, ends_at=start + timedelta(hours=2))


def test_a_tap_notes_presence_age_and_when(session, desk):
    member = RegistrationFactory(session=session).member
    row = services.mark(session=session, member=member, state="present", actor=desk)
    assert (row.state, row.people, row.walk_in, row.age_band, row.recorded_by) == ("present", 1, False, "12-14", desk)
    assert row.arrived_at is not None


def test_a_duo_counts_two(desk):
    start = timezone.now()
    session = SessionFactory(workshop=WorkshopFactory(kind="duo"), starts_at=start, ends_at=start + timedelta(hours=1))
    child = RegistrationFactory(session=session, seats=2).member
    assert services.mark(session=session, member=child, state="present", actor=desk).people == 2


@pytest.mark.parametrize("status", [None, "waitlisted"])
def test_who_was_not_registered_came_as_a_walk_in(session, desk, status):
    member = MemberFactory()
    if status:
        RegistrationFactory(session=session, member=member, status=status)
    assert services.mark(session=session, member=member, state="present", actor=desk).walk_in


def test_the_same_tap_sent_twice_is_one_row(session, desk):
    member, tap = MemberFactory(), Tap(key="abc", version=0)
    rows = [services.mark(session=session, member=member, state="present", actor=desk, tap=tap) for _ in range(2)]
    counts = [
        services.count_walk_ins(session=session, people=3, band="12-14", gender="f", actor=desk, tap=Tap(key="def"))
        for _ in range(2)
    ]
    assert (rows[0].pk, counts[0].pk) == (rows[1].pk, counts[1].pk)
    assert Attendance.objects.count() == 2


def test_a_tap_made_on_an_older_state_is_a_conflict_and_changes_nothing(session, desk):
    member = MemberFactory()
    row = services.mark(session=session, member=member, state="present", actor=desk)
    services.mark(session=session, member=member, state="absent", actor=desk, tap=Tap(version=row.version))
    with pytest.raises(Conflict) as conflict:
        services.mark(session=session, member=member, state="excused", actor=desk, tap=Tap(version=1))
    assert conflict.value.current.state == "absent"
    row.refresh_from_db()
    assert (row.state, row.version, row.arrived_at) == ("absent", 2, None)


def test_two_tablets_that_say_the_same_agree(session, desk):
    member = MemberFactory()
    for key in "ab":
        services.mark(session=session, member=member, state="present", actor=desk, tap=Tap(key=key, version=0))
    assert Attendance.objects.get().version == 1


def test_what_was_taken_back_meanwhile_is_a_conflict(session, desk):
    member = MemberFactory()
    row = services.mark(session=session, member=member, state="present", actor=desk)
    services.unmark(attendance=row, actor=desk, tap=Tap(version=1))
    with pytest.raises(Conflict) as conflict:
        services.mark(session=session, member=member, state="absent", actor=desk, tap=Tap(version=1))
    assert conflict.value.current is None
    assert not Attendance.objects.exists()


def test_taking_back_what_somebody_changed_is_a_conflict(session, desk):
    row = services.mark(session=session, member=MemberFactory(), state="present", actor=desk)
    services.mark(session=session, member=row.member, state="absent", actor=desk)
    with pytest.raises(Conflict):
        services.unmark(attendance=row, actor=desk, tap=Tap(version=1))
    assert Attendance.objects.get().state == "absent"


def test_a_sheet_keyed_in_later_has_its_true_time_and_channel(desk):
    start = timezone.now() - timedelta(days=3)
    session = SessionFactory(starts_at=start, ends_at=start + timedelta(hours=2))
    tap = Tap(at=start + timedelta(minutes=3), channel="paper")
    row = services.mark(session=session, member=MemberFactory(), state="present", actor=desk, tap=tap)
    assert (row.arrived_at, row.channel) == (tap.at, "paper")
    assert row.recorded_at > row.arrived_at


def test_the_future_the_day_before_and_a_date_called_off_have_no_roll(session, desk):
    member = MemberFactory()
    later = timezone.now() + timedelta(days=2)
    coming = SessionFactory(starts_at=later, ends_at=later + timedelta(hours=1))
    soon = timezone.now() + timedelta(hours=1)
    gone = SessionFactory(starts_at=soon, ends_at=soon + timedelta(hours=1), cancelled="Neige")
    for one, tap in (
        (session, Tap(at=timezone.now() + timedelta(hours=1))),
        (coming, Tap()),
        (gone, Tap()),
    ):
        with pytest.raises(ValidationError):
            services.mark(session=one, member=member, state="present", actor=desk, tap=tap)
    assert not Attendance.objects.exists()


def test_only_the_team_and_who_runs_it_call_the_roll(session):
    runner = StaffFactory(roles=["mentor"])
    with pytest.raises(PermissionDenied):
        services.mark(session=session, member=MemberFactory(), state="present", actor=runner)
    services.name_facilitator(session=session, facilitator=runner, actor=None)
    session.refresh_from_db()
    services.mark(session=session, member=MemberFactory(), state="present", actor=runner)


def test_leaving_is_noted_after_coming_and_once_there(session, desk):
    row = services.mark(session=session, member=MemberFactory(), state="present", actor=desk)
    with pytest.raises(ValidationError):
        services.note_departure(
            attendance=row, leaving="alone", actor=desk, tap=Tap(at=row.arrived_at - timedelta(minutes=1))
        )
    left = services.note_departure(attendance=row, leaving="fetched", left_with="Mamie Rose", actor=desk)
    assert (left.leaving, left.left_with, left.version) == ("fetched", "Mamie Rose", 2)
    absent = services.mark(session=session, member=MemberFactory(), state="absent", actor=desk)
    with pytest.raises(ValidationError):
        services.note_departure(attendance=absent, leaving="alone", actor=desk)


def test_hours_of_helpers_are_confirmed_by_who_plans(session, desk):
    boss = StaffFactory(roles=["fab_manager"])
    helper = services.mark(session=session, member=MemberFactory(), state="present", role="mentor", actor=desk)
    pupil = services.mark(session=session, member=MemberFactory(), state="present", actor=desk)
    with pytest.raises(PermissionDenied):
        services.confirm_hours(attendance=helper, actor=desk)
    with pytest.raises(ValidationError):
        services.confirm_hours(attendance=pupil, actor=boss)
    first = services.confirm_hours(attendance=helper, actor=boss).hours_confirmed_at
    assert first == services.confirm_hours(attendance=helper, actor=boss).hours_confirmed_at
    assert not helper.walk_in
