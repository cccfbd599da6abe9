from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib import admin
from hypothesis import given
from hypothesis import strategies as st
from schedule.models import Event, Occurrence

from place import recurrence
from place.clock import UnreadableTime, local
from place.patterns import ONCE, InvalidRule, RuleSpec, Weekday
from tests.factories.place import wall

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")
WEDNESDAYS = RuleSpec(frequency="weekly", weekdays=("WE",))


def planned(starts_at, ends_at, rule=ONCE):
    return recurrence.create_event(
        calendar="openings", title="Atelier", starts_at=starts_at, ends_at=ends_at, rule=rule
    )


def laid_out(starts_at, ends_at, rule, until):
    return recurrence.materialise(planned(starts_at, ends_at, rule), until)


def hours(slots):
    return {(local(slot.starts_at).time(), local(slot.ends_at).time()) for slot in slots}


def test_weekly_hours_on_the_wall_stay_through_both_clock_changes():
    slots = laid_out(wall(2026, 10, 7, 14), wall(2026, 10, 7, 16), WEDNESDAYS, wall(2027, 6, 30))
    assert len(slots) == 38
    assert hours(slots) == {(time(14), time(16))}
    assert {slot.starts_at.astimezone(UTC).hour for slot in slots} == {12, 13}


@pytest.mark.parametrize("zone", [UTC, PARIS, ZoneInfo("America/New_York")])
def test_the_zone_of_the_bounds_changes_nothing(zone):
    slots = laid_out(
        wall(2026, 10, 7, 14).astimezone(zone),
        wall(2026, 10, 7, 16).astimezone(zone),
        WEDNESDAYS,
        wall(2026, 12, 1).astimezone(zone),
    )
    assert [slot.starts_at for slot in slots] == [
        wall(2026, 10, 7, 14) + timedelta(days=7 * i, hours=i > 2) for i in range(8)
    ]


def test_a_night_across_the_clock_change_keeps_its_hours_on_the_wall():
    slots = laid_out(
        wall(2026, 10, 17, 22), wall(2026, 10, 18, 5), RuleSpec(frequency="weekly", count=3), wall(2026, 11, 30)
    )
    assert hours(slots) == {(time(22), time(5))}
    assert [slot.ends_at - slot.starts_at for slot in slots] == [timedelta(hours=h) for h in (7, 8, 7)]


@given(
    first=st.dates(date(2026, 1, 1), date(2027, 6, 30)),
    start=st.times().filter(lambda hour: hour.hour >= 3),
    minutes=st.integers(15, 600),
    weeks=st.sampled_from([1, 2]),
    count=st.integers(1, 60),
)
def test_expansion_equals_plain_wall_clock_arithmetic(first, start, minutes, weeks, count):
    """Independent of rrule: step by days on the wall, then ask the time zone for the moment."""
    opens = datetime.combine(first, start.replace(second=0, microsecond=0, tzinfo=None))
    closes = opens + timedelta(minutes=minutes)
    if closes.hour < 3:
        closes = closes.replace(hour=3)
    frequency = "weekly" if weeks == 1 else "fortnightly"
    slots = laid_out(
        opens.replace(tzinfo=PARIS),
        closes.replace(tzinfo=PARIS),
        RuleSpec(frequency=frequency, count=count),
        datetime(2040, 1, 1, tzinfo=UTC),
    )
    steps = [timedelta(weeks=weeks * i) for i in range(count) if weeks * i * 7 < 800]
    expected = [((opens + step).replace(tzinfo=PARIS), (closes + step).replace(tzinfo=PARIS)) for step in steps]
    assert [(slot.starts_at, slot.ends_at) for slot in slots] == [
        (start.astimezone(UTC), end.astimezone(UTC)) for start, end in expected
    ]


@given(first=st.dates(date(2026, 1, 1), date(2027, 12, 31)), days=st.sets(st.sampled_from(Weekday.values), min_size=1))
def test_weekly_days_are_exactly_the_chosen_ones(first, days):
    while Weekday.values[first.weekday()] not in days:
        first += timedelta(days=1)
    start = datetime.combine(first, time(10), tzinfo=PARIS)
    rule = RuleSpec(frequency="weekly", weekdays=tuple(days))
    slots = laid_out(start, start + timedelta(hours=1), rule, start + timedelta(days=90))
    found = {local(slot.starts_at).date() for slot in slots}
    candidates = {first + timedelta(days=offset) for offset in range(91)}
    expected = {day for day in candidates if Weekday.values[day.weekday()] in days}
    assert found - {first + timedelta(days=90)} == expected - {first + timedelta(days=90)}


