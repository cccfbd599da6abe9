"""Seats at workshops for somebody else: a guardian for their child, the desk for anybody."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from booking.problems import Problem, Refused
from desk.forms.seats import DeskSeatForm, ToldForm
from desk.lock import at_desk
from desk.views.account import person_of, shown
from members.models import Channel, User
from place.clock import today
from place.form_errors import add_errors
from workshops import services
from workshops.day_plan import plan_of
from workshops.day_views import act_on
from workshops.models import Programme, Registration
from workshops.offer import facts_of, offer_of
from workshops.own import own_of
from workshops.queries import coming_days, next_joinable, public_sessions, with_counts
from workshops.registering import said
from workshops.whom import Whom


@login_required
@never_cache
@require_safe
def of_a_child(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a child one answers for is registered for, and what there is for their age."""
    person = person_of(request, pk)
    context = shown(request, person, **_seats(person), query=Whom(person, is_child=True).query, name=person.first_name)
    return render(request, "desk/account/workshops.html", context)


@at_desk("workshops.register_others")
@require_http_methods(["GET", "HEAD", "POST"])
def at_the_desk(request: HttpRequest, pk: int) -> HttpResponse:
    """Register a person for a workshop or a day, say yes, cancel or note a payment for them."""
    person = get_object_or_404(User.objects.select_related("household"), pk=pk, is_active=True)
    if "seance" in request.GET:
        return _seat(request, person)
    if "journee" in request.GET:
        return _day(request, person)
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            messages.success(request, _act(request, person))
        except Refused as refused:
            problems = refused.problems
        else:
            return redirect(request.path)
    context = {"person": person, "problems": problems, **_seats(person, late_joiner=True)}
    return render(request, "desk/counter/register.html", context, status=422 if problems else 200)


def _seats(person: User, *, late_joiner: bool = False) -> dict[str, Any]:
    now = timezone.now()
    sessions = next_joinable(person.age_on(today()), now, limit=12, late_joiner=late_joiner)
    return {"own": own_of(person, now), "sessions": sessions, "days": coming_days(now)}


def _act(request: HttpRequest, person: User) -> str:
    """Do what was asked with one of the person's registrations, and return what to say of it."""
    key = request.POST.get("registration", "")
    rows = Registration.objects.select_related("session__workshop", "member")
    row = get_object_or_404(rows, pk=int(key) if key.isdecimal() and len(key) < 18 else 0, member=person)
    name, actor = {"name": person.first_name}, request.user
    if "accept" in request.POST:
        services.accept_place(registration=row, actor=actor, channel=Channel.DESK)
        return _("%(name)s is coming.") % name
    if "paid" in request.POST:
        services.note_payment(registration=row, actor=actor)
        return _("It is paid.")
    if "cancel" in request.POST:
        services.cancel_registration(registration=row, actor=actor, channel=Channel.DESK)
        return _("The registration of %(name)s is cancelled.") % name
    raise Http404


def _seat(request: HttpRequest, person: User) -> HttpResponse:
    """Ask what a workshop asks, with the price and what is missing said before."""
    key = request.GET["seance"]
    found = with_counts(public_sessions()).filter(pk=int(key) if key.isdecimal() and len(key) < 18 else 0)
    facts = facts_of(get_object_or_404(found), timezone.now())
    form = DeskSeatForm(_sent(request), facts=facts, person=person)
    problems: tuple[Problem, ...] = ()
    if form.is_valid():
        try:
            messages.success(request, _registered(request, person, form))
            return redirect("desk:register", pk=person.pk)
        except Refused as refused:
            problems = refused.problems
        except ValidationError as error:
            add_errors(form, error)
    offer = offer_of(facts, person, late_joiner=True)
    context = {"person": person, "facts": facts, "offer": offer, "form": form, "session": facts.session}
    context["problems"] = problems or offer.problems
    refused_ = bool(problems) or bool(form.errors)
    return render(request, "desk/counter/seat.html", context, status=422 if refused_ else 200)


def _sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _registered(request: HttpRequest, person: User, form: DeskSeatForm) -> str:
    made = services.register(
        session=form.session,
        member=person,
        actor=request.user,
        party=form.party(),
        channel=form.cleaned_data["channel"],
    )
    return said(made, person.first_name)


def _day(request: HttpRequest, person: User) -> HttpResponse:
    """Register a person for a day with a programme, with what they choose in each part."""
    day = get_object_or_404(Programme, slug=request.GET["journee"])
    told = ToldForm(_sent(request))
    plan = plan_of(day, person, timezone.now())
    if told.is_valid():
        plan = act_on(request, plan, told.cleaned_data["channel"])
        if not plan.is_refused:
            return redirect("desk:register", pk=person.pk)
    context = {"person": person, "plan": plan, "told": told, "who": Whom(person, is_child=True)}
    context["form_url"] = f"{reverse('desk:register', args=[person.pk])}?journee={day.slug}"
    refused_ = plan.is_refused or bool(told.errors)
    return render(request, "desk/counter/day.html", context, status=422 if refused_ else 200)
