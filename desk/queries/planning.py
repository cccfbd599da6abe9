"""The week as the team plans it: what is open, who is on duty, what is taken; plain frozen values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from booking.models import LIVE, UPCOMING, Kind, Reservation, State
from booking.queries import in_service, reservations_between
from machines.models import Machine, MachineCategory, Outage
from machines.queries import outages_between
from place.clock import Span, day_span, days_from
from place.models import Closure, DutyShift, OpeningPeriod
from place.queries import closures_between, duties_between, openings_between
from workshops.models import WorkshopSession
from workshops.queries import sessions_between

DAYS = 7
Dated = TypeVar("Dated", OpeningPeriod, Closure, DutyShift, WorkshopSession, Outage)


@dataclass(frozen=True, slots=True)
class Taken:
    """A stretch of a machine's time, as the team reads it."""

    reservation: Reservation
    movable: bool

    @property
    def words(self) -> str:
        return who(self.reservation)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the week; what runs past midnight is in both days."""

    date: date
    openings: list[OpeningPeriod]
    closures: list[Closure]
    duties: list[DutyShift]
    sessions: list[WorkshopSession]
    outages: list[Outage]
    taken: list[Taken]

    @property
    def is_quiet(self) -> bool:
        return not (self.sessions or self.outages or self.taken)


@dataclass(frozen=True, slots=True)
class Week:
    first_day: date
    machines: list[Machine]
    days: list[Day]
    now: datetime

    @property
    def last_day(self) -> date:
        return self.first_day + timedelta(days=DAYS - 1)

    @property
    def earlier(self) -> date:
        return self.first_day - timedelta(days=DAYS)

    @property
    def later(self) -> date:
        return self.first_day + timedelta(days=DAYS)


def who(row: Reservation) -> str:
    """Return who has a machine's time, or what for."""
    return row.member.short_name if row.member else row.get_kind_display()


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def families_in_service() -> list[MachineCategory]:
    """Return the families of which a machine can be booked: one query."""
    return list(MachineCategory.objects.filter(machines__in=in_service()).distinct())


def is_movable(row: Reservation, now: datetime) -> bool:
    """Tell whether a booking is one that the team may still give another time; the service has the last word."""
    return row.kind == Kind.MEMBER and row.state in UPCOMING and row.state != State.HELD and row.starts_at > now


def week_of(day: date, now: datetime, category: MachineCategory | None = None) -> Week:
    """Return the week of a day, of every machine or of one family: seven queries, however full it is."""
    first = monday(day)
    span = Span(day_span(first).start, day_span(first + timedelta(days=DAYS)).start)
    machines = list(in_service())
    shown = [one for one in machines if category is None or one.category_id == category.pk]
    keys = {machine.pk for machine in shown}
    rows = reservations_between(span.start, span.end).filter(state__in=LIVE, machine__in=keys)
    return Week(first, shown, _days(first, span, [Taken(row, is_movable(row, now)) for row in rows], keys), now)


def _days(first: date, span: Span, taken: Sequence[Taken], machines: set[int]) -> list[Day]:
    openings, closures = openings_between(span.start, span.end), closures_between(span.start, span.end)
    duties, sessions = duties_between(span.start, span.end), sessions_between(span.start, span.end)
    outages = [one for one in outages_between(span.start, span.end) if one.machine_id in machines]
    planned = [one for one in sessions if one.state == WorkshopSession.State.SCHEDULED]
    return [
        Day(
            day,
            _of(day, openings),
            _of(day, closures),
            _of(day, duties),
            _of(day, planned),
            _of(day, outages),
            [one for one in taken if _meets(day_span(day), one.reservation)],
        )
        for day in days_from(first, DAYS)
    ]


def _of(day: date, rows: Iterable[Dated]) -> list[Dated]:
    return [row for row in rows if _meets(day_span(day), row)]


def _meets(span: Span, row: Any) -> bool:
    return row.starts_at < span.end and (row.ends_at is None or row.ends_at > span.start)
