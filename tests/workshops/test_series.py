"""This one, the following, all: sessions keep their number, and 14 h stays 14 h."""

from datetime import date, time, timedelta

import pytest

from booking.models import Reservation
from booking.problems import Refused
from members.models import Message
from place import clock
from place.clock import local
from place.patterns import RuleSpec
from tests.factories.machines import MachineFactory
from tests.factories.members import MemberFactory
from tests.factories.place import ClosureFactory, LabSettingsFactory, SchoolHolidayFactory, wall
from tests.factories.workshops import RegistrationFactory, WorkshopFactory
from workshops import services
from workshops.models import Attendance, WorkshopSession

pytestmark = pytest.mark.django_db
NOW = wall(2026, 11, 2, 8)
WEEK = timedelta(weeks=1)


def planned(workshop=None, weeks=6, first=(2026, 11, 4), now=NOW, **more):
    start = wall(*first, 14)
    rule = RuleSpec(frequency="weekly", weekdays=("WE",), count=weeks)
    series = services.schedule_series(
        workshop=workshop or WorkshopFactory(), starts_at=start, ends_at=start + timedelta(hours=2), rule=rule,
        actor=None, now=now, **more,
    )  # fmt: skip
    return list(series.sessions.order_by("starts_at"))


def move(session, scope, start, hours=2, now=NOW):
    return services.move_sessions(
        session=session, scope=scope, starts_at=start, ends_at=start + timedelta(hours=hours), actor=None, now=now
    )


def times(sessions):
    rows = {one.pk: one for one in WorkshopSession.objects.filter(pk__in=[one.pk for one in sessions])}
    return [f"{local(rows[one.pk].starts_at):%m-%d %H:%M}" for one in sessions]


def test_the_following_move_and_those_before_stay():
    sessions = planned()
    moved = move(sessions[2], "following", sessions[2].starts_at + timedelta(hours=1))
    assert moved == sessions[2:]
    assert times(sessions) == ["11-04 14:00", "11-11 14:00", "11-18 15:00", "11-25 15:00", "12-02 15:00", "12-09 15:00"]


def test_all_move_those_that_have_begun_stay():
    sessions = planned()
    now = sessions[1].starts_at + timedelta(minutes=5)
    move(sessions[3], "all", sessions[3].starts_at + timedelta(days=1), now=now)
    assert times(sessions) == ["11-04 14:00", "11-11 14:00", "11-19 14:00", "11-26 14:00", "12-03 14:00", "12-10 14:00"]


def test_this_one_moves_alone():
    sessions = planned(weeks=3)
    move(sessions[1], "this", sessions[1].starts_at + timedelta(hours=2))
    assert times(sessions) == ["11-04 14:00", "11-11 16:00", "11-18 14:00"]


def test_past_attendance_and_registrations_stay_with_their_session():
    sessions = planned(weeks=4)
    member = MemberFactory()
    past = Attendance.objects.create(session=sessions[0], member=member)
    kept = RegistrationFactory(session=sessions[2], member=member)
    move(sessions[1], "following", sessions[1].starts_at + timedelta(hours=1), now=sessions[0].ends_at)
    past.refresh_from_db()
    kept.refresh_from_db()
    assert (past.session, kept.session, kept.status) == (sessions[0], sessions[2], "confirmed")
    assert Message.objects.filter(recipient=member).count() == 1


def test_calendars_see_the_same_event_with_a_higher_sequence():
    sessions = planned(weeks=3)
    move(sessions[0], "all", sessions[0].starts_at + timedelta(hours=1))
    assert [one.sequence for one in WorkshopSession.objects.order_by("starts_at")] == [1, 1, 1]
    assert list(WorkshopSession.objects.order_by("starts_at")) == sessions


def test_the_moved_pattern_goes_on_at_its_new_time():
    LabSettingsFactory(horizon_days=31)
    start = wall(2026, 11, 4, 14)
    series = services.schedule_series(
        workshop=WorkshopFactory(), starts_at=start, ends_at=start + timedelta(hours=2),
        rule=RuleSpec(frequency="weekly", weekdays=("WE",)), actor=None, now=NOW,
    )  # fmt: skip
    first = series.sessions.order_by("starts_at").first()
    move(first, "all", first.starts_at + timedelta(days=2, hours=1))
    services.materialise_series(NOW + 4 * WEEK)
    starts = [local(one.starts_at) for one in series.sessions.order_by("starts_at")]
    assert {(one.weekday(), one.time()) for one in starts} == {(4, time(15))}
    assert [one.date() for one in starts] == [date(2026, 11, 6) + week * WEEK for week in range(len(starts))]
    assert len(starts) > 5


