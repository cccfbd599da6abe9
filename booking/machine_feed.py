"""The calendar of one machine for other programs: when it is taken, never by whom."""

from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from booking import queries
from booking.models import Kind, Reservation, State
from machines.models import Machine
from place import ical
from place.clock import day_span, today

PAST, AHEAD = timedelta(days=31), timedelta(days=186)
MOST_EVENTS = 2000
STATUS = {
    State.CANCELLED: "CANCELLED",
    State.NO_SHOW: "CANCELLED",
    State.TO_CONFIRM: "TENTATIVE",
    State.HELD: "TENTATIVE",
}


@require_safe
def machine_calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer with the last month and the next six, the first 2 000 events; 304 to a calendar that is up to date."""
    machine = get_object_or_404(queries.in_service(), slug=slug)
    with translation.override(settings.LANGUAGE_CODE):
        calendar = _calendar(machine, timezone.now())
    return ical.answer(request, calendar, cache="public, max-age=300")


def _calendar(machine: Machine, now: datetime) -> Calendar:
    calendar = ical.blank("machine", machine.name)
    start = day_span(today(now)).start
    rows = queries.reservations_between(start - PAST, start + AHEAD, machine=machine).select_related(None)
    for row in rows[:MOST_EVENTS]:
        calendar.add_component(_event(row))
    return calendar


def _event(row: Reservation) -> Event:
    words = {
        Kind.MEMBER: pgettext("machine time", "taken"),
        Kind.WORKSHOP: _("workshop"),
        Kind.MAINTENANCE: _("maintenance"),
    }
    return ical.event(
        f"reservation-{row.pk}",
        row.starts_at,
        row.ends_at,
        sequence=row.sequence,
        stamp=row.cancelled_at or row.created_at,
        status=STATUS.get(State(row.state), "CONFIRMED"),
        summary=words[Kind(row.kind)],
    )
