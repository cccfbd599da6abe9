"""The agenda as iCalendar: one event in UTC per session, nobody's name in it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_safe
from icalendar import Calendar, Event

from place import ical
from place.clock import day_span, today
from place.models import LabSettings
from place.queries import lab
from workshops.models import WorkshopSession
from workshops.queries import public_sessions
from workshops.rules import ages_text

PAST, AHEAD = timedelta(days=31), timedelta(days=186)
MOST_EVENTS = 2000


def window(now: datetime) -> tuple[datetime, datetime]:
    """Return what the feed covers: whole days, so that its contents change by themselves once a day only."""
    start = day_span(today(now)).start
    return start - PAST, start + AHEAD


def _state() -> tuple[datetime, str]:
    """Return when the feed last changed, and a mark of its contents."""
    start, end = window(timezone.now())
    figures = (
        public_sessions()
        .filter(starts_at__lt=end, ends_at__gt=start)
        .aggregate(number=Count("pk"), changed=Max("updated_at"))
    )
    changed = max(figures["changed"] or start, start + PAST)
    return changed, f'"{start:%Y%m%d}-{figures["number"]}-{changed.timestamp():.6f}"'


@require_safe
@condition(etag_func=lambda request: _state()[1], last_modified_func=lambda request: _state()[0])
def agenda(request: HttpRequest) -> HttpResponse:
    """Answer 304 to a calendar that is up to date."""
    start, end = window(timezone.now())
    with translation.override(settings.LANGUAGE_CODE):
        calendar = _calendar(start, end, lab())
    response = HttpResponse(calendar.to_ical(), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="agenda.ics"'
    response["Cache-Control"] = "public, max-age=300"
    return response


def _calendar(start: datetime, end: datetime, place: LabSettings) -> Calendar:
    calendar = ical.blank("agenda", _("%(lab)s: workshops") % {"lab": place.name})
    rows = public_sessions().filter(starts_at__lt=end, ends_at__gt=start).select_related("workshop")
    for session in rows.order_by("starts_at", "pk")[:MOST_EVENTS]:
        calendar.add_component(_event(session, place))
    return calendar


def _event(session: WorkshopSession, place: LabSettings) -> Event:
    event = ical.event(
        f"session-{session.pk}",
        session.starts_at,
        session.ends_at,
        sequence=session.sequence,
        stamp=session.updated_at,
        status="CANCELLED" if session.state == WorkshopSession.State.CANCELLED else "CONFIRMED",
        summary=session.workshop.title,
    )
    event.add("DESCRIPTION", _description(session))
    event.add("LOCATION", place.address or place.name)
    event.add("URL", settings.SITE_URL + reverse("workshops:session", args=[session.pk]))
    return event


def _description(session: WorkshopSession) -> str:
    workshop = session.workshop
    return "\n".join(filter(None, [workshop.summary, ages_text(workshop.age_min, workshop.age_max)]))
