"""Planned beside real against a naive count, minute by minute, through the nights when the clock is changed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.ledger_models import AnomalyKind, Verdict
from booking.rules.ledger import ANSWERS, Held, SeenUse, anomalies_of, compare, may_answer, release_end
from place.clock import Span
from tests.factories.booking import span, wall

PARIS = ZoneInfo("Europe/Paris")
MINUTE = timedelta(minutes=1)
# A plain afternoon, the spring night and the autumn night: 23 and 25 hours.
STARTS = st.sampled_from(
    [
        datetime(2026, 11, 25, 13, tzinfo=UTC),
        datetime(2026, 3, 28, 22, tzinfo=UTC),
        datetime(2026, 10, 24, 22, tzinfo=UTC),
    ]
)
ZONES = st.sampled_from([UTC, PARIS])
STRETCH = st.tuples(st.integers(-90, 500), st.integers(0, 300))


def stretch(start: datetime, pair: tuple[int, int], zone=UTC) -> Span:
    begin = start + pair[0] * MINUTE
    return Span(begin.astimezone(zone), (begin + pair[1] * MINUTE).astimezone(zone))


def minutes_of(one: Span) -> set[datetime]:
    start, end = one.start.astimezone(UTC), one.end.astimezone(UTC)
    return {start + number * MINUTE for number in range(int((end - start) / MINUTE))}


def naive(held: Held, uses: list[Span]) -> tuple[int, int, int, int]:
    """Count minute by minute: planned, used, idle, over-run."""
    planned, end = minutes_of(held.span), held.span.end.astimezone(UTC)
    busy = set().union(*(minutes_of(use) for use in uses)) if uses else set()
    own = set().union(*(minutes_of(one) for one in held.own)) if held.own else set()
    over, moment = set(), end
    while moment in busy and end - MINUTE in busy:  # what runs through the end, without a break
        over.add(moment)
        moment += MINUTE
    return len(planned), len(planned & busy), len(planned - busy), len(over - own)


@given(STARTS, st.integers(5, 420), st.lists(STRETCH, max_size=5), st.lists(STRETCH, max_size=2), ZONES)
def test_minutes_are_those_of_a_naive_count(start, length, pairs, mine, zone) -> None:
    own = [(length + max(0, shift), minutes) for shift, minutes in mine]
    held = Held(stretch(start, (0, length), zone), own=tuple(stretch(start, pair, zone) for pair in own))
    uses = [use for pair in pairs if (use := stretch(start, pair, zone)).minutes]
    found = compare(held, uses)
    counted = found.planned_minutes, found.used_minutes, found.idle_minutes, found.over_run_minutes
    assert counted == naive(held, uses)


@given(STARTS, st.integers(5, 420), st.lists(STRETCH, max_size=4), st.integers(0, 60), st.booleans(), st.booleans())
def test_the_verdict_follows_from_the_minutes(start, length, pairs, released, no_show, measured) -> None:
    uses = [use for pair in pairs if (use := stretch(start, pair)).minutes]
    held = Held(stretch(start, (0, length)), no_show=no_show, released_minutes=released, measured=measured)
    found = compare(held, uses)
    if found.verdict == Verdict.NO_SHOW:
        assert no_show
        assert not found.used_minutes
    assert (found.verdict == Verdict.UNMEASURED) <= (found.used_minutes is None)
    assert (found.used_minutes is None) == (not measured and not uses)
    assert (found.verdict == Verdict.USED) <= bool(found.used_minutes)
    assert (found.verdict == Verdict.OVER_RUN) <= (found.over_run_minutes > 10)


def test_the_spring_night_has_an_hour_less_and_the_autumn_night_an_hour_more() -> None:
    spring = Span(datetime(2026, 3, 29, 1, tzinfo=PARIS), datetime(2026, 3, 29, 4, tzinfo=PARIS))
    autumn = Span(datetime(2026, 10, 25, 1, tzinfo=PARIS), datetime(2026, 10, 25, 4, tzinfo=PARIS))
    assert compare(Held(spring), [spring]).used_minutes == 120
    assert compare(Held(autumn), [autumn]).used_minutes == 240


@pytest.mark.parametrize(
    ("held", "uses", "verdict"),
    [
        (Held(span(14, 15)), [span(14.25, 14.75)], Verdict.USED),
        (Held(span(14, 15)), [], Verdict.IDLE),
        (Held(span(14, 15), measured=False), [], Verdict.UNMEASURED),
        (Held(span(14, 15), no_show=True), [], Verdict.NO_SHOW),
        (Held(span(14, 15), no_show=True, measured=False), [], Verdict.NO_SHOW),
        (Held(span(14, 15), no_show=True), [span(14.5, 15)], Verdict.USED),  # late, and there after all
        (Held(span(14, 15)), [span(14, 15.5)], Verdict.OVER_RUN),
        (Held(span(14, 15)), [span(14, 15 + 1 / 6)], Verdict.USED),  # ten minutes of grace
        (Held(span(14, 15), own=(span(15, 16),)), [span(14, 15.75)], Verdict.USED),
        (Held(span(14, 15), released_minutes=60), [span(14, 14.9)], Verdict.RELEASED),
        (Held(span(14, 15), released_minutes=60), [], Verdict.RELEASED),
        (Held(span(14, 15)), [span(15, 16)], Verdict.IDLE),  # another use, after the end
    ],
)
def test_verdicts(held: Held, uses: list[Span], verdict: Verdict) -> None:
    assert compare(held, uses).verdict == verdict


USE = span(14, 15)


@pytest.mark.parametrize(
    ("use", "kinds"),
    [
        (SeenUse(USE), set()),
        (SeenUse(USE, explained=False), {"unbooked_use"}),
        (SeenUse(Span(wall(14), wall(14) + 9 * MINUTE), explained=False), set()),
        (SeenUse(Span(wall(14), wall(14) + 10 * MINUTE), explained=False), {"unbooked_use"}),
        (SeenUse(USE, lost=True), {"lost_end"}),
        (SeenUse(USE, lost=True, running=True), set()),
        (SeenUse(USE, qualified=False), {"unqualified_use"}),
        (SeenUse(USE, until=wall(15)), set()),
        (SeenUse(USE, until=wall(15) - 10 * MINUTE), set()),
        (SeenUse(USE, until=wall(15) - 11 * MINUTE), {"over_run"}),
        (SeenUse(USE, until=wall(15) - 5 * MINUTE, next_start=wall(15) - 5 * MINUTE), {"over_run"}),
        (SeenUse(USE, until=wall(15) - 2 * MINUTE, next_start=wall(15) - 2 * MINUTE), set()),
        (SeenUse(USE, until=wall(14.5), lost=True, qualified=False), {"over_run", "lost_end", "unqualified_use"}),
    ],
)
def test_what_somebody_should_look_at(use: SeenUse, kinds: set[str]) -> None:
    assert anomalies_of(use) == kinds


def test_every_kind_has_its_answers_and_no_other() -> None:
    assert set(ANSWERS) == set(AnomalyKind)
    assert may_answer("unbooked_use", "member")
    assert not may_answer("over_run", "member")
    assert not may_answer("idle", "corrected")
    assert not may_answer("weather", "nothing")


@pytest.mark.parametrize(
    ("minutes", "left"), [(0, 30), (1, 30), (30, 30), (31, 60), (60, 60), (95, 120), (110, 120), (119, 120)]
)
def test_finished_is_brought_up_to_the_granularity(minutes: int, left: int) -> None:
    assert release_end(span(14, 16), 30, wall(14) + minutes * MINUTE) == wall(14) + left * MINUTE


def test_an_end_between_two_steps_is_never_moved_later() -> None:
    assert release_end(span(14, 15.25), 30, wall(15.1)) == wall(15.25)
