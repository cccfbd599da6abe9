"""Local time at the edges: the database keeps UTC, people read the lab's wall clock.

Half-open intervals `[start, end)` everywhere; durations are computed in UTC.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext


class UnreadableTime(ValueError):
    """A local time that does not exist (spring night) or a text that is no time."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of time `[start, end)`, aware datetimes."""

    start: datetime
    end: datetime

    def meets(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end

    def covers(self, other: "Span") -> bool:
        return self.start <= other.start and other.end <= self.end

    @property
    def minutes(self) -> float:
        return (self.end.astimezone(UTC) - self.start.astimezone(UTC)).total_seconds() / 60


def local(moment: datetime) -> datetime:
    """Return an aware moment on the lab's wall clock."""
    return moment.astimezone(timezone.get_default_timezone())


def at(day: date, hour: time) -> datetime:
    """Return the moment of a local wall-clock time; one that exists twice takes the first.

    Raises UnreadableTime for a time skipped by the change to summer time.
    """
    moment = datetime.combine(day, hour.replace(tzinfo=None), tzinfo=timezone.get_default_timezone())
    if local(moment.astimezone(UTC)).replace(tzinfo=None) != moment.replace(tzinfo=None):
        raise UnreadableTime(gettext("This time does not exist: clocks move forward that night."))
    return moment.astimezone(UTC)


def day_span(day: date) -> Span:
    """Return the local day as a span: 23 to 25 hours."""
    return Span(at(day, time.min), at(day + timedelta(days=1), time.min))


def today(now: datetime | None = None) -> date:
    return local(now or timezone.now()).date()


def days_from(day: date, count: int) -> Iterator[date]:
    return (day + timedelta(days=offset) for offset in range(count))


def covering(spans: Iterable[Span], moment: datetime) -> int:
    """Return how many stretches hold a moment."""
    return sum(span.start <= moment < span.end for span in spans)


def merged(spans: list[Span]) -> list[Span]:
    """Join spans that touch or overlap; the result is ordered and disjoint."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def without(spans: list[Span], holes: list[Span]) -> list[Span]:
    """Cut holes out of ordered, disjoint spans, in one pass."""
    pieces: list[Span] = []
    cuts = deque(merged(holes))
    for span in spans:
        start = span.start
        while cuts and cuts[0].end <= start:
            cuts.popleft()
        for cut in takewhile(lambda cut, end=span.end: cut.start < end, cuts):  # type: ignore[misc]
            if start < cut.start:
                pieces.append(Span(start, cut.start))
            start = max(start, cut.end)
        if start < span.end:
            pieces.append(Span(start, span.end))
    return pieces


def hour_text(moment: datetime) -> str:
    """Return `14 h` or `14 h 30` (French), `2 p.m.`-free `14:30` elsewhere."""
    wall = local(moment)
    if pgettext("clock: French writes 14 h 30", "24-hour") == "h":
        return f"{wall.hour}\u00a0h" + (f"\u00a0{wall.minute:02}" if wall.minute else "")
    return f"{wall:%H:%M}"


def day_text(moment: datetime | date, *, short: bool = False) -> str:
    """Return `mercredi 25 novembre`, or `mer. 25 nov.` when short."""
    day = local(moment).date() if isinstance(moment, datetime) else moment
    if short:
        weekday, month = date_format(day, "D").rstrip(".").lower(), date_format(day, "N").lower()
        return f"{weekday}. {day.day} {month}"
    return date_format(day, "l j F").lower()


def moment_text(moment: datetime) -> str:
    """Return `mer. 3 juin, 14 h`."""
    return f"{day_text(moment, short=True)}, {hour_text(moment)}"


def period_text(start: datetime, end: datetime) -> str:
    """Return `mer. 25 nov., 14 h – 16 h`; the end's day is named when it differs."""
    tail = hour_text(end)
    if local(start).date() != local(end).date():
        tail = f"{day_text(end, short=True)}, {tail}"
    return f"{moment_text(start)} – {tail}"
