"""What holds for a person on a day, folded from the ledger: no database."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from members.models import Purpose
from members.standing import (
    GUARDIAN,
    GUARDIANS,
    SELF,
    Holds,
    expiry,
    is_under,
    must_be_fetched,
    season_of,
    season_span,
    season_to_join,
    signatories,
    standing,
    years_before,
    years_between,
)

DAY = date(2026, 11, 25)
BORN_13 = date(2013, 5, 17)


@dataclass(frozen=True)
class Line:
    act: str = "signed"
    signatory: str = "guardian"
    guardian_id: int | None = 1
    signed_on: date = date(2026, 9, 1)
    expires_on: date | None = None


def by_self(**fields) -> Line:
    return Line(signatory="self", guardian_id=None, **fields)


def holds(purpose: str, *lines: Line, born: date | None = BORN_13, day: date = DAY, guardians=()) -> Holds:
    return standing(purpose, lines, born, day, guardians).holds


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2012, 2, 29), date(2027, 2, 28), 14),
        (date(2012, 2, 29), date(2027, 3, 1), 15),
        (date(2011, 11, 25), DAY, 15),
        (date(2011, 11, 26), DAY, 14),
    ],
)
def test_age_is_whole_years_on_the_day(born: date, day: date, age: int) -> None:
    assert years_between(born, day) == age


@given(st.dates(date(1930, 1, 1), date(2026, 1, 1)), st.dates(date(2026, 1, 2), date(2060, 1, 1)), st.integers(0, 90))
def test_the_latest_birth_date_of_an_age_agrees_with_the_age(born: date, day: date, years: int) -> None:
    assert (born <= years_before(years, day)) == (years_between(born, day) >= years)


def test_an_unknown_birth_date_counts_as_young() -> None:
    assert is_under(18, None, DAY)


@pytest.mark.parametrize(
    ("day", "season", "joined"),
    [(date(2026, 8, 31), 2025, 2026), (date(2026, 9, 1), 2026, 2026), (date(2026, 5, 31), 2025, 2025)],
)
def test_seasons_begin_in_september_and_are_joined_from_june(day: date, season: int, joined: int) -> None:
    assert (season_of(day), season_to_join(day)) == (season, joined)
    assert season_span(season)[0] <= day <= season_span(season)[1]


def test_three_ages_ask_three_questions() -> None:
    at = {age: date(DAY.year - age, 1, 1) for age in (14, 15, 16, 17, 18)}
    assert signatories(Purpose.ACCOUNT, at[14], DAY) == (SELF, GUARDIAN)
    assert signatories(Purpose.ACCOUNT, at[15], DAY) == ()
    assert signatories(Purpose.HOME_ALONE, at[15], DAY) == (GUARDIAN,)
    assert signatories(Purpose.HOME_ALONE, at[16], DAY) == ()
    assert signatories(Purpose.MACHINES, at[17], DAY) == (GUARDIAN,)
    assert signatories(Purpose.MACHINES, at[18], DAY) == ()
    assert signatories(Purpose.PHOTO_WEB, at[17], DAY) == (SELF, GUARDIANS)
    assert signatories(Purpose.PHOTO_WEB, at[18], DAY) == (SELF,)


def test_nothing_written_is_not_asked_yet_and_says_who_must_sign() -> None:
    found = standing(Purpose.ACCOUNT, (), BORN_13, DAY)
    assert (found.holds, found.missing, found.allows) == (Holds.UNASKED, (SELF, GUARDIAN), False)


def test_child_and_parent_sign_together() -> None:
    assert holds(Purpose.ACCOUNT, Line()) == Holds.INCOMPLETE
    assert holds(Purpose.ACCOUNT, by_self()) == Holds.INCOMPLETE
    assert holds(Purpose.ACCOUNT, Line(), by_self()) == Holds.IN_FORCE


def test_a_picture_asks_both_parents_and_the_child() -> None:
    both = {1, 2}
    assert holds(Purpose.PHOTO_WEB, by_self(), Line(), guardians=both) == Holds.INCOMPLETE
    assert holds(Purpose.PHOTO_WEB, by_self(), Line(), Line(guardian_id=2), guardians=both) == Holds.IN_FORCE
    assert holds(Purpose.PHOTO_WEB, Line(), Line(guardian_id=2), guardians=both) == Holds.INCOMPLETE
    assert holds(Purpose.PHOTO_WEB, by_self(), Line(), guardians={1}) == Holds.IN_FORCE


def test_a_parent_who_is_gone_is_asked_no_more_and_a_new_one_is() -> None:
    lines = (by_self(), Line(guardian_id=1), Line(guardian_id=2))
    assert holds(Purpose.PHOTO_WEB, *lines, guardians={2}) == Holds.IN_FORCE
    assert holds(Purpose.PHOTO_WEB, *lines, guardians={2, 3}) == Holds.INCOMPLETE


@pytest.mark.parametrize(("act", "expected"), [("withdrawn", Holds.WITHDRAWN), ("refused", Holds.REFUSED)])
def test_one_no_voids_every_yes_before_it(act: str, expected: Holds) -> None:
    lines = (by_self(), Line(), Line(guardian_id=2), Line(act=act, guardian_id=2, signed_on=date(2026, 10, 1)))
    assert holds(Purpose.PHOTO_WEB, *lines, guardians={1, 2}) == expected
    again = Line(guardian_id=2, signed_on=date(2026, 10, 2))
    assert holds(Purpose.PHOTO_WEB, *lines, again, guardians={1, 2}) == Holds.INCOMPLETE


def test_the_order_on_one_day_is_the_order_of_writing() -> None:
    no, yes = Line(act="withdrawn", signed_on=DAY), Line(signed_on=DAY)
    assert holds(Purpose.MACHINES, yes, no) == Holds.WITHDRAWN
    assert holds(Purpose.MACHINES, no, yes) == Holds.IN_FORCE


def test_the_last_day_still_counts_and_the_next_one_does_not() -> None:
    line = Line(expires_on=DAY)
    assert holds(Purpose.MACHINES, line) == Holds.IN_FORCE
    assert holds(Purpose.MACHINES, line, day=DAY + timedelta(days=1)) == Holds.EXPIRED


def test_a_renewal_counts_until_its_own_end() -> None:
    old, new = Line(expires_on=date(2026, 12, 31)), Line(signed_on=DAY, expires_on=date(2027, 8, 31))
    found = standing(Purpose.MACHINES, (old, new), BORN_13, DAY)
    assert (found.holds, found.until, found.since) == (Holds.IN_FORCE, date(2027, 8, 31), DAY)


def test_a_birthday_changes_what_is_asked_on_that_very_day() -> None:
    born = date(2008, 12, 1)
    eve, birthday = date(2026, 11, 30), date(2026, 12, 1)
    assert holds(Purpose.MACHINES, born=born, day=eve) == Holds.UNASKED
    assert holds(Purpose.MACHINES, born=born, day=birthday) == Holds.NOT_NEEDED
    fifteen = date(2011, 12, 1)
    assert holds(Purpose.ACCOUNT, Line(act="withdrawn"), born=fifteen, day=eve) == Holds.WITHDRAWN
    assert holds(Purpose.ACCOUNT, Line(act="withdrawn"), born=fifteen, day=birthday) == Holds.NOT_NEEDED


def test_a_line_dated_later_does_not_count_yet() -> None:
    assert holds(Purpose.MACHINES, Line(signed_on=DAY + timedelta(days=1))) == Holds.UNASKED


def test_seasonal_papers_end_with_the_season_joined_and_others_do_not() -> None:
    assert expiry(Purpose.MACHINES, date(2026, 9, 10)) == date(2027, 8, 31)
    assert expiry(Purpose.MACHINES, date(2026, 7, 10)) == date(2027, 8, 31)
    assert expiry(Purpose.ACCOUNT, DAY) is None


def test_who_may_walk_out_alone() -> None:
    agreed, nothing = (
        standing(Purpose.HOME_ALONE, (Line(),), BORN_13, DAY),
        standing(Purpose.HOME_ALONE, (), BORN_13, DAY),
    )
    assert (must_be_fetched(BORN_13, DAY, agreed), must_be_fetched(BORN_13, DAY, nothing)) == (False, True)
    assert must_be_fetched(date(2010, 11, 25), DAY, nothing) is False


LINES = st.builds(
    Line,
    act=st.sampled_from(["signed", "refused", "withdrawn"]),
    signatory=st.sampled_from(["self", "guardian"]),
    guardian_id=st.sampled_from([1, 2]),
    signed_on=st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    expires_on=st.none() | st.dates(date(2027, 1, 1), date(2028, 1, 1)),
)


@given(st.lists(LINES, max_size=8), st.sampled_from(list(Purpose)), st.dates(date(2005, 1, 1), date(2018, 1, 1)))
def test_a_last_word_that_is_no_never_allows_and_what_allows_has_no_one_missing(lines, purpose, born) -> None:
    found = standing(purpose, lines, born, DAY, {1, 2})
    told = sorted((line for line in lines if line.signed_on <= DAY), key=lambda line: line.signed_on)
    if told and told[-1].act != "signed" and found.holds != Holds.NOT_NEEDED:
        assert not found.allows
    assert not (found.allows and found.missing)