@pytest.mark.parametrize(
    ("nth", "first", "expected"),
    [
        (1, wall(2026, 11, 7, 10), [(11, 7), (12, 5), (1, 2), (2, 6)]),
        (-1, wall(2026, 11, 28, 10), [(11, 28), (12, 26), (1, 30), (2, 27)]),
        (3, wall(2026, 11, 21, 10), [(11, 21), (12, 19), (1, 16), (2, 20)]),
    ],
)
def test_monthly_falls_on_the_nth_weekday(nth, first, expected):
    rule = RuleSpec(frequency="monthly", weekdays=("SA",), nth=nth)
    slots = laid_out(first, first + timedelta(hours=2), rule, wall(2027, 3, 1))
    assert [(local(slot.starts_at).month, local(slot.starts_at).day) for slot in slots] == expected


def test_early_hours_keep_their_weekday_although_utc_is_the_day_before():
    rule = RuleSpec(frequency="weekly", weekdays=("WE", "FR"))
    slots = laid_out(wall(2026, 11, 4, 0, 30), wall(2026, 11, 4, 1), rule, wall(2026, 11, 14))
    assert [local(slot.starts_at).date() for slot in slots] == [date(2026, 11, day) for day in (4, 6, 11, 13)]


def test_last_day_is_included():
    rule = RuleSpec(frequency="weekly", until=date(2026, 11, 18))
    slots = laid_out(wall(2026, 11, 4, 14), wall(2026, 11, 4, 16), rule, wall(2027, 1, 1))
    assert [local(slot.starts_at).day for slot in slots] == [4, 11, 18]


def test_a_time_that_exists_twice_is_the_first_one():
    slots = laid_out(
        wall(2026, 10, 18, 2, 30), wall(2026, 10, 18, 4), RuleSpec(frequency="weekly", count=2), wall(2026, 11, 1)
    )
    assert slots[1].starts_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_pattern_that_meets_the_skipped_hour_is_refused_and_nothing_is_kept():
    with pytest.raises(UnreadableTime):
        planned(wall(2026, 11, 1, 2, 30), wall(2026, 11, 1, 4), RuleSpec(frequency="weekly"))
    with pytest.raises(UnreadableTime):
        planned(wall(2026, 10, 31, 22), wall(2026, 11, 1, 2, 30), RuleSpec(frequency="weekly"))
    assert not Event.objects.exists()


def test_a_single_date_in_the_skipped_hour_is_refused():
    gap = datetime(2027, 3, 28, 2, 30, tzinfo=PARIS)
    with pytest.raises(UnreadableTime):
        planned(gap, wall(2027, 3, 28, 5))


def test_naive_or_backward_times_are_refused():
    with pytest.raises(ValueError, match="time zone"):
        planned(datetime(2026, 11, 4, 14), wall(2026, 11, 4, 16))  # noqa: DTZ001 -- the point of the test
    with pytest.raises(InvalidRule):
        planned(wall(2026, 11, 4, 16), wall(2026, 11, 4, 16))


def test_laying_out_again_adds_nothing_and_later_adds_the_rest():
    event = planned(wall(2026, 11, 4, 14), wall(2026, 11, 4, 16), WEDNESDAYS)
    assert len(recurrence.materialise(event, wall(2026, 12, 1))) == 4
    assert recurrence.materialise(event, wall(2026, 12, 1)) == []
    assert [local(slot.starts_at).day for slot in recurrence.materialise(event, wall(2026, 12, 10))] == [2, 9]
    assert Occurrence.objects.count() == 6


def test_moved_and_cancelled_dates_stay_so_when_laid_out_again():
    event = planned(wall(2026, 11, 4, 14), wall(2026, 11, 4, 16), WEDNESDAYS)
    first, second, *_ = recurrence.materialise(event, wall(2026, 12, 1))
    recurrence.move_occurrence(first.occurrence_id, wall(2026, 11, 5, 9), wall(2026, 11, 5, 11))
    recurrence.cancel_occurrence(second.occurrence_id)
    recurrence.materialise(event, wall(2027, 1, 1))
    slots = recurrence.slots_from(event, event.start)
    assert (slots[0].original_start, slots[0].starts_at) == (wall(2026, 11, 4, 14), wall(2026, 11, 5, 9))
    assert [slot.cancelled for slot in slots] == [False, True] + [False] * 7
    assert len({slot.original_start for slot in slots}) == len(slots)
    assert recurrence.restore_occurrence(second.occurrence_id).cancelled is False


def test_a_date_cannot_be_moved_into_the_skipped_hour():
    (slot,) = laid_out(wall(2027, 3, 27, 14), wall(2027, 3, 27, 16), ONCE, wall(2027, 4, 1))
    with pytest.raises(UnreadableTime):
        recurrence.move_occurrence(slot.occurrence_id, datetime(2027, 3, 28, 2, 15, tzinfo=PARIS), wall(2027, 3, 28, 4))
    assert recurrence.slot(slot.occurrence_id).starts_at == wall(2027, 3, 27, 14)


