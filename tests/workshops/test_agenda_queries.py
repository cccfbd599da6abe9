import pytest

from place.patterns import RuleSpec
from tests.factories.place import wall
from tests.factories.workshops import DayFactory, RegistrationFactory, SessionFactory, WorkshopFactory, choice
from workshops import services
from workshops.agenda_queries import Wanted, entries_between, newly_planned, offered
from workshops.models import Programme, Workshop

pytestmark = pytest.mark.django_db
START, END = wall(2026, 11, 23), wall(2026, 12, 21)
CYCLE = RuleSpec(frequency="weekly", count=3)


def told(entries):
    """Return what entries stand for, whether they are rows of the agenda or what was planned."""
    return [(isinstance(one, Programme), one.pk) for one in entries]


def between(wanted=None, **options):
    return entries_between(START, END, wanted or Wanted(), **options)


def shown(wanted=None, **options):
    return told(between(wanted, **options))


def cycle(day=25, **fields):
    return services.schedule_series(
        workshop=WorkshopFactory(**{"kind": "cycle", **fields}),
        starts_at=wall(2026, 11, day, 14),
        ends_at=wall(2026, 11, day, 16),
        rule=CYCLE,
        actor=None,
    )


def back_to_draft(session):
    """A workshop that is taken back to be worked on keeps its dates."""
    Workshop.objects.filter(pk=session.workshop_id).update(draft=True)


def test_dates_and_days_come_in_order_and_a_choice_of_a_day_with_its_day():
    later = SessionFactory(starts_at=wall(2026, 12, 6, 9))
    day = DayFactory()
    part = choice(day.bands.first())
    earlier = SessionFactory(starts_at=wall(2026, 12, 5, 8))
    DayFactory(starts_at=wall(2026, 12, 22, 9))
    assert shown() == told([earlier, day, later])
    assert shown(parts=True) == told([earlier, day, part, later])
    assert shown(limit=2) == told([earlier, day])


def test_drafts_are_never_shown():
    back_to_draft(SessionFactory())
    back_to_draft(choice(DayFactory().bands.first(), theme="bois"))
    assert between(Wanted(theme="bois"), parts=True) == []
    assert newly_planned(START, Wanted(theme="bois"), limit=9) == []
    assert between(Wanted(age=10)) == []
    assert offered().themes == ()


def test_filters_keep_what_is_wanted_and_what_one_may_join():
    children = SessionFactory(workshop=WorkshopFactory(age_min=8, age_max=12, theme="couture", language="es"))
    everybody = SessionFactory(workshop=WorkshopFactory(theme="bois"), starts_at=wall(2026, 11, 26, 9))
    adults = SessionFactory(workshop=WorkshopFactory(age_min=18, kind="duo"), starts_at=wall(2026, 11, 27, 9))
    off = SessionFactory(workshop=children.workshop, starts_at=wall(2026, 11, 28, 9), cancelled="Grippe")
    full = SessionFactory(workshop=WorkshopFactory(places=1), starts_at=wall(2026, 11, 29, 9))
    RegistrationFactory(session=full)
    services.price(workshop=everybody.workshop, cents_by_band={"1": 0, "2": 500}, actor=None)
    services.price(workshop=adults.workshop, cents_by_band={"1": 0}, actor=None)
    assert shown(Wanted(age=12, places=True)) == told([children, everybody])
    assert shown(Wanted(theme="couture")) == told([children, off])
    assert shown(Wanted(language="es", places=True)) == told([children])
    assert shown(Wanted(kind="duo")) == told([adults])
    assert shown(Wanted(free=True)) == told([children, adults, off, full])
    assert shown(Wanted(age=0)) == told([everybody, full])


def test_one_can_always_drop_in():
    held = SessionFactory(workshop=WorkshopFactory(kind="drop_in", places=1))
    RegistrationFactory(session=held)
    assert shown(Wanted(places=True)) == told([held])


