"""Sheets of paper that suffice for a day without a network; what is written on them is keyed in afterwards."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from desk.forms.planning import DayForm
from desk.lock import at_desk
from desk.queries import account, counter
from desk.queries.sheets import day_plan
from desk.roll_lines import roll_of
from desk.views.person import asks_motive
from members.models import Gender, Purpose, User
from members.queries import guardians_of, latest_texts
from place.clock import day_span, today
from place.models import AgeBand
from workshops.models import WorkshopSession
from workshops.queries import sessions_between

State = WorkshopSession.State
TYPED_LATER = timedelta(days=14)


@at_desk()
@require_safe
def day(request: HttpRequest) -> HttpResponse:
    """The plan of a day (`?jour=`, else today): openings, who is on duty, sessions, bookings by machine."""
    plan = day_plan(DayForm(request.GET).day(today()))
    around = {"before": plan.day - timedelta(days=1), "after": plan.day + timedelta(days=1)}
    return render(request, "desk/print/day.html", {"plan": plan, **around})


@at_desk("workshops.register_others")
@require_safe
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """The roll of a session: boxes to tick and blank lines for who comes by, or what was noted (`?rempli`)."""
    filled = "rempli" in request.GET
    context = {"roll": roll_of(pk), "filled": filled, "blank": range(0 if filled else 6)}
    return render(request, "desk/print/roll.html", context)


@at_desk()
@require_safe
def tally(request: HttpRequest) -> HttpResponse:
    """A sheet to count people without a name."""
    return render(request, "desk/print/tally.html", {"bands": list(AgeBand), "genders": list(Gender), "day": today()})


@at_desk()
@require_safe
def passport(request: HttpRequest, pk: int) -> HttpResponse:
    """A person's machine passport with its stamps, and room for new ones."""
    person = get_object_or_404(User, pk=pk, is_active=True)
    return render(request, "desk/print/passport.html", {"person": person, "passport": account.passport(person)})


@at_desk("members.manage_papers")
@require_safe
def papers(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The sheet of agreements in one of the families' languages, filled in for a person or blank."""
    person = get_object_or_404(User, pk=pk, is_active=True) if pk else None
    if person and (asked := asks_motive(request, person)):
        return asked
    language = request.GET.get("langue", "")
    if language not in dict(settings.FORM_LANGUAGES):
        language = person.preferred_language if person else settings.LANGUAGE_CODE
    texts = latest_texts(language)
    rows = [{"purpose": purpose, "text": texts.get(purpose)} for purpose in Purpose]
    context = {
        "person": person,
        "guardians": guardians_of(person) if person else [],
        "rows": rows,
        "language": language,
        "languages": settings.FORM_LANGUAGES,
        "today": today(),
    }
    with translation.override(language):
        return render(request, "desk/print/papers.html", context)


@at_desk()
@require_safe
def sheets(request: HttpRequest) -> HttpResponse:
    """Where every sheet is, and where each is keyed in; rolls of the last two weeks too."""
    start = day_span(today()).start
    past = [one for one in sessions_between(start - TYPED_LATER, start) if one.state == State.SCHEDULED]
    return render(request, "desk/print/index.html", {"day": counter.day_of(timezone.now()), "past": past[::-1]})
