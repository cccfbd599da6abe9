"""Is this right? The last tap before a booking, and getting in line for a taken time."""

import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from booking import availability, queries, rules, services
from booking.facts import Wish
from booking.forms import SlotForm
from booking.models import Reservation
from booking.problems import Alternative, Refused
from booking.views.errand import Errand, booking_of, home_of, machine_of, member_of, moving_of
from machines.models import Declared
from members.models import Channel, User
from members.queries import is_guardian_of
from place.clock import Span, local

# A price, a level, another person: nobody sends us these from our own page.
POSTED = {"debut", "fin", "accompagne", "matiere", "cle", "csrfmiddlewaretoken"}
FORM_KEY = re.compile(r"[A-Za-z0-9]{22}")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, slug: str) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    return _confirm_page(request, booking_of(request, slug))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def move_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    return _confirm_page(request, moving_of(request, pk))


@never_cache
@login_required
@require_POST
def wait(request: HttpRequest, slug: str) -> HttpResponse:
    """Get in line for a taken time."""
    errand, form = booking_of(request, slug), SlotForm(request.POST)
    if not form.is_valid():
        return redirect(errand.url("slots"))
    person, span = member_of(request, errand), form.span
    try:
        services.wait(
            actor=request.user,
            member=person,
            machine=errand.machine,
            starts_at=span.start,
            ends_at=span.end,
            accompanied=form.cleaned_data["accompagne"],
            channel=_channel(request.user, errand.child),
        )
    except Refused as refused:
        return _show_confirm(request, errand, form, refused, 422)
    messages.success(request, _("Noted! If this time becomes free, we keep it for you and tell you."))
    return redirect(home_of(request.user, person))


def _confirm_page(request: HttpRequest, errand: Errand) -> HttpResponse:
    if set(request.POST) - POSTED:
        messages.error(request, _("This page has changed on its way to us: nothing is booked. Choose the time again."))
        return redirect(errand.url("slots"))
    form = SlotForm(request.POST or request.GET)
    if not form.is_valid():
        return redirect(errand.url("slots"))
    if request.method == "POST":
        return _decide(request, errand, form)
    return _show_confirm(request, errand, form)


def _show_confirm(
    request: HttpRequest, errand: Errand, form: SlotForm, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    now, accompanied = timezone.now(), form.cleaned_data["accompagne"]
    member = member_of(request, errand)
    refused = refused or _foreseen(errand, form, member, now)
    choices = [] if refused else _lengths(errand, form.span, now, member, accompanied)
    context = {
        "machine": errand.machine,
        "title": errand.title,
        "any_of_kind": errand.any_of_kind,
        "moving": errand.moving,
        "for_whom": member if member and member.pk != request.user.pk else None,
        "span": form.span,
        "key": get_random_string(22),
        "choices": [
            {"span": span, "value": local(span.end).isoformat(), "picked": span == form.span} for span in choices
        ],
        "materials": queries.materials_of(errand.machine) if not errand.moving else [],
        "material": form.cleaned_data["matiere"],
        "unsure": errand.machine.material_declared == Declared.ARRIVAL,
        "debut": local(form.span.start).isoformat(),
        "fin": local(form.span.end).isoformat(),
        "accompanied": accompanied,
        "problems": refused.problems if refused else [],
        "alternatives": _choices(errand, refused.alternatives, accompanied) if refused else [],
        "wait_url": _wait_url(errand, refused) if member and refused else "",
        "back_url": errand.url("slots", jour=local(form.span.start).date().isoformat()),
    }
    return render(request, "booking/confirm.html", context, status=status)


def _lengths(errand: Errand, span: Span, now: datetime, member: User | None, accompanied: bool) -> list[Span]:
    ignore, day = errand.moving.pk if errand.moving else None, local(span.start).date()
    plan = availability.plan_for(
        errand.machine, day, 2, now, member, accompanied, ignore, any_of_kind=errand.any_of_kind
    )
    return plan.lengths(span.start)


def _wait_url(errand: Errand, refused: Refused) -> str:
    waits = rules.may_wait(refused.codes) and not errand.moving and not errand.any_of_kind
    return errand.url("wait") if waits else ""


def _foreseen(errand: Errand, form: SlotForm, member: User | None, now: datetime) -> Refused | None:
    """Say before the tap what the tap would be told: an old link may name a time that is gone."""
    wish = Wish(form.span, form.cleaned_data["accompagne"], errand.moving.pk if errand.moving else None)
    if member is None:
        return None
    return services.foresee(machine=errand.machine, member=member, wish=wish, now=now, any_of_kind=errand.any_of_kind)


def _decide(request: HttpRequest, errand: Errand, form: SlotForm) -> HttpResponse:
    wish = Wish(form.span, form.cleaned_data["accompagne"], material=form.cleaned_data["matiere"])
    try:
        done = _carry_out_once(request, errand, wish)
    except Refused as refused:
        status = 409 if "overlap" in refused.codes else 422
        return _show_confirm(request, errand, form, refused, status)
    messages.success(request, _done_words(done, errand))
    return redirect(home_of(request.user, done.member))


def _carry_out_once(request: HttpRequest, errand: Errand, wish: Wish) -> Reservation:
    """Book once, however often the same form is sent: a double tap, a page sent again."""
    key = request.POST.get("cle", "")
    if errand.moving or not FORM_KEY.fullmatch(key):
        return _carry_out(request.user, errand, wish)
    wanted = f"{errand.machine.pk} {errand.child and errand.child.pk} {errand.any_of_kind} {wish}"
    digest = sha256(wanted.encode()).hexdigest()

    def act() -> services.Answer:
        return services.Answer(201, str(_carry_out(request.user, errand, wish).pk))

    answer = services.once(user=request.user, key=f"form {key} {digest}", digest=digest, act=act)
    return Reservation.objects.select_related("machine", "member").get(pk=int(answer.body))


def _carry_out(user: Any, errand: Errand, wish: Wish) -> Reservation:
    span = wish.span
    if errand.moving:
        return services.move(actor=user, reservation=errand.moving, starts_at=span.start, ends_at=span.end)
    return services.reserve(
        actor=user,
        machine=errand.machine,
        member=errand.child,
        starts_at=span.start,
        ends_at=span.end,
        accompanied=wish.accompanied,
        material=wish.material,
        channel=_channel(user, errand.child),
        any_of_kind=errand.any_of_kind,
    )


def _channel(user: Any, person: User | None) -> str:
    """Return how a wish reached us: the team types it in at the desk."""
    return Channel.ONLINE if person is None or is_guardian_of(user, person) else Channel.DESK


def _done_words(reservation: Reservation, errand: Errand) -> str:
    if errand.moving:
        return _("Moved! See you then.")
    if reservation.state == "to_confirm":
        return _("Noted! Somebody from the team will confirm that they can be with you.")
    return _("Booked! See you then.")


def _choices(errand: Errand, found: Sequence[Alternative], accompanied: bool) -> list[dict[str, str]]:
    """Turn alternatives into links; on another machine a move becomes a new booking."""
    links = []
    for other in found:
        same = other.machine == errand.machine.slug
        goal = errand if same else Errand(machine_of(other.machine), child=errand.child)
        links.append({"label": other.label, "url": goal.slot_url(other.span, accompanied)})
    return links