def test_a_day_fits_when_one_of_its_workshops_does():
    day, other = DayFactory(places=1), DayFactory()
    choice(day.bands.first(), theme="bois", age_min=8)
    choice(day.bands.last(), theme="couture")
    assert shown(Wanted(theme="bois", age=8)) == told([day])
    assert between(Wanted(theme="bois", age=7)) == []
    assert shown(Wanted(places=True)) == told([day])
    day.seats_taken = 1
    day.save()
    assert between(Wanted(places=True)) == []
    assert shown() == told([day, other])


def test_the_dates_of_a_cycle_say_which_they_are_of_those_that_take_place():
    series = cycle()
    middle = series.sessions.order_by("starts_at")[1]
    assert [(one.cycle_number, one.cycle_dates) for one in between()] == [(1, 3), (2, 3), (3, 3)]
    services.cancel_session(session=middle, reason="Grippe", actor=None, now=START)
    assert [(one.cycle_number, one.cycle_dates) for one in between()] == [(1, 2), (None, None), (2, 2)]


def test_dates_of_a_plain_series_are_not_numbered():
    cycle(kind="single")
    assert [(one.cycle_number, one.cycle_dates) for one in between()] == [(None, None)] * 3


def test_news_tells_a_series_once_by_its_next_date_and_the_newest_plan_first():
    series = cycle(kind="single")
    SessionFactory(starts_at=wall(2026, 11, 22, 9))
    SessionFactory(starts_at=wall(2026, 11, 28, 9), cancelled="Grippe")
    newest = SessionFactory(starts_at=wall(2026, 12, 20, 9))
    day = DayFactory()
    choice(day.bands.first())
    first, second, _third = series.sessions.order_by("starts_at")
    found = newly_planned(START, limit=9)
    assert told(found) == told([day, newest, first])
    assert [one.more_dates for one in found[1:]] == [0, 2]
    services.cancel_session(session=first, reason="Grippe", actor=None, now=START)
    found = newly_planned(START, limit=9)
    assert (found[-1].pk, found[-1].more_dates) == (second.pk, 1)
    assert told(newly_planned(START, limit=2)) == told([day, newest])


def test_news_of_a_series_whose_next_date_is_full_tell_the_date_one_can_join():
    series = cycle(kind="single", places=1)
    first, second, _third = series.sessions.order_by("starts_at")
    RegistrationFactory(session=first)
    assert told(newly_planned(START, limit=9)) == told([first])
    assert told(newly_planned(START, Wanted(places=True, free=True), limit=9)) == told([second])


def test_a_filter_is_offered_only_where_workshops_differ():
    WorkshopFactory(theme="bois")
    found = offered()
    assert (found.themes, found.languages, found.kinds) == ((), {"fr"}, {"single"})
    assert (found.by_age, found.by_price) == (False, False)
    paid = WorkshopFactory(theme="couture", language="pt", kind="drop_in", age_max=12)
    services.price(workshop=paid, cents_by_band={"1": 300}, actor=None)
    found = offered()
    assert (found.themes, found.languages, found.kinds) == (
        ("bois", "couture"),
        {"fr", "pt"},
        {"single", "drop_in"},
    )
    assert (found.by_age, found.by_price) == (True, True)


@pytest.mark.parametrize("number", [1, 200])
def test_a_month_takes_two_queries_and_one_for_its_cycles(number, django_assert_num_queries):
    workshop = WorkshopFactory(kind="single")
    for hour in range(number):
        SessionFactory(workshop=workshop, starts_at=wall(2026, 11, 23 + hour % 7, 6 + hour % 14))
    DayFactory()
    with django_assert_num_queries(2):
        assert len([one.places_left for one in between(Wanted(places=True))]) == number
    cycle()
    with django_assert_num_queries(3):
        assert len([one.places_left for one in between(Wanted(places=True, age=9))]) == number + 3
    with django_assert_num_queries(3):
        assert len(newly_planned(START, limit=500)) == number + 2
