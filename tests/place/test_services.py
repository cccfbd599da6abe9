from datetime import date, time, timedelta

import pytest
from schedule.models import Occurrence

from members.models import AuditEntry
from place import services
from place.clock import UnreadableTime, local
from place.models import Closure, OpeningPeriod, OpeningSeries
from place.patterns import InvalidRule, RuleSpec
from place.services import Scope
from tests.factories.place import LabSettingsFactory, OpeningPeriodFactory, wall

pytestmark = pytest.mark.django_db
NOW = wall(2026, 11, 2, 8)
WEEKLY = RuleSpec(frequency="weekly", weekdays=("WE",))


def planned(**changes):
    wish = {
        "kind": "open_lab",
        "label": "Mercredi",
        "starts_at": wall(2026, 11, 4, 14),
        "ends_at": wall(2026, 11, 4, 18),
        "actor": None,
        "rule": WEEKLY,
        "now": NOW,
    }
    return services.plan_openings(**wish | changes)


def periods(series, **filters):
    return list(series.periods.filter(**filters))


def edited(period, scope, starts_at, ends_at, **more):
    return services.edit_series(
        period=period, scope=scope, starts_at=starts_at, ends_at=ends_at, actor=None, **{"now": NOW} | more
    )


def hours(rows):
    return {(local(row.starts_at).time(), local(row.ends_at).time()) for row in rows}


def test_planned_openings_are_laid_out_to_the_horizon():
    LabSettingsFactory(horizon_days=31)
    rows = periods(planned())
    assert [local(row.starts_at).date() for row in rows] == [date(2026, 11, day) for day in (4, 11, 18, 25)] + [
        date(2026, 12, 2)
    ]
    assert hours(rows) == {(time(14), time(18))}
    assert {(row.kind, row.label, row.cancelled) for row in rows} == {("open_lab", "Mercredi", False)}
    assert [row.occurrence.start for row in rows] == [row.starts_at for row in rows]


def test_an_opening_once_is_laid_out_even_beyond_the_horizon():
    LabSettingsFactory(horizon_days=31)
    rows = periods(planned(starts_at=wall(2027, 8, 4, 14), ends_at=wall(2027, 8, 4, 18), rule=RuleSpec()))
    assert [row.starts_at for row in rows] == [wall(2027, 8, 4, 14)]


def test_horizons_move_on_and_extending_twice_adds_nothing():
    LabSettingsFactory(horizon_days=31)
    series = planned()
    services.add_closure(
        starts_at=wall(2026, 11, 11, 16),
        ends_at=wall(2026, 11, 11, 18),
        reason="Ménage",
        actor=None,
        rule=WEEKLY,
        now=NOW,
    )
    assert (series.periods.count(), Closure.objects.count()) == (5, 4)
    later = NOW + timedelta(days=14)
    assert services.extend_horizons(later) == 4
    assert services.extend_horizons(later) == 0
    assert (series.periods.count(), Closure.objects.count()) == (7, 6)
    assert set(Closure.objects.values_list("reason", flat=True)) == {"Ménage"}


@pytest.mark.parametrize("number", [1, 6])
def test_extending_takes_the_same_number_of_queries_whatever_the_patterns(number, django_assert_num_queries):
    LabSettingsFactory(horizon_days=31)
    for _ in range(number):
        planned()
    with django_assert_num_queries(17):
        assert services.extend_horizons(NOW + timedelta(days=14)) == 2 * number


def test_a_cancelled_date_stays_cancelled_and_the_others_stay():
    LabSettingsFactory(horizon_days=31)
    series = planned()
    services.cancel_opening(period=periods(series)[1], actor=None)
    services.extend_horizons(NOW + timedelta(days=20))
    assert [row.cancelled for row in periods(series)][:3] == [False, True, False]
    assert periods(series)[1].occurrence.cancelled is True