def test_never_looks_further_than_the_window():
    slots = laid_out(
        wall(2026, 11, 4, 14), wall(2026, 11, 4, 16), RuleSpec(frequency="weekly"), datetime(9999, 1, 1, tzinfo=UTC)
    )
    assert len(slots) == 115
    assert slots[-1].starts_at - slots[0].starts_at <= recurrence.MAX_WINDOW + timedelta(hours=1)


def test_splitting_ends_the_old_pattern_and_begins_the_new_one():
    event = planned(wall(2026, 11, 4, 14), wall(2026, 11, 4, 16), RuleSpec(frequency="weekly", count=6))
    recurrence.materialise(event, wall(2026, 11, 12))
    new = recurrence.split(
        event, wall(2026, 11, 18, 14), starts_at=wall(2026, 11, 18, 15), ends_at=wall(2026, 11, 18, 17)
    )
    assert recurrence.materialise(event, wall(2027, 3, 1)) == []
    assert [local(slot.starts_at) for slot in recurrence.materialise(new, wall(2027, 3, 1))] == [
        wall(2026, 11, 18, 15) + timedelta(weeks=week) for week in range(4)
    ]
    assert recurrence.rrule_text(event) == "FREQ=WEEKLY;UNTIL=20261118T125959Z"
    assert recurrence.rrule_text(new) == "FREQ=WEEKLY;UNTIL=20261209T225959Z"


def test_a_pattern_shifted_by_days_keeps_its_last_date():
    event = planned(wall(2026, 11, 4, 14), wall(2026, 11, 4, 16), RuleSpec(frequency="weekly", count=3))
    new = recurrence.split(event, event.start, starts_at=wall(2026, 11, 5, 14), ends_at=wall(2026, 11, 5, 16))
    assert [local(slot.starts_at).day for slot in recurrence.materialise(new, wall(2027, 1, 1))] == [5, 12, 19]
    assert recurrence.materialise(event, wall(2027, 1, 1)) == []


@pytest.mark.parametrize(
    ("rule", "first", "text"),
    [
        (ONCE, wall(2026, 11, 4, 14), ""),
        (WEDNESDAYS, wall(2026, 11, 4, 14), "FREQ=WEEKLY;BYDAY=WE"),
        (
            RuleSpec(frequency="fortnightly", weekdays=("WE", "SA"), until=date(2026, 12, 31)),
            wall(2026, 11, 4, 14),
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE,SA;UNTIL=20261231T225959Z",
        ),
        (
            RuleSpec(frequency="monthly", weekdays=("SA",), nth=-1),
            wall(2026, 11, 28, 14),
            "FREQ=MONTHLY;BYDAY=SA;BYSETPOS=-1",
        ),
    ],
)
def test_a_pattern_reads_back_as_it_was_written(rule, first, text):
    event = Event.objects.get(pk=planned(first, first + timedelta(hours=2), rule).pk)
    assert recurrence.rule_of(event) == rule
    assert recurrence.rrule_text(event) == text


def test_a_number_of_dates_reads_back_as_its_last_day():
    rule = RuleSpec(frequency="monthly", weekdays=("SA",), nth=-1, count=3)
    event = planned(wall(2026, 11, 28, 14), wall(2026, 11, 28, 16), rule)
    assert recurrence.rule_of(event).until == date(2027, 1, 30)
    assert len(recurrence.materialise(event, wall(2028, 1, 1))) == 3


@pytest.mark.parametrize("number", [1, 12])
def test_extending_a_calendar_takes_the_same_number_of_queries(number, django_assert_num_queries):
    for _ in range(number):
        laid_out(wall(2026, 11, 4, 14), wall(2026, 11, 4, 16), RuleSpec(frequency="weekly"), wall(2026, 12, 1))
    with django_assert_num_queries(5):  # savepoint, events, last dates, insert, release
        slots = recurrence.extend(calendar="openings", now=wall(2026, 11, 20), until=wall(2027, 1, 1))
    assert len(slots) == number * 5


def test_extending_leaves_ended_patterns_and_other_calendars_alone():
    ended = planned(wall(2026, 9, 2, 14), wall(2026, 9, 2, 16), RuleSpec(frequency="weekly", until=date(2026, 10, 1)))
    old_count = planned(wall(2022, 9, 7, 14), wall(2022, 9, 7, 16), RuleSpec(frequency="weekly", count=2))
    recurrence.materialise(old_count, wall(2026, 1, 1))
    recurrence.create_event(
        calendar="workshops", title="x", starts_at=wall(2026, 11, 4, 14), ends_at=wall(2026, 11, 4, 16), rule=WEDNESDAYS
    )
    assert recurrence.extend(calendar="openings", now=wall(2026, 11, 20), until=wall(2027, 1, 1)) == []
    assert ended.occurrence_set.count() == 0


def test_the_scheduler_has_no_admin_pages():
    assert [model for model in admin.site._registry if model._meta.app_label == "schedule"] == []
