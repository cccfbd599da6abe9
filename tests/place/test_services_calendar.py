"""Openings follow the school year: laid out, off and on again, without losing what was changed date by date."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command

from members.models import AuditEntry
from place import services
from place.models import During, OpeningPeriod, SchoolHoliday
from place.patterns import RuleSpec
from place.queries import openings_between
from place.school_calendar import Dates, shipped
from place.services import Scope
from tests.factories.cms import site_tree
from tests.factories.members import AdultFactory
from tests.factories.place import LabSettingsFactory, SchoolHolidayFactory, wall

pytestmark = pytest.mark.django_db
NOW = wall(2026, 10, 1, 8)
WEEKLY = RuleSpec(frequency="weekly", weekdays=("WE",))


@pytest.fixture(autouse=True)
def lab():
    return LabSettingsFactory(horizon_days=60)


def planned(during: str = During.TERM, **more):
    """Plan every Wednesday afternoon from 7 October 2026 on: the 21st and the 28th lie in the holidays."""
    wish = {"starts_at": wall(2026, 10, 7, 14), "ends_at": wall(2026, 10, 7, 18), "rule": WEEKLY, "now": NOW} | more
    return services.plan_openings(kind="open_lab", label="Mercredi", actor=None, during=during, **wish)


def off(series) -> list[int]:
    return [row.starts_at.day for row in series.periods.filter(off_calendar=True)]


def saved(**changes) -> SchoolHoliday:
    return services.save_holiday(actor=None, holiday=SchoolHolidayFactory.build(**changes), now=NOW)


@pytest.mark.parametrize(
    ("during", "days"),
    [
        ("always", []),
        ("term", [21, 28]),
        ("holidays", [7, 14, 4, 11, 18, 25]),
        ("summer", [7, 14, 21, 28, 4, 11, 18, 25]),
    ],
)
def test_dates_are_laid_out_on_or_off_the_calendar(during, days):
    saved()
    assert off(planned(during)) == days


def test_holidays_added_later_take_dates_off_and_bring_them_back_when_they_go():
    series = planned()
    holiday = saved()
    assert off(series) == [21, 28]
    services.remove_holiday(actor=None, holiday=holiday, now=NOW)
    assert off(series) == []


def test_holidays_of_another_zone_change_nothing_until_the_lab_changes_zone(lab):
    series = planned()
    saved(zone="A")
    assert off(series) == []
    services.describe_lab(actor=None, school_zone="A")
    assert off(series) in ([21, 28], [])  # those that have started by now stay as they were
    assert services.follow_calendar(NOW) in (0, 2)
    assert off(series) == [21, 28]


def test_a_date_off_the_calendar_is_no_opening():
    saved()
    planned()
    assert openings_between(wall(2026, 10, 19), wall(2026, 11, 1)) == []
    assert len(openings_between(wall(2026, 11, 2), wall(2026, 11, 8))) == 1


def test_what_was_changed_date_by_date_outlives_the_calendar():
    series = planned()
    cancelled, moved = series.periods.get(starts_at__day=21), series.periods.get(starts_at__day=28)
    services.cancel_opening(period=cancelled, actor=None)
    services.move_opening(period=moved, starts_at=wall(2026, 10, 28, 9), ends_at=wall(2026, 10, 28, 12), actor=None)
    services.remove_holiday(actor=None, holiday=saved(), now=NOW)
    told = [
        (row.cancelled, row.off_calendar, row.starts_at) for row in series.periods.filter(starts_at__day__in=(21, 28))
    ]
    assert told == [(True, False, wall(2026, 10, 21, 14)), (False, False, wall(2026, 10, 28, 9))]


def test_a_date_moved_into_the_holidays_by_hand_takes_place():
    series = planned()
    saved()
    moved = series.periods.get(starts_at__day=14)
    services.move_opening(period=moved, starts_at=wall(2026, 10, 19, 14), ends_at=wall(2026, 10, 19, 18), actor=None)
    services.follow_calendar(NOW)
    assert OpeningPeriod.objects.get(pk=moved.pk).off_calendar is False


def test_a_pattern_changed_from_a_date_on_keeps_its_part_of_the_year():
    saved()
    first = planned().periods.first()
    series = services.edit_series(
        period=first,
        scope=Scope.ALL,
        starts_at=wall(2026, 10, 7, 15),
        ends_at=wall(2026, 10, 7, 19),
        actor=None,
        now=NOW,
    )
    assert (series.during, off(series)) == (During.TERM, [21, 28])


def test_another_part_of_the_year_changes_the_dates_to_come():
    saved()
    series = planned()
    services.relabel_series(
        series=series, kind="open_lab", label="Vacances", during=During.HOLIDAYS, actor=None, now=wall(2026, 10, 10)
    )
    assert off(series) == [14, 4, 11, 18, 25]  # the 7th has been


def test_what_has_started_is_history():
    series = planned()
    services.save_holiday(actor=None, holiday=SchoolHolidayFactory.build(), now=wall(2026, 10, 22))
    assert off(series) == [28]


def test_extending_follows_the_calendar_over_the_change_of_clocks():
    saved(first_day=date(2027, 3, 28), last_day=date(2027, 3, 28))
    series = planned(
        starts_at=wall(2027, 3, 14, 23),
        ends_at=wall(2027, 3, 14, 23, 59),
        rule=RuleSpec(frequency="weekly"),
        now=wall(2027, 3, 1),
    )
    services.extend_horizons(wall(2027, 3, 20))
    rows = {row.starts_at: row.off_calendar for row in series.periods.all()}
    assert rows[wall(2027, 3, 28, 23)] is True
    assert [start for start, away in rows.items() if away] == [wall(2027, 3, 28, 23)]


def test_extending_heals_what_was_laid_out_beside_a_changing_calendar():
    saved()
    series = planned()
    series.periods.update(off_calendar=False)
    services.extend_horizons(NOW)
    assert off(series) == [21, 28]


@pytest.mark.parametrize("number", [1, 6])
def test_following_takes_the_same_number_of_queries_whatever_the_patterns(number, django_assert_num_queries):
    for _ in range(number):
        planned()
    SchoolHolidayFactory()
    with django_assert_num_queries(6):
        assert services.follow_calendar(NOW) == 2 * number


def test_shipped_dates_are_taken_over_once_and_what_differs_is_changed():
    saved(name="Toussaint (ancien)", last_day=date(2026, 10, 30))
    assert services.take_over(actor=None, found=shipped("B"), now=NOW) == 6
    assert services.take_over(actor=None, found=shipped("B"), now=NOW) == 0
    assert SchoolHoliday.objects.get(first_day=date(2026, 10, 17)).last_day == date(2026, 11, 1)


def test_a_new_lab_begins_with_the_dates_and_one_that_has_its_own_keeps_them():
    site_tree()
    call_command("setup_site", verbosity=0)
    assert SchoolHoliday.objects.count() == 6
    SchoolHoliday.objects.exclude(first_day=date(2026, 10, 17)).delete()
    call_command("setup_site", verbosity=0)
    assert SchoolHoliday.objects.count() == 1


def test_holidays_end_after_they_begin_and_begin_once():
    with pytest.raises(ValidationError):
        saved(last_day=date(2026, 10, 1))
    saved()
    with pytest.raises(ValidationError):
        saved(name="Encore")


def test_a_calendar_that_does_not_hold_together_changes_nothing():
    wrong = [*shipped("B"), Dates("B", "x" * 90, date(2028, 1, 1), date(2028, 1, 2))]
    with pytest.raises(ValidationError):
        services.take_over(actor=None, found=wrong, now=NOW)
    assert not SchoolHoliday.objects.exists()


def test_only_who_plans_openings_touches_the_calendar():
    member, holiday = AdultFactory(), SchoolHolidayFactory()
    acts = [
        lambda: services.save_holiday(actor=member, holiday=holiday),
        lambda: services.remove_holiday(actor=member, holiday=holiday),
        lambda: services.take_over(actor=member, found=shipped("B")),
    ]
    for act in acts:
        with pytest.raises(PermissionDenied):
            act()
    assert SchoolHoliday.objects.count() == 1


def test_the_log_says_who_changed_which_dates():
    holiday = saved()
    services.remove_holiday(actor=None, holiday=holiday, now=NOW + timedelta(days=1))
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "holiday.saved",
        "holiday.removed",
    ]
