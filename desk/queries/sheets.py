"""What printed sheets say: enough for a day without a network."""

from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.conf import settings

from booking.models import LIVE, Reservation, State
from booking.queries import reservations_between
from members.standing import is_under
from place.clock import day_span
from place.models import Closure, DutyShift, OpeningPeriod
from place.queries import closures_between, duties_between, openings_between
from workshops.models import WorkshopSession
from workshops.queries import sessions_between

USED = (State.CHECKED_IN, State.DONE)


@dataclass(frozen=True, slots=True)
class Line:
    """A booking on the sheet of a day, with what whoever welcomes the person should know."""

    reservation: Reservation
    young: bool
    first_time: bool


@dataclass(frozen=True, slots=True)
class DayPlan:
    day: date
    openings: list[OpeningPeriod]
    closures: list[Closure]
    duties: list[DutyShift]
    sessions: list[WorkshopSession]
    machines: list[list[Line]]

    @property
    def blanks(self) -> range:
        """Return the lines left for who comes by: fewer on a full day, so that it stays on one sheet."""
        return range(max(4, 12 - sum(map(len, self.machines))))


def day_plan(day: date) -> DayPlan:
    """Return what is planned on a day: six queries. Bookings are together by machine, in order."""
    span = day_span(day)
    rows = reservations_between(span.start, span.end).filter(state__in=LIVE).order_by("machine__name", "starts_at")
    return DayPlan(
        day,
        openings_between(span.start, span.end),
        closures_between(span.start, span.end),
        duties_between(span.start, span.end),
        [one for one in sessions_between(span.start, span.end) if one.state == WorkshopSession.State.SCHEDULED],
        [list(lines) for _machine, lines in groupby(_lines(list(rows), day), lambda one: one.reservation.machine_id)],
    )


def _lines(rows: list[Reservation], day: date) -> list[Line]:
    """Add what is to be known to bookings: one query."""
    people = {row.member_id for row in rows if row.member_id}
    used = Reservation.objects.filter(member__in=people, state__in=USED, starts_at__lt=day_span(day).start)
    known = set(used.values_list("member", flat=True))
    return [Line(row, _is_young(row, day), row.member_id in people - known) for row in rows]


def _is_young(row: Reservation, day: date) -> bool:
    return row.member is not None and is_under(settings.MAJORITY_AGE, row.member.birth_date, day)
