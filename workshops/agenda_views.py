"""The agenda: by day, by week, a month for the wall, a frame for another site; the filters stay in the address."""

from calendar import Calendar
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from place.clock import day_span, days_from, local, today
from place.drawing import qr
from workshops.agenda_queries import Entry, entries_between
from workshops.forms import AgendaFilter

WINDOW, WEEK = timedelta(days=28), timedelta(days=7)
MOST_EMBEDDED = 30
ROOMY = 40  # more entries in a month than that are printed smaller
# A page of another site may hold this one, which does nothing there: no script, no form, no picture.
EMBEDDED = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"


@require_safe
def agenda(request: HttpRequest) -> HttpResponse:
    """List four weeks by day, or show one week (`?vue=semaine`), from the day asked for (`?from=`)."""
    form, day = AgendaFilter(request.GET), _first_day(request)
    by_week = request.GET.get("vue") == "semaine"
    length, first = (WEEK, _monday(day)) if by_week else (WINDOW, day)
    entries = entries_between(day_span(first).start, day_span(first + length).start, form.wanted())
    view = {"vue": "semaine"} if by_week else {}
    context = {
        "form": form,
        "by_week": by_week,
        "days": _by_day(entries, first, length) if by_week else _grouped(entries),
        "first": first,
        "last": first + length - timedelta(days=1),
        "before_url": form.address(**{"from": str(first - length)}, **view),
        "after_url": form.address(**{"from": str(first + length)}, **view),
        "links": _links(form, day),
    }
    return render(request, "workshops/agenda.html", context)


@require_safe
def month(request: HttpRequest) -> HttpResponse:
    """Show a month as a sheet for the wall (`?mois=2026-12`): what takes place, one row a week."""
    form, first = AgendaFilter(request.GET), _month(request)
    after = _next_month(first)
    found = entries_between(day_span(first).start, day_span(after).start, form.wanted())
    entries = [one for one in found if not one.cancelled]
    held = _by_date(entries)
    weeks = [[(day, held[day]) for day in week] for week in Calendar().monthdatescalendar(first.year, first.month)]
    link = settings.SITE_URL + reverse("workshops:agenda") + form.address()
    context = {
        "first": first,
        "weeks": weeks,
        "total": len(entries),
        "dense": len(entries) > ROOMY,
        "kept": form.kept(),
        "before_url": form.address(mois=f"{first - timedelta(days=1):%Y-%m}"),
        "after_url": form.address(mois=f"{after:%Y-%m}"),
        "back_url": reverse("workshops:agenda") + form.address(**{"from": str(max(first, today()))}),
        "link": link,
        "qr": qr(link),
    }
    return render(request, "workshops/month.html", context)


@require_safe
@xframe_options_exempt
def embedded(request: HttpRequest) -> HttpResponse:
    """List the coming four weeks in a frame of another site: nobody is known here, nothing can be sent."""
    form, now = AgendaFilter(request.GET), day_span(today()).start
    entries = entries_between(now, now + WINDOW, form.wanted(), limit=MOST_EMBEDDED)
    context = {"days": _grouped(entries), "all_url": reverse("workshops:agenda") + form.address()}
    response = render(request, "workshops/embedded.html", context)
    response["Content-Security-Policy"] = EMBEDDED
    response["Cache-Control"] = "public, max-age=300"
    return response


def _links(form: AgendaFilter, day: date) -> dict[str, str]:
    """Return the other ways to see the same choice."""
    start, kept = {"from": str(day)}, form.address()
    return {
        "list": form.address(**start),
        "week": form.address(**start, vue="semaine"),
        "month": reverse("workshops:agenda_month") + form.address(mois=f"{day:%Y-%m}"),
        "calendar": reverse("agenda_feed") + kept,
        "news": reverse("agenda_news") + kept,
        "frame": settings.SITE_URL + reverse("workshops:agenda_embed") + kept,
    }


def _grouped(entries: Iterable[Entry]) -> list[tuple[date, list[Entry]]]:
    return [(day, list(rows)) for day, rows in groupby(entries, _day_of)]


def _by_day(entries: Iterable[Entry], first: date, length: timedelta) -> list[tuple[date, list[Entry]]]:
    held = _by_date(entries)
    return [(day, held[day]) for day in days_from(first, length.days)]


def _by_date(entries: Iterable[Entry]) -> defaultdict[date, list[Entry]]:
    held = defaultdict(list)
    for entry in entries:
        held[_day_of(entry)].append(entry)
    return held


def _day_of(entry: Entry) -> date:
    return local(entry.starts_at).date()


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _first_day(request: HttpRequest) -> date:
    return _sensible(request.GET.get("from", "")) or today()


def _month(request: HttpRequest) -> date:
    return _sensible(f"{request.GET.get('mois', '')}-01") or today().replace(day=1)


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _sensible(text: str) -> date | None:
    """Return the day of a text; None when there is none, or none that makes sense."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and 2000 <= day.year <= 2200 else None
