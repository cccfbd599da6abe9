"""A day with a programme: registered for as a whole, one choice for each part."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from booking.problems import Refused
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.place import wall
from tests.factories.workshops import DayFactory, choice
from workshops import services
from workshops.models import Programme, ProgrammeBand, Registration

pytestmark = pytest.mark.django_db
NOW = wall(2026, 11, 20, 9)


def join(day, member=None, choices=(), **more):
    member = member or MemberFactory()
    return services.register_day(
        programme=day, member=member, choices=choices, actor=more.pop("actor", member), now=more.pop("now", NOW)
    )


def chosen(member):
    rows = Registration.objects.filter(member=member).exclude(status="cancelled")
    return {row.session for row in rows.select_related("session")}


def test_the_day_and_its_choices_are_registered_together():
    day, member = DayFactory(), MemberFactory()
    morning, afternoon = day.bands.all()
    one, other = choice(morning), choice(afternoon)
    join(day, member, [one, other])
    day.refresh_from_db()
    assert (chosen(member), day.seats_taken) == ({one, other}, 1)


def test_two_choices_at_the_same_time_are_refused_and_nothing_is_kept():
    day, member = DayFactory(), MemberFactory()
    band = day.bands.first()
    with pytest.raises(Refused) as refused:
        join(day, member, [choice(band), choice(band)])
    assert refused.value.codes == ["already_registered"]
    day.refresh_from_db()
    assert (chosen(member), day.seats_taken) == (set(), 0)


def test_choosing_again_changes_only_what_differs():
    day, member = DayFactory(), MemberFactory()
    morning, afternoon = day.bands.all()
    kept, first, second = choice(afternoon), choice(morning), choice(morning)
    join(day, member, [kept, first])
    before = Registration.objects.get(member=member, session=kept).pk
    join(day, member, [kept, second])
    assert chosen(member) == {kept, second}
    assert Registration.objects.get(member=member, session=kept, status="confirmed").pk == before
    day.refresh_from_db()
    assert day.seats_taken == 1


def test_a_workshop_of_a_day_is_not_for_who_is_not_registered_for_the_day():
    session, member = choice(DayFactory().bands.first()), MemberFactory()
    with pytest.raises(Refused) as refused:
        services.register(session=session, member=member, actor=member, now=NOW)
    assert refused.value.codes == ["registration_closed"]
    assert "/journees/" in refused.value.problems[0].next_step.url


def test_a_full_day_and_one_that_has_begun_take_nobody():
    day = DayFactory(places=1)
    join(day)
    with pytest.raises(Refused) as full:
        join(day)
    with pytest.raises(Refused) as late:
        join(day, now=day.starts_at)
    assert (full.value.codes, late.value.codes) == (["full"], ["full", "registration_closed"])


def test_a_full_choice_waits_in_line():
    day, member = DayFactory(), MemberFactory()
    session = choice(day.bands.first(), places=1)
    join(day, choices=[session])
    join(day, member, [session])
    assert Registration.objects.get(member=member).status == "waitlisted"


def test_leaving_the_day_gives_back_every_choice_and_the_seat():
    day, member = DayFactory(places=1), MemberFactory()
    entry = join(day, member, [choice(day.bands.first())])
    for _tap in range(2):
        services.leave_day(entry=entry, actor=member, now=NOW)
    day.refresh_from_db()
    assert (chosen(member), day.seats_taken) == (set(), 0)
    join(day)


def test_a_day_called_off_calls_off_its_workshops():
    day = DayFactory()
    session = choice(day.bands.first())
    services.cancel_programme(programme=day, reason="Neige", actor=None, now=NOW)
    session.refresh_from_db()
    assert (session.state, session.cancel_reason) == ("cancelled", "Neige")
    with pytest.raises(Refused):
        services.cancel_programme(programme=day, reason="Neige", actor=None, now=NOW)


def test_parts_lie_within_the_day_and_those_with_workshops_stay():
    day = DayFactory()
    outside = ProgrammeBand(title="Nuit", starts_at=day.ends_at, ends_at=day.ends_at + timedelta(hours=1))
    with pytest.raises(ValidationError):
        services.save_programme(programme=day, bands=[*day.bands.all(), outside], actor=None)
    choice(day.bands.first())
    with pytest.raises(ValidationError):
        services.save_programme(programme=day, bands=[], actor=None)
    assert day.bands.count() == 2


def test_fewer_places_than_are_taken_are_refused():
    day = DayFactory(places=3)
    for _ in range(2):
        join(day)
    day.places = 1
    with pytest.raises(ValidationError):
        services.save_programme(programme=day, bands=day.bands.all(), actor=None)
    assert Programme.objects.get().places == 3


def test_somebody_else_is_registered_by_the_team_only():
    day, member = DayFactory(), MemberFactory()
    with pytest.raises(PermissionDenied):
        join(day, member, actor=MemberFactory())
    assert join(day, member, actor=StaffFactory(roles=["desk"])).member == member


def test_planning_a_day_needs_the_right():
    start = wall(2026, 12, 5, 9)
    day = Programme(slug="j", title="J", starts_at=start, ends_at=start + timedelta(hours=8), places=5)
    with pytest.raises(PermissionDenied):
        services.save_programme(programme=day, bands=[], actor=StaffFactory(roles=["facilitator"]))
    assert not Programme.objects.exists()
