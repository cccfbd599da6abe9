from datetime import timedelta

import pytest

from place import queries
from place.models import LabSettings, OpeningKind
from tests.factories.place import ClosureFactory, LabSettingsFactory, OpeningPeriodFactory, wall

pytestmark = pytest.mark.django_db
TWO, FOUR, FIVE, SIX = (wall(2026, 11, 25, hour) for hour in (14, 16, 17, 18))


def test_lab_has_defaults_and_creates_nothing():
    assert queries.lab().name == "CAN Lab"
    assert not LabSettings.objects.exists()


def test_lab_is_the_stored_row():
    LabSettingsFactory(name="Atelier du Port")
    assert queries.lab().name == "Atelier du Port"


def test_openings_that_only_touch_the_window_are_left_out():
    inside = OpeningPeriodFactory(starts_at=FOUR, ends_at=FIVE)
    OpeningPeriodFactory(starts_at=TWO, ends_at=FOUR)
    OpeningPeriodFactory(starts_at=FIVE, ends_at=SIX)
    OpeningPeriodFactory(starts_at=FOUR, ends_at=FIVE, cancelled=True)
    assert queries.openings_between(FOUR, FIVE) == [inside]


def test_closures_that_only_touch_the_window_are_left_out():
    inside = ClosureFactory(starts_at=FOUR, ends_at=FIVE)
    ClosureFactory(starts_at=TWO, ends_at=FOUR)
    ClosureFactory(starts_at=FIVE, ends_at=SIX)
    assert queries.closures_between(FOUR, FIVE) == [inside]


@pytest.mark.parametrize(
    ("now", "is_open"), [(TWO, True), (FIVE, True), (SIX, False), (TWO - timedelta(minutes=1), False)]
)
def test_open_now_is_half_open(now, is_open):
    OpeningPeriodFactory(starts_at=TWO, ends_at=SIX)
    assert (queries.open_now(now) is not None) == is_open


def test_closure_shortens_the_open_time_and_the_lab_opens_again_after_it():
    OpeningPeriodFactory(starts_at=TWO, ends_at=SIX, label="Mercredi")
    ClosureFactory(starts_at=FOUR, ends_at=FIVE)
    before = queries.open_now(TWO + timedelta(hours=1))
    assert (before.starts_at, before.ends_at, before.label) == (TWO, FOUR, "Mercredi")
    assert queries.open_now(FOUR) is None
    again = queries.next_opening(FOUR)
    assert (again.starts_at, again.ends_at) == (FIVE, SIX)
    assert queries.open_now(FIVE).starts_at == FIVE


def test_openings_that_follow_each_other_are_one_open_time():
    OpeningPeriodFactory(starts_at=TWO, ends_at=FOUR, label="Permanence")
    OpeningPeriodFactory(starts_at=FOUR, ends_at=SIX, label="Open lab")
    found = queries.open_now(wall(2026, 11, 25, 16, 30))
    assert (found.starts_at, found.ends_at, found.label) == (TWO, SIX, "Permanence")


@pytest.mark.parametrize("kind", [OpeningKind.STAFF_ONLY, OpeningKind.PARTNER])
def test_hours_not_meant_for_everybody_do_not_open_the_lab(kind):
    OpeningPeriodFactory(starts_at=TWO, ends_at=SIX, kind=kind)
    assert queries.open_now(FOUR) is None
    assert queries.next_opening(TWO - timedelta(days=1)) is None


def test_next_opening_passes_over_closed_days():
    ClosureFactory(starts_at=wall(2026, 8, 1), ends_at=wall(2026, 9, 1))
    OpeningPeriodFactory(starts_at=wall(2026, 8, 12, 14), ends_at=wall(2026, 8, 12, 18))
    OpeningPeriodFactory(starts_at=wall(2026, 9, 2, 14), ends_at=wall(2026, 9, 2, 18))
    assert queries.next_opening(wall(2026, 7, 31, 20)).starts_at == wall(2026, 9, 2, 14)


@pytest.mark.parametrize("number", [1, 30])
def test_open_now_takes_two_queries_whatever_the_history(number, django_assert_num_queries):
    for week in range(number):
        OpeningPeriodFactory(starts_at=TWO - timedelta(weeks=week), ends_at=SIX - timedelta(weeks=week))
        ClosureFactory(starts_at=FOUR - timedelta(weeks=week), ends_at=FIVE - timedelta(weeks=week))
    with django_assert_num_queries(2):
        assert queries.open_now(TWO) is not None
