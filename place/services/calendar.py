"""The only writer of school holidays; openings that follow the school year are set right in the same transaction."""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from members.models import User
from members.services import record
from place.clock import local
from place.models import During, OpeningPeriod, SchoolHoliday
from place.queries import lab, school_holidays
from place.rules import takes_place
from place.school_calendar import SAME, Dates, compare, shipped


@transaction.atomic
def save_holiday(*, actor: User | None, holiday: SchoolHoliday, now: datetime | None = None) -> SchoolHoliday:
    """Add or change school holidays. Raises ValidationError, PermissionDenied."""
    _may_plan(actor)
    _write(actor, holiday)
    follow_calendar(now)
    return holiday


@transaction.atomic
def remove_holiday(*, actor: User | None, holiday: SchoolHoliday, now: datetime | None = None) -> None:
    """Take school holidays out of the calendar. Raises PermissionDenied."""
    _may_plan(actor)
    SchoolHoliday.objects.filter(pk=holiday.pk).delete()
    record(actor=actor, action="holiday.removed", subject=f"holiday:{holiday.pk}", detail={"name": holiday.name})
    follow_calendar(now)


@transaction.atomic
def take_over(*, actor: User | None, found: Iterable[Dates], now: datetime | None = None) -> int:
    """Add the holidays that are new and change those whose dates differ; return how many. Idempotent.

    Holidays that are not in the list stay. Raises ValidationError, PermissionDenied.
    """
    _may_plan(actor)
    rows = SchoolHoliday.objects.select_for_update(no_key=True).order_by("pk")
    wanted = [one for one in compare(found, list(rows)) if one.fate != SAME]
    for one in wanted:
        _write(actor, one.applied())
    follow_calendar(now)
    return len(wanted)


def begin_calendar(now: datetime | None = None) -> int:
    """Give a lab that knows no school holidays those that come with this version; return how many."""
    if SchoolHoliday.objects.exists():
        return 0
    return take_over(actor=None, found=shipped(lab().school_zone), now=now)


@transaction.atomic
def follow_calendar(now: datetime | None = None) -> int:
    """Bring the openings that have not started in line with the school year; return how many changed. Idempotent.

    A date is judged by its place in the pattern, so that one moved by hand keeps its time; cancelled ones stay so.
    """
    rows = OpeningPeriod.objects.filter(starts_at__gt=now or timezone.now(), occurrence__isnull=False)
    rows = rows.exclude(Q(series__during=During.ALWAYS) & Q(off_calendar=False)).filter(series__isnull=False)
    found = list(rows.values_list("pk", "off_calendar", "series__during", "occurrence__original_start"))
    holidays = school_holidays() if found else []
    wrong: dict[bool, list[int]] = {True: [], False: []}
    for pk, off, during, start in found:
        if off == takes_place(during, local(start).date(), holidays):
            wrong[not off].append(pk)
    return sum(OpeningPeriod.objects.filter(pk__in=pks).update(off_calendar=off) for off, pks in wrong.items() if pks)


def _write(actor: User | None, holiday: SchoolHoliday) -> None:
    holiday.full_clean()
    holiday.save()
    detail = {"zone": holiday.zone, "from": holiday.first_day.isoformat(), "to": holiday.last_day.isoformat()}
    record(actor=actor, action="holiday.saved", subject=f"holiday:{holiday.pk}", detail=detail)


def _may_plan(actor: User | None) -> None:
    if actor is not None and not actor.has_perm("place.change_openingperiod"):
        raise PermissionDenied(_("You cannot change the school holidays."))
