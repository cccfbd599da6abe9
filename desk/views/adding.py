"""What to put at a free time of the planning: a page between the week and the screens that make it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from booking.views.errand import Errand
from desk.forms.planning import AddForm, TimeForm
from desk.lock import at_desk
from desk.queries.adding import BOOK_FOR_OTHERS, may_add, offers_for, proposed
from desk.views.planning import week_url
from machines.models import Machine
from members.queries import FOUND_MOST, search_members
from place.clock import Span, today


@at_desk("booking.view_all_reservations")
@require_safe
def add(request: HttpRequest) -> HttpResponse:
    """Say which time it is, and offer what this person may put there."""
    if not may_add(request.user):
        raise PermissionDenied
    clicked = TimeForm(request.GET)
    day = clicked.day(today())
    form = AddForm(proposed(day, clicked.hour()) | request.GET.dict())
    if not request.user.has_perm(BOOK_FOR_OTHERS):
        del form.fields["q"]
    context = {"form": form, "back_url": week_url(day)}
    return render(request, "desk/planning/add.html", context | (_offered(request, form) if form.is_valid() else {}))


def _offered(request: HttpRequest, form: AddForm) -> dict[str, Any]:
    machine, text = form.cleaned_data["machine"], form.cleaned_data.get("q", "")
    offers = [
        {"label": one.label, "icon": one.icon, "url": one.url(form.span, machine)} for one in offers_for(request.user)
    ]
    return {"span": form.span, "text": text, "offers": offers} | (_people(text, machine, form.span) if text else {})


def _people(text: str, machine: Machine, span: Span) -> dict[str, Any]:
    """Find whom it may be for, each with the way to the page that judges a booking."""
    found = list(search_members(text)[: FOUND_MOST + 1])
    people = [
        {"person": one, "url": Errand(machine, child=one).slot_url(span, accompanied=False)}
        for one in found[:FOUND_MOST]
    ]
    return {"people": people, "more": len(found) > FOUND_MOST}