def test_moving_one_date_leaves_the_others():
    series = planned()
    first, second, *_ = periods(series)
    services.move_opening(period=first, starts_at=wall(2026, 11, 5, 9), ends_at=wall(2026, 11, 5, 12), actor=None)
    moved, other = periods(series)[:2]
    assert (moved.starts_at, moved.ends_at) == (wall(2026, 11, 5, 9), wall(2026, 11, 5, 12))
    assert (moved.occurrence.start, moved.occurrence.original_start) == (wall(2026, 11, 5, 9), wall(2026, 11, 4, 14))
    assert other.starts_at == second.starts_at


def test_a_date_without_a_pattern_is_moved_and_cancelled_too():
    period = OpeningPeriodFactory()
    services.move_opening(period=period, starts_at=wall(2026, 12, 1, 9), ends_at=wall(2026, 12, 1, 12), actor=None)
    services.cancel_opening(period=period, actor=None)
    period.refresh_from_db()
    assert (period.starts_at, period.cancelled) == (wall(2026, 12, 1, 9), True)


def test_a_refused_move_changes_nothing():
    series = planned()
    first = periods(series)[0]
    with pytest.raises(InvalidRule):
        services.move_opening(period=first, starts_at=wall(2026, 11, 5, 12), ends_at=wall(2026, 11, 5, 9), actor=None)
    first.refresh_from_db()
    assert first.starts_at == first.occurrence.start == wall(2026, 11, 4, 14)
    assert not AuditEntry.objects.filter(action="opening.moved").exists()


def test_editing_this_one_moves_it_alone():
    series = planned()
    third = periods(series)[2]
    same = edited(third, Scope.THIS, wall(2026, 11, 18, 10), wall(2026, 11, 18, 12))
    assert same == series
    assert [local(row.starts_at).hour for row in periods(series)][:4] == [14, 14, 10, 14]


def test_editing_the_following_changes_them_and_keeps_what_was_before():
    series = planned()
    services.cancel_opening(period=periods(series)[4], actor=None)
    total = series.periods.count()
    new = edited(periods(series)[2], Scope.FOLLOWING, wall(2026, 11, 18, 15), wall(2026, 11, 18, 19))
    assert [local(row.starts_at) for row in periods(series)] == [wall(2026, 11, 4, 14), wall(2026, 11, 11, 14)]
    assert hours(periods(new)) == {(time(15), time(19))}
    assert new.periods.count() == total - 2
    assert [local(row.starts_at).date() for row in periods(new, cancelled=True)] == [date(2026, 12, 2)]
    assert services.extend_horizons(NOW) == 0


def test_editing_all_leaves_dates_that_have_started():
    series = planned()
    now = wall(2026, 11, 12)
    new = edited(
        periods(series)[3],
        Scope.ALL,
        wall(2026, 11, 26, 10),
        wall(2026, 11, 26, 12),
        now=now,
        rule=RuleSpec(frequency="weekly"),
    )
    assert [row.starts_at for row in periods(series)] == [wall(2026, 11, 4, 14), wall(2026, 11, 11, 14)]
    first = periods(new)[0]
    assert (first.starts_at, first.ends_at) == (wall(2026, 11, 19, 10), wall(2026, 11, 19, 12))
    assert {local(row.starts_at).weekday() for row in periods(new)} == {3}


def test_editing_hours_stays_on_the_wall_clock_of_the_other_dates():
    series = planned(starts_at=wall(2026, 10, 7, 14), ends_at=wall(2026, 10, 7, 18), now=wall(2026, 10, 1))
    winter = periods(series)[6]
    new = edited(winter, Scope.ALL, wall(2026, 11, 18, 9), wall(2026, 11, 18, 11), now=wall(2026, 10, 1))
    assert hours(periods(new)) == {(time(9), time(11))}
    assert periods(new)[0].starts_at == wall(2026, 10, 7, 9)


