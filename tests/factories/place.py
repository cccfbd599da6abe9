"""The lab, its openings and closures; dates are written on the lab's wall clock."""

from datetime import date, datetime, time, timedelta

import factory
from django.utils import timezone

from place import clock
from place.models import Closure, DutyShift, LabSettings, OpeningKind, OpeningPeriod, SchoolHoliday, SchoolZone, Visit
from place.services import plan_openings
from tests.factories.members import MemberFactory, StaffFactory


def wall(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return the moment when the lab's clock on the wall shows this."""
    return clock.at(date(year, month, day), time(hour, minute))


class LabSettingsFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = LabSettings

    id = 1
    name = "Atelier des Tilleuls"


class OpeningPeriodFactory(factory.django.DjangoModelFactory):
    """One dated opening, without a pattern."""

    class Meta:
        model = OpeningPeriod

    kind = OpeningKind.OPEN_LAB
    label = "Open lab"
    starts_at = factory.LazyFunction(lambda: wall(2026, 11, 25, 14))
    ends_at = factory.LazyFunction(lambda: wall(2026, 11, 25, 18))


def opening_of_a_pattern() -> OpeningPeriod:
    """One dated opening, planned for once: it has a pattern."""
    start, end = wall(2026, 11, 25, 14), wall(2026, 11, 25, 18)
    series = plan_openings(kind=OpeningKind.OPEN_LAB, label="Open lab", starts_at=start, ends_at=end, actor=None)
    return series.periods.get()


class ClosureFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Closure

    reason = "Inventaire"
    starts_at = factory.LazyFunction(lambda: wall(2026, 11, 25, 16))
    ends_at = factory.LazyFunction(lambda: wall(2026, 11, 25, 17))


class SchoolHolidayFactory(factory.django.DjangoModelFactory):
    """All Saints’ of 2026 in zone B."""

    class Meta:
        model = SchoolHoliday
        django_get_or_create = ("zone", "first_day")

    zone = SchoolZone.B
    name = "Vacances de la Toussaint"
    first_day = date(2026, 10, 17)
    last_day = date(2026, 11, 1)


class DutyShiftFactory(factory.django.DjangoModelFactory):
    """Somebody of the team, grown up, on duty for ten days from yesterday."""

    class Meta:
        model = DutyShift

    person = factory.SubFactory(StaffFactory)
    starts_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=1))
    ends_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=10))


class VisitFactory(factory.django.DjangoModelFactory):
    """Somebody who came an hour ago and is still there."""

    class Meta:
        model = Visit

    person = factory.SubFactory(MemberFactory)
    came_at = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=1))
