"""What printed sheets say: enough for a day without a network."""

from dataclasses import dataclass
from datetime import date, datetime

from django.http import Http404

from booking.models import LIVE, Reservation
from booking.queries import reservations_between
from place.clock import day_span, today
from place.models import DutyShift, OpeningPeriod
from place.queries import duties_between, openings_between
from workshops.models import Registration, WorkshopSession
from workshops.queries import sessions_between, with_counts


@dataclass(frozen=True, slots=True)
class DayPlan:
    day: date
    openings: list[OpeningPeriod]
    duties: list[DutyShift]
    sessions: list[WorkshopSession]
    bookings: list[Reservation]


def day_plan(now: datetime) -> DayPlan:
    """Return what is planned today: four queries."""
    span = day_span(today(now))
    return DayPlan(
        today(now),
        openings_between(span.start, span.end),
        duties_between(span.start, span.end),
        sessions_between(span.start, span.end),
        list(reservations_between(span.start, span.end).filter(state__in=LIVE)),
    )


@dataclass(frozen=True, slots=True)
class Roll:
    session: WorkshopSession
    registered: list[Registration]
    waiting: list[Registration]


def roll(session: int) -> Roll:
    """Return who is registered for a session and who waits. Raises Http404."""
    found = with_counts(WorkshopSession.objects.all()).filter(pk=session).first()
    if found is None:
        raise Http404
    status = Registration.Status
    live = Registration.objects.filter(session=found).exclude(status=status.CANCELLED)
    rows = list(live.select_related("member").order_by("created_at", "pk"))
    return Roll(
        found,
        [row for row in rows if row.status != status.WAITLISTED],
        [row for row in rows if row.status == status.WAITLISTED],
    )
