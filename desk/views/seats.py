"""Seats at workshops for somebody else: a guardian for their child, the desk for anybody."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from booking.problems import Refused
from desk.lock import at_desk
from desk.views.account import person_of, shown
from members.models import Channel, User
from place.clock import today
from workshops import services
from workshops.models import Registration, WorkshopSession
from workshops.queries import next_joinable, registrations_of


class SeatForm(forms.Form):
    """Which session to join, or which registration to give back."""

    session = forms.IntegerField(required=False, min_value=1)
    registration = forms.IntegerField(required=False, min_value=1)


@at_desk("workshops.register_others")
@require_http_methods(["GET", "HEAD", "POST"])
def at_the_desk(request: HttpRequest, pk: int) -> HttpResponse:
    """Register a person for one of the next workshops of their age, or cancel for them."""
    person = get_object_or_404(User, pk=pk, is_active=True)
    return _page(request, person, "desk/counter/register.html", {"person": person}, Channel.DESK)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def of_a_child(request: HttpRequest, pk: int) -> HttpResponse:
    """Register a child one answers for, or cancel for them."""
    person = person_of(request, pk)
    return _page(request, person, "desk/account/workshops.html", shown(request, person), Channel.ONLINE)


def _page(request: HttpRequest, person: User, template: str, context: dict, channel: str) -> HttpResponse:
    now, problems = timezone.now(), ()
    if request.method == "POST":
        try:
            messages.success(request, _act(request, person, channel))
        except Refused as refused:
            problems = refused.problems
        else:
            return redirect(request.path)
    context |= {
        "sessions": next_joinable(person.age_on(today()), now, limit=12),
        "registrations": registrations_of(person, now),
        "problems": problems,
    }
    return render(request, template, context, status=422 if problems else 200)


def _act(request: HttpRequest, person: User, channel: str) -> str:
    """Do what was asked and return what to say of it."""
    form = SeatForm(request.POST)
    if not form.is_valid():
        raise Http404
    name, given = {"name": person.first_name}, form.cleaned_data
    if given["registration"]:
        rows = Registration.objects.select_related("session", "member")
        row = get_object_or_404(rows, pk=given["registration"], member=person)
        services.cancel_registration(registration=row, actor=request.user, channel=channel)
        return _("The registration of %(name)s is cancelled.") % name
    session = get_object_or_404(WorkshopSession, pk=given["session"] or 0)
    made = services.register(session=session, member=person, actor=request.user, channel=channel)
    if made.status == Registration.Status.WAITLISTED:
        return _("It is full: %(name)s is on the waiting list.") % name
    return _("%(name)s is registered.") % name