def test_one_moved_before_takes_the_shift_from_where_it_is_and_one_called_off_stays_so():
    sessions = planned(weeks=4)
    move(sessions[1], "this", sessions[1].starts_at + timedelta(hours=3))
    services.cancel_session(session=sessions[2], reason="Grippe", actor=None, now=NOW)
    move(sessions[0], "all", sessions[0].starts_at + timedelta(hours=1))
    assert times(sessions) == ["11-04 15:00", "11-11 18:00", "11-18 14:00", "11-25 15:00"]
    sessions[2].refresh_from_db()
    assert sessions[2].state == "cancelled"
    assert services.materialise_series(NOW) == 0


def test_a_move_by_a_week_does_not_stumble_over_its_own_machines():
    machine = MachineFactory()
    workshop = WorkshopFactory()
    workshop.machines.add(machine)
    sessions = planned(workshop, weeks=3)
    move(sessions[0], "all", sessions[0].starts_at + WEEK)
    live = Reservation.objects.filter(machine=machine, state="confirmed").order_by("starts_at")
    assert [local(one.starts_at).date().day for one in live] == [11, 18, 25]


def test_a_machine_taken_on_one_date_moves_nothing():
    machine = MachineFactory()
    workshop = WorkshopFactory()
    workshop.machines.add(machine)
    sessions = planned(workshop, weeks=3)
    services.schedule_session(
        workshop=workshop, starts_at=wall(2026, 11, 11, 16), ends_at=wall(2026, 11, 11, 18), actor=None
    )
    with pytest.raises(Refused):
        move(sessions[0], "all", sessions[0].starts_at + timedelta(hours=1))
    assert times(sessions) == ["11-04 14:00", "11-11 14:00", "11-18 14:00"]


def test_the_following_are_called_off_and_no_new_date_comes():
    LabSettingsFactory(horizon_days=31)
    sessions = planned(weeks=30)
    told = RegistrationFactory(session=sessions[1])
    gone = services.cancel_sessions(session=sessions[1], scope="following", reason="Travaux", actor=None, now=NOW)
    assert len(gone) == len(sessions) - 1
    assert services.materialise_series(NOW + 8 * WEEK) == 0
    assert Message.objects.filter(recipient=told.member).count() == 1
    assert [one.state for one in WorkshopSession.objects.order_by("starts_at")][:2] == ["scheduled", "cancelled"]


def test_nothing_left_to_change_is_refused():
    sessions = planned(weeks=2)
    later = sessions[1].starts_at
    with pytest.raises(Refused):
        move(sessions[1], "following", sessions[1].starts_at + WEEK, now=later)
    with pytest.raises(Refused):
        services.cancel_sessions(session=sessions[1], scope="all", reason="x", actor=None, now=later)


def test_fourteen_o_clock_stays_fourteen_o_clock_through_both_clock_changes():
    LabSettingsFactory(horizon_days=400)
    sessions = planned(weeks=50, first=(2026, 10, 7), now=wall(2026, 10, 1))
    assert {local(one.starts_at).time() for one in sessions} == {time(14)}
    assert len({one.starts_at.hour for one in sessions}) == 2
    move(sessions[0], "all", sessions[0].starts_at + timedelta(hours=1), now=wall(2026, 10, 1))
    assert {local(one.starts_at).time() for one in WorkshopSession.objects.all()} == {time(15)}


def test_school_holidays_of_zone_b_and_closures_are_skipped_and_come_back_when_they_go():
    holiday = SchoolHolidayFactory()  # 17 October to 1 November
    closure = ClosureFactory(starts_at=wall(2026, 11, 11), ends_at=wall(2026, 11, 12))
    sessions = planned(weeks=6, first=(2026, 10, 7), now=wall(2026, 10, 1), during="term")
    assert times(sessions) == ["10-07 14:00", "10-14 14:00", "11-04 14:00"]
    closure.delete()
    holiday.delete()
    assert services.materialise_series(wall(2026, 10, 1)) == 3
    assert services.materialise_series(wall(2026, 10, 1)) == 0


def test_who_is_enrolled_in_a_cycle_has_the_date_that_comes_back():
    closure = ClosureFactory(starts_at=wall(2026, 11, 11), ends_at=wall(2026, 11, 12))
    dates = planned(WorkshopFactory(kind="cycle"), weeks=3)
    member = MemberFactory()
    services.register(session=dates[0], member=member, actor=member, now=NOW)
    closure.delete()
    services.materialise_series(NOW)
    rows = member.registrations.order_by("session__starts_at")
    assert [(local(row.session.starts_at).day, row.status) for row in rows] == [
        (4, "confirmed"),
        (11, "confirmed"),
        (18, "confirmed"),
    ]
    back = WorkshopSession.objects.get(starts_at=clock.at(date(2026, 11, 11), time(14)))
    assert back.seats_taken == 1
