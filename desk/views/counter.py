"""The front desk: find somebody, welcome somebody new, who is here, counts without a name."""

import re
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.models import Reservation
from booking.problems import Refused
from booking.services import confirm
from desk import services
from desk.forms.counter import FindForm, LeaveForm, NewcomerForm, VisitMoment, WalkInForm
from desk.lock import at_desk
from desk.queries import counter as reads
from desk.views.person import FRESH_CARD
from machines.models import PresenceCheck
from machines.services import presence
from members.models import Channel, Household, JoinRequest, Message, Neighbourhood, User
from members.queries import FOUND_MOST, card_of_token, search_members
from members.services import accept_join, decline_join, mark_told
from members.services.welcome import welcome
from place import services as place
from place.clock import today
from place.form_errors import add_errors
from place.models import Visit

CARD_ADDRESS = re.compile(r"/carte/([0-9a-f]{40})/?$|^([0-9a-f]{40})$")


@at_desk()
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the day, or whom a name or a scanned card leads to."""
    text = request.GET.get("q", "").strip()[:200]
    scanned = CARD_ADDRESS.search(text)
    if scanned:
        return _scanned(request, scanned[1] or scanned[2])
    now = timezone.now()
    found = list(search_members(text)[: FOUND_MOST + 1]) if text else []
    people = [{"person": one, "age": one.age_on(today(now))} for one in found[:FOUND_MOST]]
    context = {
        "form": FindForm(request.GET or None),
        "text": text,
        "people": people,
        "more": len(found) > FOUND_MOST,
        "day": None if text else reads.day_of(now),
        "now": now,
    }
    return render(request, "desk/counter/home.html", context)


def _scanned(request: HttpRequest, token: str) -> HttpResponse:
    card = card_of_token(token)
    if card is None:
        messages.error(request, _("This card is not valid any more."))
        return redirect("desk:counter")
    return redirect("desk:person", pk=card.user_id)


@at_desk("members.manage_members", "members.manage_papers")
@require_http_methods(["GET", "HEAD", "POST"])
def newcomer(request: HttpRequest) -> HttpResponse:
    """Welcome somebody new on one screen: person, parents, papers, membership, card."""
    household = _household(request)
    form = NewcomerForm(request.POST or None, initial=_first_values(household), household=household)
    if not request.user.has_perm("members.manage_dues"):
        for name in ("kind", "band", "due", "paid", "method", "covered_by"):
            del form.fields[name]
    if request.method == "POST" and form.is_valid():
        try:
            made = welcome(actor=request.user, newcomer=form.newcomer(), channel=form.cleaned_data["channel"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            request.session[FRESH_CARD] = made.card.pk
            messages.success(request, _("Welcome, %(name)s!") % {"name": made.person.first_name})
            return redirect("desk:card", pk=made.person.pk)
    return render(request, "desk/counter/newcomer.html", {"form": form}, status=422 if form.errors else 200)


def _household(request: HttpRequest) -> Household | None:
    """Return the family that somebody new belongs to, when a brother or a sister is here already (`?famille=`)."""
    key = request.GET.get("famille", "")
    return get_object_or_404(Household, pk=int(key)) if key.isdecimal() and len(key) < 18 else None


def _first_values(household: Household | None) -> dict[str, Any]:
    return {
        "preferred_language": settings.LANGUAGE_CODE,
        "priority_neighbourhood": household.priority_neighbourhood if household else Neighbourhood.UNKNOWN,
        "signed_on": today(),
    }


@at_desk()
@require_http_methods(["GET", "HEAD", "POST"])
def arrive(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that somebody came: now with one tap, or as written on a sheet."""
    person = get_object_or_404(User, pk=pk, is_active=True)
    form = VisitMoment(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.check_in(actor=request.user, person=person, at=form.moment(), channel=form.cleaned_data["channel"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(name)s is here.") % {"name": person.first_name})
            return redirect("desk:person", pk=pk)
    return render(request, "desk/counter/arrive.html", {"form": form, "person": person}, status=_status(form))


@at_desk()
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Let somebody leave as their age and their parents' agreement allow."""
    visits = Visit.objects.select_related("person").filter(left_at=None, person__is_active=True)
    visit = get_object_or_404(visits, person=pk)
    names = list(reads.may_fetch(reads.family_of(visit.person)))
    form = LeaveForm(request.POST or None, names=names, initial={"leaving": Visit.Leaving.FREELY})
    problems: tuple = ()
    if request.method == "POST" and form.is_valid():
        try:
            _check_out(request, visit, form)
        except Refused as refused:
            problems = refused.problems
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Goodbye, %(name)s!") % {"name": visit.person.first_name})
            return redirect("desk:counter")
    context = {"form": form, "person": visit.person, "visit": visit, "problems": problems}
    context["present"] = next(one for one in reads.present_now(timezone.now()) if one.visit.pk == visit.pk)
    return render(request, "desk/counter/leave.html", context, status=422 if problems else _status(form))


def _check_out(request: HttpRequest, visit: Visit, form: LeaveForm) -> None:
    services.check_out(
        actor=request.user,
        visit=visit,
        leaving=form.cleaned_data["leaving"],
        with_whom=form.companion(),
        at=form.moment(),
        channel=form.cleaned_data["channel"],
    )


@at_desk()
@require_http_methods(["GET", "HEAD", "POST"])
def walk_ins(request: HttpRequest) -> HttpResponse:
    """Count people who gave no name, by age and gender; a paper tally is keyed in with its day."""
    form = WalkInForm(request.POST or None, initial={"day": today()})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            place.count_walk_ins(actor=request.user, counts=form.counts(), day=data["day"], channel=data["channel"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Counted."))
            return redirect("desk:walk_ins")
    return render(request, "desk/counter/walk_ins.html", {"form": form}, status=_status(form))


@at_desk("booking.book_for_others")
@require_POST
def confirm_booking(request: HttpRequest, pk: int) -> HttpResponse:
    """Say yes to a booking that waited for the team."""
    confirm(actor=request.user, reservation=get_object_or_404(Reservation, pk=pk))
    messages.success(request, _("Confirmed; the person is told."))
    return redirect("desk:counter")


@at_desk()
@require_POST
def confirm_presence(request: HttpRequest, pk: int) -> HttpResponse:
    """Note for whoever is at a machine that somebody watches it."""
    check = get_object_or_404(PresenceCheck.objects.select_related("session"), pk=pk)
    try:
        presence.confirm_presence(actor=request.user, check=check, channel=Channel.DESK)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Noted: somebody is at the machine."))
    return redirect("desk:counter")


@at_desk()
@require_safe
def calls(request: HttpRequest) -> HttpResponse:
    """List what must be said to people whom no mail reaches."""
    return render(request, "desk/counter/calls.html", {"calls": reads.waiting_calls()})


@at_desk()
@require_POST
def told(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody has been called or told."""
    mark_told(actor=request.user, message=get_object_or_404(Message, pk=pk, via=Message.Via.CALL))
    return redirect("desk:calls")


@at_desk("members.manage_members")
@require_http_methods(["GET", "HEAD", "POST"])
def requests(request: HttpRequest) -> HttpResponse:
    """Answer who asked to join from the site; whoever is accepted has their family and papers written down next."""
    if request.method == "POST":
        return _answer(request)
    return render(request, "desk/counter/requests.html", {"requests": reads.waiting_requests()})


def _answer(request: HttpRequest) -> HttpResponse:
    key = request.POST.get("request", "")
    row = get_object_or_404(JoinRequest, pk=int(key) if key.isdecimal() and len(key) < 18 else 0)
    try:
        if "accept" not in request.POST:
            decline_join(actor=request.user, join_request=row)
            return redirect("desk:requests")
        member, _password = accept_join(actor=request.user, join_request=row)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("desk:requests")
    return redirect("desk:family", pk=member.pk)


def _status(form: Any) -> int:
    return 422 if form.errors else 200
