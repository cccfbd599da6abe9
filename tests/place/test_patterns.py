from datetime import date, timedelta

import pytest

from place.patterns import ONCE, Frequency, InvalidRule, Nth, RuleSpec, Weekday

TWO_HOURS = timedelta(hours=2)


def test_weekdays_are_kept_once_in_the_order_of_the_week():
    rule = RuleSpec(frequency="weekly", weekdays=("TH", "TU", "TH"))
    assert rule.weekdays == (Weekday.TU, Weekday.TH)
    assert rule.frequency is Frequency.WEEKLY


@pytest.mark.parametrize(
    "parts",
    [
        {"frequency": "hourly"},
        {"frequency": "weekly", "weekdays": ("LU",)},
        {"frequency": "weekly", "weekdays": ("1SA",)},
        {"frequency": "weekly", "weekdays": (1, 3)},
        {"frequency": "monthly", "weekdays": ("SA",), "nth": 5},
        {"frequency": "monthly", "weekdays": ("SA",)},
        {"frequency": "monthly", "weekdays": ("SA", "SU"), "nth": 1},
        {"frequency": "weekly", "nth": 1},
        {"frequency": "weekly", "count": 0},
        {"frequency": "weekly", "count": 501},
        {"frequency": "weekly", "count": 2, "until": date(2026, 12, 1)},
        {"frequency": "none", "weekdays": ("MO",)},
        {"frequency": "none", "count": 3},
        {"frequency": "none", "until": date(2026, 12, 1)},
    ],
)
def test_parts_that_do_not_go_together_are_refused(parts):
    with pytest.raises(InvalidRule):
        RuleSpec(**parts)


@pytest.mark.parametrize(
    ("rule", "first"),
    [
        (RuleSpec(frequency="weekly", weekdays=("TU", "TH")), date(2026, 11, 25)),
        (RuleSpec(frequency="monthly", weekdays=("SA",), nth=Nth.FIRST), date(2026, 11, 14)),
        (RuleSpec(frequency="monthly", weekdays=("SA",), nth=Nth.LAST), date(2026, 11, 21)),
        (RuleSpec(frequency="weekly", until=date(2026, 11, 24)), date(2026, 11, 25)),
    ],
)
def test_a_first_date_off_the_pattern_is_refused(rule, first):
    with pytest.raises(InvalidRule):
        rule.check_first(first, TWO_HOURS)


@pytest.mark.parametrize(
    ("rule", "first"),
    [
        (ONCE, date(2026, 11, 25)),
        (RuleSpec(frequency="weekly"), date(2026, 11, 25)),
        (RuleSpec(frequency="weekly", until=date(2026, 11, 25)), date(2026, 11, 25)),
        (RuleSpec(frequency="monthly", weekdays=("SA",), nth=Nth.FIRST), date(2026, 11, 7)),
        (RuleSpec(frequency="monthly", weekdays=("SA",), nth=Nth.LAST), date(2026, 11, 28)),
        (RuleSpec(frequency="monthly", weekdays=("SU",), nth=Nth.LAST), date(2028, 2, 27)),
    ],
)
def test_a_first_date_on_the_pattern_is_accepted(rule, first):
    rule.check_first(first, TWO_HOURS)


def test_what_repeats_lasts_a_week_at_most():
    with pytest.raises(InvalidRule):
        RuleSpec(frequency="monthly", nth=1).check_first(date(2026, 11, 1), timedelta(days=7, minutes=1))
    ONCE.check_first(date(2026, 8, 1), timedelta(days=31))
