"""What somebody attended and gave, and when a cycle is completed."""

from datetime import date, timedelta

import pytest

from place.clock import Span
from place.patterns import RuleSpec
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory
from tests.factories.place import wall
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory
from workshops import services
from workshops.attended_queries import completions, course_of, courses_of, helped, hours_given, is_last_date, total
from workshops.models import Attendance, WorkshopSession
from workshops.roll_rules import Watch, dates_needed, time_there

START = wall(2026, 11, 4, 14)
TWO_HOURS = Span(START, START + timedelta(hours=2))


@pytest.mark.parametrize(
    ("came", "left", "minutes"),
    [(None, None, 120), (-5, None, 120), (14, 106, 120), (30, None, 90), (0, 60, 60), (200, None, 0)],
)
def test_a_quarter_of_an_hour_is_not_counted_and_nobody_was_there_before_the_start(came, left, minutes):
    moments = [None if one is None else START + timedelta(minutes=one) for one in (came, left)]
    assert time_there(TWO_HOURS, *moments) == timedelta(minutes=minutes)


@pytest.mark.parametrize(("held", "needed"), [(0, 0), (1, 1), (2, 2), (3, 2), (6, 5), (10, 8), (12, 10)])
def test_one_date_in_five_may_be_missed(held, needed):
    assert dates_needed(held) == needed


@pytest.mark.parametrize(("minors", "grown", "missing"), [(0, 0, 0), (1, 0, 1), (12, 1, 0), (13, 1, 1), (25, 1, 2)])
def test_how_many_grown_ups_are_missing(minors, grown, missing):
    assert Watch(minors, grown, 12).missing == missing


@pytest.fixture
def cycle(db) -> list[WorkshopSession]:
    """Four Wednesdays."""
    services.schedule_series(
        workshop=WorkshopFactory(kind="cycle", title="Robots"),
        starts_at=START,
        ends_at=START + timedelta(hours=2),
        places=8,
        rule=RuleSpec(frequency="weekly", count=4),
        actor=None,
        now=START - timedelta(days=1),
    )
    return list(WorkshopSession.objects.select_related("workshop"))


def note(session, member, state="present", **fields) -> Attendance:
    return Attendance.objects.create(session=session, member=member, state=state, **fields)


def test_a_cycle_is_one_course_with_its_dates_and_absences_are_not_in_it(cycle):
    child = MemberFactory()
    for session in cycle[:2]:
        note(session, child)
    note(cycle[2], child, "absent")
    single = SessionFactory(starts_at=START + timedelta(days=2))
    note(single, child, arrived_at=single.starts_at + timedelta(hours=1))
    note(cycle[0], MemberFactory())
    latest, earlier = courses_of(child)
    assert [(len(one.presences), one.time) for one in (latest, earlier)] == [
        (2, timedelta(hours=4)),
        (1, timedelta(hours=1)),
    ]
    assert course_of(child, cycle[1].pk) == latest
    assert course_of(child, cycle[2].pk) is None


def test_who_was_at_all_dates_held_but_one_has_completed_and_a_cancelled_date_is_nobodys_absence(cycle):
    keen, away = (RegistrationFactory(session=cycle[0], member=MemberFactory()).member for _ in range(2))
    services.cancel_session(session=cycle[3], reason="Neige", actor=None, now=START - timedelta(hours=1))
    for session in cycle[:2]:
        note(session, keen)
    note(cycle[0], away)
    note(cycle[1], away, "excused")
    note(cycle[1], AdultFactory(), role="mentor")
    found = {one.person: (one.there, one.held, one.is_complete) for one in completions(cycle[2], wall(2026, 12, 20, 8))}
    assert found == {keen: (2, 3, True), away: (1, 3, False)}
    assert [is_last_date(session) for session in cycle[:3]] == [False, False, True]


def test_only_confirmed_hours_of_help_in_the_period_are_certified(cycle):
    helper, boss = AdultFactory(), StaffFactory(roles=["fab_manager"])
    rows = [note(session, helper, role="volunteer") for session in cycle]
    for row in rows[:3]:
        services.confirm_hours(attendance=row, actor=boss)
    first, last = date(2026, 11, 4), date(2026, 11, 11)
    assert total(hours_given(helper, first, last)) == timedelta(hours=4)
    assert len(hours_given(helper, first, date(2026, 12, 31), confirmed=False)) == 1
    note(cycle[0], MemberFactory())
    assert {one.attendance.member for one in helped(first, date(2026, 12, 31))} == {helper}
