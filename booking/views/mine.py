"""My bookings: coming, changing one's mind, answering an offer."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import group_queries, queries, rules, services
from booking.forms import ArriveForm, CancelForm
from booking.models import UPCOMING, Reservation, State, WaitingEntry
from booking.problems import Refused
from booking.views.errand import acts_for, home_of, own_booking


@never_cache
@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    coming, over = queries.mine(request.user, now)
    context = {
        "coming": [_mine_row(row, now) for row in coming if row.state != State.HELD],
        "over": over,
        "waiting": queries.waiting_of(request.user),
        "for_groups": group_queries.acts_for_partners(request.user),
    }
    return render(request, "booking/mine.html", context)


def _mine_row(row: Reservation, now: datetime) -> dict[str, Any]:
    until = rules.changeable_until(row)
    return {
        "reservation": row,
        "changeable": row.state in UPCOMING and now < row.starts_at and now <= until,
        "until": until if until < row.starts_at else None,
        "awaited": services.is_awaited(row, now),
        "finishable": services.can_be_finished(row, now),
    }


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def arrive(request: HttpRequest, pk: int) -> HttpResponse:
    """Say “I am here”: oneself, or the team for somebody; a page where a material is still to be said."""
    reservation, form = own_booking(request, pk), ArriveForm(request.POST)
    if request.method != "POST" or not form.is_valid():
        return _arrival_page(request, reservation)
    try:
        services.arrive(actor=request.user, reservation=reservation, material=form.cleaned_data["matiere"])
    except Refused as refused:
        if "material_refused" in refused.codes:
            return _arrival_page(request, reservation, refused)
        messages.error(request, str(refused.problems[0].message))
    else:
        messages.success(request, _("Noted: welcome!"))
    return redirect(home_of(request.user, reservation.member))


def _arrival_page(request: HttpRequest, reservation: Reservation, refused: Refused | None = None) -> HttpResponse:
    context = {
        "reservation": reservation,
        "materials": queries.materials_of(reservation.machine) if services.awaits_material(reservation) else [],
        "problems": refused.problems if refused else [],
        "back_url": home_of(request.user, reservation.member),
    }
    return render(request, "booking/arrive.html", context, status=422 if refused else 200)


@never_cache
@login_required
@require_POST
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    """Say “I have finished”: the rest of the time is somebody else's."""
    reservation = own_booking(request, pk)
    try:
        services.finish(actor=request.user, reservation=reservation)
    except Refused as refused:
        messages.error(request, str(refused.problems[0].message))
    else:
        messages.success(request, _("Thank you: the rest of the time is free for somebody else."))
    return redirect(home_of(request.user, reservation.member))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    reservation = own_booking(request, pk)
    form = CancelForm(request.POST or None)
    back_url = home_of(request.user, reservation.member)
    late = rules.is_late(reservation, timezone.now())
    context = {"reservation": reservation, "form": form, "back_url": back_url, "late": late}
    if request.method != "POST" or not form.is_valid():
        return render(request, "booking/cancel.html", context)
    try:
        services.cancel(actor=request.user, reservation=reservation, reason=form.cleaned_data["reason"])
    except Refused as refused:
        return render(request, "booking/cancel.html", context | {"problems": refused.problems}, status=409)
    messages.success(request, _("Cancelled. The time is free for somebody else: thank you."))
    return redirect(back_url)


@never_cache
@login_required
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Say yes or no to a time that is kept, or leave the line."""
    entry = get_object_or_404(WaitingEntry.objects.select_related("machine", "member"), pk=pk)
    if entry.member.pk != request.user.pk and not acts_for(request.user, entry.member):
        raise Http404
    try:
        messages.success(request, _answered(request.user, entry, taken="oui" in request.POST))
    except Refused as refused:
        messages.error(request, " ".join(str(problem.message) for problem in refused.problems))
    return redirect(home_of(request.user, entry.member))


def _answered(user: Any, entry: WaitingEntry, *, taken: bool) -> str:
    if taken:
        services.take_offer(actor=user, entry=entry)
        return _("Booked! See you then.")
    services.stop_waiting(actor=user, entry=entry)
    return _("Noted: you no longer wait for this time.")
