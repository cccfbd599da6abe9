"""The agenda: what there is, by day."""

from datetime import date, timedelta
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from place.clock import day_span, local, today
from workshops import queries
from workshops.forms import AgendaFilter

WINDOW = timedelta(days=28)


@require_safe
def agenda(request: HttpRequest) -> HttpResponse:
    """List the sessions of four weeks by day; `?from=` and the filters stay in the address."""
    first = _first_day(request)
    form = AgendaFilter(request.GET)
    sessions = queries.sessions_between(day_span(first).start, day_span(first + WINDOW).start, **form.wanted())
    context = {
        "form": form,
        "days": [(day, list(rows)) for day, rows in groupby(sessions, lambda one: local(one.starts_at).date())],
        "first": first,
        "last": first + WINDOW - timedelta(days=1),
        "before_url": _shifted(request, first - WINDOW),
        "after_url": _shifted(request, first + WINDOW),
    }
    return render(request, "workshops/agenda.html", context)


def _first_day(request: HttpRequest) -> date:
    """Return the day asked for; today when there is none, or none that makes sense."""
    try:
        day = parse_date(request.GET.get("from", ""))
    except ValueError:
        day = None
    return day if day and 2000 <= day.year <= 2200 else today()


def _shifted(request: HttpRequest, day: date) -> str:
    query = request.GET.copy()
    query["from"] = day.isoformat()
    return f"?{query.urlencode()}"
