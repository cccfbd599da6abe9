"""Pages of a session: look, register oneself, a child or a group, say yes, cancel; every act is a link or a form."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.problems import Problem, Refused
from members.models import User
from place.clock import period_text, today
from place.form_errors import add_errors
from workshops import queries, services
from workshops.forms import SeatForm
from workshops.models import Registration, WorkshopSession
from workshops.offer import Facts, facts_of, offer_of, price_span
from workshops.own import own_of
from workshops.services import ALONE, Party
from workshops.whom import Whom, registration_of_whom, whom

Status = Registration.Status


@require_safe
@never_cache
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one session, and what the visitor may do with it, for themselves or who they act for."""
    who, choices = whom(request)
    return _page(request, facts_of(_find(request, pk), timezone.now()), who, choices)


@require_POST
def register(request: HttpRequest, pk: int) -> HttpResponse:
    """Register whom the address names: oneself, a child, or a group."""
    found = _find(request, pk)
    if not request.user.is_authenticated:
        return redirect_to_login(address(found.pk))
    who, choices = whom(request)
    facts, who = facts_of(found, timezone.now()), cast(Whom, who)
    form = SeatForm(request.POST, facts=facts, partner=who.partner)
    problems: tuple[Problem, ...] = ()
    if form.is_valid():
        try:
            made = services.register(session=found, member=who.member, actor=request.user, party=form.party())
        except Refused as refused:
            problems = refused.problems
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, said(made, who.name))
            return redirect(address(found.pk) + who.query)
    return _page(request, facts, who, choices, form=form, problems=problems)


def said(made: Registration, name: str = "") -> str:
    """Return what to say of a registration that was made: to oneself, or of somebody by name."""
    if made.status == Status.PENDING:
        return _("The place is kept. One signature is missing: see below.")
    if made.status == Status.WAITLISTED and name:
        return _("It is full: %(name)s is on the waiting list.") % {"name": name}
    if made.status == Status.WAITLISTED:
        return _("It is full: you are on the waiting list. We tell you as soon as a place is free.")
    return _("%(name)s is registered.") % {"name": name} if name else _("You are registered. See you then!")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Give back a place; late, it is asked again first. Somebody else's registration does not exist."""
    own, who = _mine(request, pk)
    late = services.is_late(_next_date(own), timezone.now()) and own.status != Status.WAITLISTED
    if request.method != "POST" or (late and "sure" not in request.POST):
        context = {"registration": own, "late": late, "who": who, "back_url": address(own.session_id) + who.query}
        return render(request, "workshops/cancel.html", context | {"title": _title(own)})
    try:
        services.cancel_registration(registration=own, actor=cast(User, request.user))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Your registration is cancelled."))
    return redirect(address(own.session_id) + who.query)


@require_POST
@login_required
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Say yes to a place that is kept, one's own or a child's."""
    own, who = _mine(request, pk)
    try:
        made = services.accept_place(registration=own, actor=cast(User, request.user))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, said(made, who.name))
    return redirect(address(own.session_id) + who.query)


@require_safe
@never_cache
@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """List what the signed-in person is registered for; what is kept for them comes first."""
    user = cast(User, request.user)
    return render(request, "workshops/mine.html", {"own": own_of(user, timezone.now())})


def _page(
    request: HttpRequest,
    facts: Facts,
    who: Whom | None,
    choices: list[Whom],
    form: SeatForm | None = None,
    problems: tuple[Problem, ...] = (),
) -> HttpResponse:
    context: dict[str, Any] = {"facts": facts, "session": facts.session, "who": who, "choices": choices}
    here = address(facts.session.pk)
    context |= {"page_url": here, "sign_in_url": f"{reverse('account_login')}?next={here}"}
    if who is None:
        context["prices"] = price_span(facts.session.workshop)
    else:
        context |= _of_whom(facts, who, form, problems)
    refused = bool(problems) or bool(form and form.errors)
    return render(request, "workshops/session.html", context, status=422 if refused else 200)


def _of_whom(facts: Facts, who: Whom, form: SeatForm | None, problems: tuple[Problem, ...]) -> dict[str, Any]:
    offer = offer_of(facts, who.member, party=Party(1, partner=who.partner) if who.partner else ALONE)
    shown = [] if offer.own else [*(problems or offer.problems)]
    return {
        "offer": offer,
        "own": offer.own,
        "problems": shown,
        "alternatives": _alternatives(who.member) if shown and not who.partner else [],
        "form": form or SeatForm(facts=facts, partner=who.partner),
    }


def _alternatives(member: User) -> list[dict[str, str]]:
    now = timezone.now()
    return [
        {"label": f"{one.workshop}, {period_text(one.starts_at, one.ends_at)}", "url": address(one.pk)}
        for one in queries.next_joinable(member.age_on(today(now)), now)
    ]


def _find(request: HttpRequest, pk: int) -> WorkshopSession:
    """Return a session; a draft's exists for the team only."""
    rows = WorkshopSession.objects.all()
    if not request.user.has_perm("workshops.manage_workshops"):
        rows = queries.public_sessions()
    return get_object_or_404(queries.with_counts(rows).select_related("workshop__category", "workshop__partner"), pk=pk)


def _mine(request: HttpRequest, pk: int) -> tuple[Registration, Whom]:
    """Return a registration of oneself or of a child one answers for, and as whom."""
    rows = Registration.objects.select_related("session__workshop", "member", "partner")
    own = get_object_or_404(rows, pk=pk)
    who = registration_of_whom(request, own.member)
    if who is None:
        raise Http404
    return own, who


def _next_date(own: Registration) -> WorkshopSession:
    """Return the date that says whether giving back is late: of a cycle the next one."""
    now = timezone.now()
    return next((one for one in queries.dates_of(own.session) if one.starts_at > now), own.session)


def _title(own: Registration) -> str:
    return f"{own.session.workshop}, {period_text(own.session.starts_at, own.session.ends_at)}"


def address(pk: int) -> str:
    return reverse("workshops:session", args=[pk])
