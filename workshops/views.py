"""Pages of workshops: look, register, cancel; every act is a link or a form."""

from collections.abc import Iterable
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from booking.problems import Problem, Refused
from members.models import User
from place.clock import period_text, today
from workshops import queries, services
from workshops.models import Registration, WorkshopSession


@require_safe
@never_cache
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one session, and what the visitor may do with it."""
    found = _find(pk)
    user = request.user
    problems = services.problems_for(user, found, timezone.now()) if user.is_authenticated else []
    return _session_page(request, found, problems)


@require_POST
def register(request: HttpRequest, pk: int) -> HttpResponse:
    """Register the signed-in person."""
    found = _find(pk)
    if not request.user.is_authenticated:
        return redirect_to_login(_address(found.pk))
    try:
        made = services.register(session=found, member=request.user, actor=request.user)
    except Refused as refused:
        return _session_page(request, found, refused.problems, status=422)
    waits = made.status == Registration.Status.WAITLISTED
    said = _("It is full: you are on the waiting list. We tell you as soon as a place is free.")
    messages.success(request, said if waits else _("You are registered. See you then!"))
    return redirect(_address(found.pk))


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel one's own registration."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("workshops:mine"))
    mine = get_object_or_404(Registration.objects.select_related("session", "member"), pk=pk, member=request.user)
    try:
        services.cancel_registration(registration=mine, actor=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Your registration is cancelled."))
    return redirect(_address(mine.session_id))


@require_safe
@never_cache
@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """List what the signed-in person is registered for."""
    registrations = queries.registrations_of(cast(User, request.user), timezone.now())
    return render(request, "workshops/mine.html", {"registrations": registrations})


def _session_page(
    request: HttpRequest, found: WorkshopSession, problems: Iterable[Problem], status: int = 200
) -> HttpResponse:
    user, now = request.user, timezone.now()
    own = queries.registration_of(found, user) if user.is_authenticated else None
    shown = [problem for problem in problems if problem.code != "already_registered"]
    context = {
        "session": found,
        "own": own,
        "open": found.starts_at > now and found.state == WorkshopSession.State.SCHEDULED,
        "problems": [] if own else shown,
        "alternatives": _alternatives(user) if shown and not own and user.is_authenticated else [],
        "sign_in_url": f"{reverse('account_login')}?next={_address(found.pk)}",
    }
    return render(request, "workshops/session.html", context, status=status)


def _alternatives(member: User) -> list[dict[str, str]]:
    now = timezone.now()
    return [
        {"label": f"{one.workshop}, {period_text(one.starts_at, one.ends_at)}", "url": _address(one.pk)}
        for one in queries.next_joinable(member.age_on(today(now)), now)
    ]


def _find(pk: int) -> WorkshopSession:
    return get_object_or_404(queries.with_counts(WorkshopSession.objects.all()), pk=pk)


def _address(pk: int) -> str:
    return reverse("workshops:session", args=[pk])
