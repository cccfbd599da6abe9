"""Notice, horizon, the end before closing, quotas and suspension, one by one; no database."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.facts import Opening
from booking.rules import problems
from place.clock import Span
from tests.booking.facts import NOW, booked, facts, machine, person, wish
from tests.factories.booking import WEDNESDAY, span, wall

TUESDAY = WEDNESDAY - timedelta(days=1)
ALL_DAYS = (Opening(Span(wall(0, date(2026, 1, 1)), wall(0, date(2028, 1, 1))), "open_lab"),)


def codes(a_wish, some_facts, now=NOW) -> list[str]:
    return [problem.code for problem in problems(a_wish, some_facts, now)]


def only(a_wish, some_facts, now=NOW):
    (problem,) = problems(a_wish, some_facts, now)
    return problem


@pytest.mark.parametrize(("days", "refused"), [(29, []), (30, []), (31, ["too_early"])])
def test_a_booking_is_not_further_ahead_than_the_horizon(days: int, refused: list[str]) -> None:
    far = facts(machine=machine(horizon_days=30), openings=ALL_DAYS)
    assert codes(wish(14, 16, WEDNESDAY + timedelta(days=days)), far) == refused


def test_the_horizon_says_from_when_one_may_book() -> None:
    far = facts(machine=machine(horizon_days=30), openings=ALL_DAYS)
    problem = only(wish(14, 16, WEDNESDAY + timedelta(days=37)), far)
    assert problem.detail == {"horizon_days": 30, "from": WEDNESDAY + timedelta(days=7)}
    assert "mercredi 2 décembre" in problem.message


def test_the_horizon_counts_days_across_the_clock_change() -> None:
    far = facts(machine=machine(horizon_days=3), openings=ALL_DAYS, person=None)
    late_evening = wall(23.5, date(2027, 3, 26))
    assert codes(wish(0, 1, date(2027, 3, 29)), far, late_evening) == []
    assert codes(wish(0, 1, date(2027, 3, 30)), far, late_evening) == ["too_early"]


@pytest.mark.parametrize(("start", "refused"), [(10.5, ["too_late"]), (11, []), (12, [])])
def test_a_machine_that_is_prepared_wants_to_know_before(start: float, refused: list[str]) -> None:
    prepared = facts(machine=machine(notice_minutes=120), openings=ALL_DAYS)
    assert codes(wish(start, start + 1), prepared, wall(9)) == refused


def test_what_is_over_is_not_also_too_late() -> None:
    prepared = facts(machine=machine(notice_minutes=120), openings=ALL_DAYS)
    assert codes(wish(8, 9), prepared, wall(9)) == ["past"]


def test_the_laser_ends_before_closing() -> None:
    laser = facts(machine=machine(end_before_closing_minutes=30))
    assert codes(wish(16, 17.5), laser) == []
    problem = only(wish(16, 18), laser)
    assert problem.code == "closed"
    assert "17\u00a0h\u00a030" in problem.message


def test_an_opening_shorter_than_what_is_kept_free_is_none() -> None:
    laser = facts(machine=machine(end_before_closing_minutes=60), openings=(Opening(span(14, 15), "open_lab"),))
    assert codes(wish(14, 15), laser) == ["closed"]


def test_a_day_has_its_quota() -> None:
    held = facts(machine=machine(daily_quota_minutes=120), person=person(booked=(booked(14, 15.5),)))
    problem = only(wish(16, 17), held)
    assert problem.detail == {"daily_quota_minutes": 120, "used_minutes": 90}
    assert codes(wish(16, 17), facts(machine=machine(daily_quota_minutes=120))) == []
    yesterday = person(booked=(booked(14, 15.5, TUESDAY),))
    assert codes(wish(16, 17), facts(machine=machine(daily_quota_minutes=120), person=yesterday)) == []


def test_a_week_has_its_number_of_bookings() -> None:
    holds = person(booked=(booked(10, 11, TUESDAY), booked(14, 15, pk=51)))
    few = facts(machine=machine(weekly_max_bookings=2, max_upcoming=9), person=holds)
    assert only(wish(16, 17), few).detail == {"weekly_max_bookings": 2}
    many = facts(machine=machine(weekly_max_bookings=3, max_upcoming=9), person=holds)
    assert codes(wish(16, 17), many) == []


def test_any_days_in_a_row_have_their_quota_across_weeks() -> None:
    sunday, monday = date(2026, 11, 29), date(2026, 11, 30)
    rolling = machine(rolling_days=3, rolling_quota_minutes=180)
    holds = person(booked=(booked(14, 16, sunday),))
    held = facts(machine=rolling, person=holds, openings=ALL_DAYS)
    assert only(wish(14, 16, monday), held).detail["used_minutes"] == 120
    assert codes(wish(14, 16, monday + timedelta(days=2)), held) == []


def test_a_booking_that_comes_after_counts_in_the_row_too() -> None:
    rolling = machine(rolling_days=3, rolling_quota_minutes=180)
    held = facts(machine=rolling, person=person(booked=(booked(14, 16, date(2026, 12, 3)),)), openings=ALL_DAYS)
    assert codes(wish(14, 16, date(2026, 12, 1)), held) == ["quota_reached"]
    assert codes(wish(14, 16, date(2026, 11, 30)), held) == []


@given(
    days=st.integers(1, 10),
    limit=st.integers(1, 12),
    held=st.lists(st.tuples(st.integers(0, 20), st.integers(1, 3)), max_size=8),
    wanted=st.tuples(st.integers(0, 20), st.integers(1, 3)),
)
def test_no_row_of_days_ever_holds_more_than_its_quota(days, limit, held, wanted) -> None:
    """Against a plain recount of every row of days: what passes leaves none too full that was not before."""
    first = date(2026, 12, 1)
    rows = tuple(booked(9, 9 + hours, first + timedelta(days=day), pk=50 + n) for n, (day, hours) in enumerate(held))
    limits = {"weekly_quota_minutes": 30_000, "max_upcoming": 99, "min_minutes": 60, "max_minutes": 600}
    asked = facts(
        machine=machine(rolling_days=days, rolling_quota_minutes=limit * 60, horizon_days=0, **limits),
        person=person(booked=rows),
        openings=ALL_DAYS,
    )
    day, hours = wanted
    found = codes(wish(14, 14 + hours, first + timedelta(days=day)), asked)
    fullest = max(
        sum(length for one, length in [*held, wanted] if start <= one < start + days)
        for start in range(day - days + 1, day + 1)
    )
    assert ("quota_reached" in found) == (fullest > limit)


def absences(*days: int) -> tuple:
    return tuple(wall(14, WEDNESDAY - timedelta(days=back)) for back in days)


@pytest.mark.parametrize(
    ("away", "refused"),
    [((5, 10), []), ((5, 10, 20), ["suspended"]), ((5, 10, 70), []), ((5, 10, 20, 30), ["suspended"])],
)
def test_absences_without_a_word_suspend(away: tuple[int, ...], refused: list[str]) -> None:
    absent = facts(machine=machine(no_shows_allowed=3, no_show_days=60), person=person(no_shows=absences(*away)))
    assert codes(wish(14, 16), absent) == refused


def test_suspension_says_its_end_and_comes_to_it() -> None:
    absent = facts(machine=machine(no_shows_allowed=2, no_show_days=30), person=person(no_shows=absences(5, 10, 20)))
    problem = only(wish(14, 16), absent)
    assert problem.detail == {"no_shows": 3, "until": WEDNESDAY + timedelta(days=20)}
    later = wall(15, problem.detail["until"])
    open_then = facts(machine=absent.machine, person=absent.person, openings=ALL_DAYS)
    assert codes(wish(16, 17, problem.detail["until"]), open_then, later) == []


def test_a_machine_may_forgive_absences() -> None:
    forgiving = facts(machine=machine(no_shows_allowed=0), person=person(no_shows=absences(1, 2, 3, 4, 5)))
    assert codes(wish(14, 16), forgiving) == []
