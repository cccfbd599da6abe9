"""The agenda for other programs: as iCalendar, one event in UTC per date, and as news (RSS); nobody's name in them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import wraps
from hashlib import blake2b

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from icalendar import Event

from place import ical
from place.clock import day_span, period_text, today
from place.models import LabSettings
from place.queries import lab
from workshops.agenda_queries import Date, Entry, entries_between, newly_planned
from workshops.forms import AgendaFilter
from workshops.models import Programme
from workshops.rules import ages_text, cycle_text

PAST, AHEAD = timedelta(days=31), timedelta(days=186)
MOST_EVENTS = 2000
MOST_NEWS = 50
View = Callable[[HttpRequest, list[Entry], LabSettings], HttpResponse]
Find = Callable[[HttpRequest], list[Entry]]


def window(now: datetime) -> tuple[datetime, datetime]:
    """Return what the feed covers: whole days, so that its contents change by themselves once a day only."""
    start = day_span(today(now)).start
    return start - PAST, start + AHEAD


def _feed(find: Find) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """Make a view of what writes entries out: in the lab's language, 304 to whoever has them already."""

    def decorate(write: View) -> Callable[[HttpRequest], HttpResponse]:
        @require_safe
        @wraps(write)
        def answered(request: HttpRequest) -> HttpResponse:
            entries, place = find(request), lab()
            etag, changed = _mark(entries, place), _changed(entries)
            with translation.override(settings.LANGUAGE_CODE):
                known = get_conditional_response(request, etag=etag, last_modified=int(changed.timestamp()))
                response = known or write(request, entries, place)
            response["ETag"], response["Last-Modified"] = etag, http_date(changed.timestamp())
            response["Cache-Control"] = "public, max-age=300"
            return response

        return answered

    return decorate


def _mark(entries: Sequence[Entry], place: LabSettings) -> str:
    """Return a mark of all that is told: the same words, the same mark."""
    told = [(place.name, place.address), *map(_told, entries)]
    return quote_etag(blake2b(repr(told).encode(), digest_size=16).hexdigest())


def _told(entry: Entry) -> tuple:
    if isinstance(entry, Programme):
        return entry.pk, entry.sequence, entry.updated_at
    moving = entry.cycle_number, entry.cycle_dates, entry.more_dates
    return entry.pk, entry.starts_at, entry.ends_at, entry.sequence, entry.updated_at, *moving


def _changed(entries: Sequence[Entry]) -> datetime:
    """Return when the feed last changed: today, at the latest, since what it covers moves on."""
    return max([day_span(today()).start, *(one.updated_at for one in entries)])


def _dated(request: HttpRequest) -> list[Entry]:
    wanted = AgendaFilter(request.GET).wanted()
    return entries_between(*window(timezone.now()), wanted, parts=True, limit=MOST_EVENTS)


@_feed(_dated)
def agenda(request: HttpRequest, entries: list[Entry], place: LabSettings) -> HttpResponse:
    """Answer with the agenda as a calendar; it takes the filters of the page."""
    calendar = ical.blank("agenda", _("%(lab)s: workshops") % {"lab": place.name})
    for entry in entries:
        calendar.add_component(_event(entry, place))
    response = HttpResponse(calendar.to_ical(), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="agenda.ics"'
    return response


def _event(entry: Entry, place: LabSettings) -> Event:
    event = _day(entry) if isinstance(entry, Programme) else _session(entry)
    event.add("DESCRIPTION", _description(entry))
    event.add("LOCATION", place.address or place.name)
    event.add("URL", settings.SITE_URL + _address(entry))
    return event


def _session(session: Date) -> Event:
    return ical.event(
        f"session-{session.pk}",
        session.starts_at,
        session.ends_at,
        sequence=session.sequence,
        stamp=session.updated_at,
        status="CANCELLED" if session.cancelled else "CONFIRMED",
        summary=session.title,
    )


def _day(day: Programme) -> Event:
    return ical.event(
        f"programme-{day.pk}",
        day.starts_at,
        day.ends_at,
        sequence=day.sequence,
        stamp=day.updated_at,
        status="CANCELLED" if day.cancelled else "CONFIRMED",
        summary=day.title,
    )


def _description(entry: Entry) -> str:
    if isinstance(entry, Programme):
        return entry.summary
    words = [entry.summary, ages_text(entry.age_min, entry.age_max)]
    if entry.cycle_number:
        words.append(cycle_text(entry.cycle_number, entry.cycle_dates))
    return "\n".join(filter(None, words))


def _address(entry: Entry) -> str:
    if isinstance(entry, Programme):
        return reverse("workshops:programme", args=[entry.slug])
    return reverse("workshops:session", args=[entry.pk])


def _new(request: HttpRequest) -> list[Entry]:
    return newly_planned(timezone.now(), AgendaFilter(request.GET).wanted(), limit=MOST_NEWS)


@_feed(_new)
def news(request: HttpRequest, entries: list[Entry], place: LabSettings) -> HttpResponse:
    """Answer with what was planned last, as RSS; it takes the filters of the page."""
    return News(entries, place)(request)


class News(Feed):
    """Newly planned dates and days; a series is told once, by its next date."""

    def __init__(self, entries: list[Entry], place: LabSettings) -> None:
        self.entries, self.title = entries, _("%(lab)s: new workshops") % {"lab": place.name}
        self.description = _("Workshops that were planned lately.")
        self.link = settings.SITE_URL + reverse("workshops:agenda")

    def items(self) -> list[Entry]:
        return self.entries

    def item_title(self, item: Entry) -> str:
        return f"{item.title}, {period_text(item.starts_at, item.ends_at)}"

    def item_description(self, item: Entry) -> str:
        more = 0 if isinstance(item, Programme) else item.more_dates
        told = ngettext("%(count)s other date follows.", "%(count)s other dates follow.", more) % {"count": more}
        return "\n".join(filter(None, [_description(item), told if more else ""]))

    def item_link(self, item: Entry) -> str:
        return settings.SITE_URL + _address(item)

    item_guid_is_permalink = False

    def item_guid(self, item: Entry) -> str:
        if isinstance(item, Programme):
            return f"programme-{item.pk}"
        return f"series-{item.series_id}" if item.series_id else f"session-{item.pk}"

    def item_pubdate(self, item: Entry) -> datetime:
        return item.updated_at.astimezone(UTC)