def test_changing_the_day_moves_the_days_of_the_pattern_too():
    series = planned()
    moved = edited(periods(series)[2], Scope.FOLLOWING, wall(2026, 11, 19, 15), wall(2026, 11, 19, 19))
    starts = [local(row.starts_at) for row in periods(moved)]
    assert {(one.weekday(), one.hour) for one in starts} == {(3, 15)}
    assert [local(row.starts_at).day for row in periods(series)] == [4, 11]


def test_a_past_pattern_has_nothing_left_to_change():
    series = planned(rule=RuleSpec(frequency="weekly", count=2))
    with pytest.raises(InvalidRule):
        edited(periods(series)[0], Scope.ALL, wall(2026, 11, 4, 15), wall(2026, 11, 4, 19), now=wall(2026, 12, 1))


def test_relabelling_spares_the_past():
    series = planned()
    services.relabel_series(series=series, kind="partner", label="Mission locale", actor=None, now=wall(2026, 11, 12))
    assert [row.label for row in periods(series)][:3] == ["Mercredi", "Mercredi", "Mission locale"]
    assert {row.kind for row in periods(series, starts_at__gt=wall(2026, 11, 12))} == {"partner"}


def test_ending_a_pattern_cancels_what_follows_for_good():
    series = planned()
    total = series.periods.count()
    assert services.end_series(series=series, at=wall(2026, 11, 12), actor=None) == total - 2
    assert [row.starts_at for row in periods(series, cancelled=False)] == [
        wall(2026, 11, 4, 14),
        wall(2026, 11, 11, 14),
    ]
    services.extend_horizons(NOW + timedelta(days=60))
    assert series.periods.count() == total
    assert Occurrence.objects.filter(cancelled=True).count() == total - 2


def test_closures_are_laid_out_and_one_is_taken_away():
    closures = services.add_closure(
        starts_at=wall(2026, 11, 11),
        ends_at=wall(2026, 11, 12),
        reason="Férié",
        actor=None,
        rule=RuleSpec(frequency="weekly", count=3),
        now=NOW,
    )
    assert [local(row.starts_at).day for row in closures] == [11, 18, 25]
    assert services.remove_closure(closure=closures[1], actor=None) == 1
    services.extend_horizons(NOW)
    assert [local(row.starts_at).day for row in Closure.objects.all()] == [11, 25]


def test_taking_away_a_closure_and_the_following_ends_its_pattern():
    closures = services.add_closure(
        starts_at=wall(2026, 11, 11),
        ends_at=wall(2026, 11, 12),
        reason="Travaux",
        actor=None,
        rule=RuleSpec(frequency="weekly"),
        now=NOW,
    )
    gone = services.remove_closure(closure=closures[2], actor=None, scope=Scope.FOLLOWING)
    assert gone == len(closures) - 2
    services.extend_horizons(NOW + timedelta(days=90))
    assert [local(row.starts_at).day for row in Closure.objects.all()] == [11, 18]


def test_a_refused_plan_keeps_nothing():
    with pytest.raises(UnreadableTime):
        planned(starts_at=wall(2026, 11, 1, 2, 30), ends_at=wall(2026, 11, 1, 5), rule=RuleSpec(frequency="weekly"))
    assert (OpeningSeries.objects.count(), OpeningPeriod.objects.count(), AuditEntry.objects.count()) == (0, 0, 0)


def test_each_act_is_in_the_log():
    series = planned()
    first, second, *_ = periods(series)
    services.cancel_opening(period=first, actor=None)
    services.move_opening(period=second, starts_at=wall(2026, 11, 12, 9), ends_at=wall(2026, 11, 12, 11), actor=None)
    services.end_series(series=series, at=wall(2026, 12, 1), actor=None)
    assert list(AuditEntry.objects.order_by("id").values_list("action", "subject")) == [
        ("opening.planned", f"openingseries:{series.pk}"),
        ("opening.cancelled", f"openingperiod:{first.pk}"),
        ("opening.moved", f"openingperiod:{second.pk}"),
        ("opening.ended", f"openingseries:{series.pk}"),
    ]
