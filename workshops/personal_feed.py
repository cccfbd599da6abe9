"""A person's own calendar: their bookings and their workshops, at an address that only they know."""

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from booking.models import Reservation, State
from members.models import User
from members.notifications import language_of
from members.queries import calendar_owner
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
        content = _calendar(person, timezone.now()).to_ical()
    etag = quote_etag(blake2b(content, digest_size=16).hexdigest())
    response = get_conditional_response(request, etag=etag) or HttpResponse(
        content, content_type="text/calendar; charset=utf-8"
    )
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    return response


def _calendar(person: User, now: datetime) -> Calendar:
    calendar = Calendar()
    calendar.add("PRODID", "-//CAN Lab//own calendar//FR")
    calendar.add("VERSION", "2.0")
    calendar.add("X-WR-CALNAME", lab().name)
    calendar.add("REFRESH-INTERVAL;VALUE=DURATION", "PT1H")
    window = {"ends_at__gt": now - PAST, "starts_at__lt": now + AHEAD}
    for reservation in Reservation.objects.filter(member=person, **window).select_related("machine")[:MOST_EVENTS]:
        calendar.add_component(_booking(reservation))
    registrations = Registration.objects.filter(
        member=person, **{f"session__{name}": value for name, value in window.items()}
    )
    for registration in registrations.select_related("session__workshop").order_by("session__starts_at")[:MOST_EVENTS]:
        calendar.add_component(_workshop(registration))
    return calendar


def _booking(row: Reservation) -> Event:
    event = _event(f"reservation-{row.pk}", row.starts_at, row.ends_at, row.sequence)
    event.add("DTSTAMP", (row.cancelled_at or row.created_at).astimezone(UTC))
    told = {State.CANCELLED: "CANCELLED", State.TO_CONFIRM: "TENTATIVE", State.HELD: "TENTATIVE"}
    event.add("STATUS", told.get(State(row.state), "CONFIRMED"))
    event.add("SUMMARY", row.machine.name)
    return event


def _workshop(row: Registration) -> Event:
    session = row.session
    event = _event(
        f"registration-{row.pk}", session.starts_at, session.ends_at, session.sequence + (row.cancelled_at is not None)
    )
    event.add("DTSTAMP", (row.cancelled_at or session.updated_at).astimezone(UTC))
    gone = row.status == Registration.Status.CANCELLED or session.state == WorkshopSession.State.CANCELLED
    waits = row.status == Registration.Status.WAITLISTED
    event.add("STATUS", "CANCELLED" if gone else "TENTATIVE" if waits else "CONFIRMED")
    waiting = _("waiting list")
    event.add("SUMMARY", f"{session.workshop} ({waiting})" if waits else str(session.workshop))
    return event


def _event(key: str, starts_at: datetime, ends_at: datetime, sequence: int) -> Event:
    event = Event()
    event.add("UID", f"{key}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("DTSTART", starts_at.astimezone(UTC))
    event.add("DTEND", ends_at.astimezone(UTC))
    event.add("SEQUENCE", sequence)
    return event
