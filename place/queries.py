"""What the lab is and when it is open: reads only, never a write."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from place.clock import Span, merged, without
from place.models import Closure, DatedPeriod, DutyShift, LabSettings, OpeningKind, OpeningPeriod, SchoolHoliday

PUBLIC_KINDS = (OpeningKind.OPEN_LAB, OpeningKind.WORKSHOP)
LOOK_AHEAD = timedelta(days=120)


@dataclass(frozen=True, slots=True)
class OpenTime:
    """The lab is open to the public `[starts_at, ends_at)`, closures taken off; kind and label of its first part."""

    starts_at: datetime
    ends_at: datetime
    kind: str
    label: str


def lab() -> LabSettings:
    """Return the lab's row, or its default values while nobody has saved them; creates nothing."""
    return LabSettings.objects.filter(pk=1).first() or LabSettings(pk=1)


def openings_between(start: datetime, end: datetime) -> list[OpeningPeriod]:
    """Return the openings of every kind that take place and meet `[start, end)`; closures not taken off."""
    return list(OpeningPeriod.objects.filter(starts_at__lt=end, ends_at__gt=start, cancelled=False, off_calendar=False))


def school_holidays() -> list[SchoolHoliday]:
    """Return the school holidays of the lab's zone, in order: one query more than the lab's row."""
    return list(SchoolHoliday.objects.filter(zone=lab().school_zone))


def closures_between(start: datetime, end: datetime) -> list[Closure]:
    """Return the closures that meet `[start, end)`."""
    return list(Closure.objects.filter(starts_at__lt=end, ends_at__gt=start))


def open_now(now: datetime) -> OpenTime | None:
    """Return the open time that `now` falls in: openings that follow each other count as one."""
    return next((time for time in _open_times(now, now + timedelta(days=1)) if time.starts_at <= now), None)


def next_opening(now: datetime) -> OpenTime | None:
    """Return the first open time that starts after `now`, within 120 days."""
    return next((time for time in _open_times(now, now + LOOK_AHEAD) if time.starts_at > now), None)


def _open_times(start: datetime, end: datetime) -> list[OpenTime]:
    """Return the public open times that meet `[start, end)`, in order; one under way keeps its true start."""
    since = start - timedelta(days=1)
    openings = [period for period in openings_between(since, end) if period.kind in PUBLIC_KINDS]
    closures = [_span(closure) for closure in closures_between(since, end)]
    stretches = without(merged([_span(period) for period in openings]), closures)
    return [_open_time(stretch, openings) for stretch in stretches if stretch.end > start]


def _open_time(stretch: Span, openings: Iterable[OpeningPeriod]) -> OpenTime:
    first = next(period for period in openings if period.starts_at <= stretch.start < period.ends_at)
    return OpenTime(stretch.start, stretch.end, first.kind, first.label)


def _span(period: DatedPeriod) -> Span:
    return Span(period.starts_at, period.ends_at)


def duties_between(start: datetime, end: datetime) -> list[DutyShift]:
    """Return who is on duty in `[start, end)`, in order, those called off left out."""
    rows = DutyShift.objects.filter(starts_at__lt=end, ends_at__gt=start, cancelled_at=None)
    return list(rows.select_related("person"))
