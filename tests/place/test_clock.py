import itertools
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from place.clock import (
    Span,
    UnreadableTime,
    at,
    day_span,
    day_text,
    days_from,
    hour_text,
    local,
    merged,
    period_text,
    today,
    without,
)

SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)
BASE = datetime(2026, 11, 25, tzinfo=UTC)


def hours(start: float, end: float) -> Span:
    return Span(BASE + timedelta(hours=start), BASE + timedelta(hours=end))


@st.composite
def spans(draw: st.DrawFn) -> list[Span]:
    pairs = draw(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 8)), max_size=8))
    return [hours(start, start + length) for start, length in pairs]


def minutes_of(some: list[Span]) -> set[int]:
    """Hours covered, counted one by one: the slow way that cannot be wrong."""
    return {hour for hour in range(40) if any(one.start <= BASE + timedelta(hours=hour) < one.end for one in some)}


def test_a_local_time_is_a_moment() -> None:
    assert at(date(2026, 11, 25), time(14)) == datetime(2026, 11, 25, 13, tzinfo=UTC)
    assert at(date(2026, 7, 1), time(14)) == datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("hour", [time(2), time(2, 30), time(2, 59, 59)])
def test_a_time_skipped_in_spring_is_refused(hour: time) -> None:
    with pytest.raises(UnreadableTime):
        at(SPRING, hour)


@pytest.mark.parametrize(("hour", "utc_hour"), [(time(1, 59), 0), (time(3), 1)])
def test_the_edges_of_the_spring_gap_exist(hour: time, utc_hour: int) -> None:
    assert at(SPRING, hour).hour == utc_hour


def test_a_time_that_exists_twice_is_the_first() -> None:
    first = at(AUTUMN, time(2, 30))
    assert first == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert local(first + timedelta(hours=1)).time() == time(2, 30)


@pytest.mark.parametrize(("day", "length"), [(SPRING, 23), (AUTUMN, 25), (date(2026, 11, 25), 24)])
def test_days_last_23_to_25_hours(day: date, length: int) -> None:
    assert day_span(day).minutes == length * 60


def test_minutes_are_counted_in_utc() -> None:
    wall = Span(local(at(AUTUMN, time(1))), local(at(AUTUMN, time(4))))
    assert wall.minutes == 240


def test_today_is_the_local_day() -> None:
    assert today(datetime(2026, 11, 24, 23, 30, tzinfo=UTC)) == date(2026, 11, 25)


def test_days_follow_each_other() -> None:
    assert list(days_from(date(2026, 12, 31), 2)) == [date(2026, 12, 31), date(2027, 1, 1)]


@pytest.mark.parametrize(
    ("one", "two", "meets"),
    [((1, 2), (2, 3), False), ((2, 3), (1, 2), False), ((1, 3), (2, 4), True), ((1, 4), (2, 3), True)],
)
def test_spans_are_half_open(one: tuple, two: tuple, meets: bool) -> None:
    assert hours(*one).meets(hours(*two)) is meets


def test_a_span_covers_itself_and_what_lies_inside() -> None:
    assert hours(1, 4).covers(hours(1, 4))
    assert hours(1, 4).covers(hours(2, 3))
    assert not hours(1, 4).covers(hours(2, 5))


@given(spans())
def test_merged_spans_are_ordered_disjoint_and_cover_the_same(some: list[Span]) -> None:
    joined = merged(some)
    assert minutes_of(joined) == minutes_of(some)
    assert all(one.end < two.start for one, two in itertools.pairwise(joined))


@given(spans(), spans())
def test_holes_are_cut_out_and_nothing_else(some: list[Span], holes: list[Span]) -> None:
    left = without(merged(some), holes)
    assert minutes_of(left) == minutes_of(some) - minutes_of(holes)
    assert all(one.end <= two.start for one, two in itertools.pairwise(left))


@pytest.mark.parametrize(
    ("moment", "text"), [(time(14), "14\u00a0h"), (time(9, 5), "9\u00a0h\u00a005"), (time(0), "0\u00a0h")]
)
def test_hours_read_as_the_french_write_them(moment: time, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("place.clock.pgettext", lambda _context, _text: "h")
    assert hour_text(at(date(2026, 11, 25), moment)) == text


def test_days_read_in_words() -> None:
    assert day_text(date(2026, 11, 25)) == "mercredi 25 novembre"
    assert day_text(at(date(2026, 11, 25), time(0))) == "mercredi 25 novembre"
    assert day_text(date(2026, 11, 25), short=True) == "mer. 25 nov."


def test_a_period_over_midnight_names_both_days() -> None:
    text = period_text(at(date(2026, 11, 25), time(22)), at(date(2026, 11, 26), time(1)))
    assert text.startswith("mer. 25 nov., ")
    assert "jeu. 26 nov." in text
