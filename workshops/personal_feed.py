"""A person's own calendar: their bookings and their workshops, at an address that only they know."""

from datetime import datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from booking.models import Reservation, State
from members.models import User
from members.notifications import language_of
from members.queries import calendar_owner
from place import ical
from place.queries import lab
from workshops.models import Registration, WorkshopSession

PAST, AHEAD = timedelta(days=31), timedelta(days=186)
MOST_EVENTS = 500


@require_safe
def own(request: HttpRequest, secret: str) -> HttpResponse:
    """Answer 304 to a calendar that is up to date; an unknown or closed address does not exist."""
    person = calendar_owner(secret)
    if person is None:
        raise Http404
    with translation.override(language_of(person)):
        calendar = _calendar(person, timezone.now())
    response = ical.answer(request, calendar, cache="private, no-cache")
    response["X-Robots-Tag"] = "noindex"
    return response


def _calendar(person: User, now: datetime) -> Calendar:
    calendar = ical.blank("own calendar", lab().name)
    window = {"ends_at__gt": now - PAST, "starts_at__lt": now + AHEAD}
    for reservation in Reservation.objects.filter(member=person, **window).select_related("machine__pool")[
        :MOST_EVENTS
    ]:
        calendar.add_component(_booking(reservation))
    registrations = Registration.objects.filter(
        member=person, **{f"session__{name}": value for name, value in window.items()}
    )
    for registration in registrations.select_related("session__workshop").order_by("session__starts_at")[:MOST_EVENTS]:
        calendar.add_component(_workshop(registration))
    return calendar


def _booking(row: Reservation) -> Event:
    told = {State.CANCELLED: "CANCELLED", State.TO_CONFIRM: "TENTATIVE", State.HELD: "TENTATIVE"}
    return ical.event(
        f"reservation-{row.pk}",
        row.starts_at,
        row.ends_at,
        sequence=row.sequence,
        stamp=row.cancelled_at or row.created_at,
        status=told.get(State(row.state), "CONFIRMED"),
        summary=row.title,
    )


def _workshop(row: Registration) -> Event:
    session = row.session
    gone = row.status == Registration.Status.CANCELLED or session.state == WorkshopSession.State.CANCELLED
    waits = row.status == Registration.Status.WAITLISTED
    waiting = _("waiting list")
    return ical.event(
        f"registration-{row.pk}",
        session.starts_at,
        session.ends_at,
        sequence=session.sequence + (row.cancelled_at is not None),
        stamp=row.cancelled_at or session.updated_at,
        status="CANCELLED" if gone else "TENTATIVE" if waits else "CONFIRMED",
        summary=f"{session.workshop} ({waiting})" if waits else str(session.workshop),
    )
