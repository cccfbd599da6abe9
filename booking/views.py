"""Pages of booking: day → time → confirm, and my bookings. Nothing here needs JavaScript."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import availability, queries, rules, services
from booking.facts import Wish
from booking.forms import CancelForm, DayForm, SlotForm
from booking.models import UPCOMING, Reservation, State, WaitingEntry
from booking.problems import Alternative, Problem, Refused
from booking.words import short_reason
from machines.models import Machine
from members.models import Channel, User
from members.queries import is_guardian_of
from place.clock import Span, local, today

STRIP_DAYS = 14


@dataclass(frozen=True, slots=True)
class Errand:
    """What the pages are for: a new booking of a machine, for oneself or a child, or another time for one."""

    machine: Machine
    moving: Reservation | None = None
    child: User | None = None

    def url(self, step: str, **query: str) -> str:
        names = {"slots": "booking:move", "confirm": "booking:move_confirm"} if self.moving else {}
        kwargs = {"pk": self.moving.pk} if self.moving else {"slug": self.machine.slug}
        query |= {"pour": str(self.child.pk)} if self.child else {}
        tail = f"?{urlencode(query)}" if query else ""
        return reverse(names.get(step, f"booking:{step}"), kwargs=kwargs) + tail

    def slot_url(self, span: Span, accompanied: bool) -> str:
        query = {"debut": local(span.start).isoformat(), "fin": local(span.end).isoformat()}
        return self.url("confirm", **query, **({"accompagne": "1"} if accompanied else {}))


@never_cache
@require_safe
def slots(request: HttpRequest, slug: str) -> HttpResponse:
    return _slots_page(request, Errand(_machine(slug), child=_child(request)))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, slug: str) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    return _confirm_page(request, Errand(_machine(slug), child=_child(request)))


@never_cache
@login_required
@require_safe
def move(request: HttpRequest, pk: int) -> HttpResponse:
    return _slots_page(request, _moving(request, pk))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def move_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    return _confirm_page(request, _moving(request, pk))


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
    }
    return render(request, "booking/mine.html", context)


def _mine_row(row: Reservation, now: datetime) -> dict[str, Any]:
    until = rules.changeable_until(row)
    return {
        "reservation": row,
        "changeable": row.state in UPCOMING and now < row.starts_at and now <= until,
        "until": until if until < row.starts_at else None,
        "awaited": services.is_awaited(row, now),
    }


@never_cache
@login_required
@require_POST
def arrive(request: HttpRequest, pk: int) -> HttpResponse:
    """Say “I am here”: oneself, or the team for somebody."""
    reservation = _own(request, pk)
    try:
        services.arrive(actor=request.user, reservation=reservation)
    except Refused as refused:
        messages.error(request, str(refused.problems[0].message))
    else:
        messages.success(request, _("Noted: welcome!"))
    return redirect(_home_of(request.user, reservation.member))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    reservation = _own(request, pk)
    form = CancelForm(request.POST or None)
    back_url = _home_of(request.user, reservation.member)
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
def wait(request: HttpRequest, slug: str) -> HttpResponse:
    """Get in line for a taken time."""
    errand, form = Errand(_machine(slug), child=_child(request)), SlotForm(request.POST)
    if not form.is_valid():
        return redirect(errand.url("slots"))
    person, span = _member(request, errand), form.span
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
    return redirect(_home_of(request.user, person))


@never_cache
@login_required
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Say yes or no to a time that is kept, or leave the line."""
    entry = get_object_or_404(WaitingEntry.objects.select_related("machine", "member"), pk=pk)
    if entry.member.pk != request.user.pk and not _acts_for(request.user, entry.member):
        raise Http404
    try:
        messages.success(request, _answered(request.user, entry, taken="oui" in request.POST))
    except Refused as refused:
        messages.error(request, " ".join(str(problem.message) for problem in refused.problems))
    return redirect(_home_of(request.user, entry.member))


def _answered(user: Any, entry: WaitingEntry, *, taken: bool) -> str:
    if taken:
        services.take_offer(actor=user, entry=entry)
        return _("Booked! See you then.")
    services.stop_waiting(actor=user, entry=entry)
    return _("Noted: you no longer wait for this time.")


def _slots_page(request: HttpRequest, errand: Errand) -> HttpResponse:
    now, form = timezone.now(), DayForm(request.GET)
    member, accompanied = _member(request, errand), form.accompanied
    asked = form.day(today(now))
    first_day = asked - timedelta(days=(asked - today(now)).days % STRIP_DAYS)
    ignore = errand.moving.pk if errand.moving else None
    plan = availability.Plan.load(errand.machine, first_day, STRIP_DAYS, now, member, accompanied, ignore)
    day = asked if request.GET.get("jour") else plan.first_free_day()
    shown = plan.slots(day)
    problems = _personal_problems(shown, member)
    context = {
        "machine": errand.machine,
        "moving": errand.moving,
        "child": errand.child,
        "day": day,
        "days": _strip(errand, plan, day, accompanied),
        "earlier_url": _day_url(errand, first_day - timedelta(days=1), accompanied) if first_day > today(now) else "",
        "later_url": _day_url(errand, plan.last_day + timedelta(days=1), accompanied),
        "slots": [_slot_row(errand, slot, accompanied) for slot in shown],
        "problems": problems,
        "accompanied": accompanied,
        "with_team_url": _day_url(errand, day, accompanied=True) if plan.opens_with_team(problems, day) else "",
    }
    return render(request, "booking/slots.html", context)


def _day_url(errand: Errand, day: date, accompanied: bool) -> str:
    return errand.url("slots", jour=day.isoformat(), **({"accompagne": "1"} if accompanied else {}))


def _strip(errand: Errand, plan: availability.Plan, day: date, accompanied: bool) -> list[dict[str, Any]]:
    return [
        {"date": one, "free": free, "current": one == day, "url": _day_url(errand, one, accompanied)}
        for one, free in plan.free_days().items()
    ]


def _slot_row(errand: Errand, slot: availability.Slot, accompanied: bool) -> dict[str, Any]:
    codes = {problem.code for problem in slot.problems}
    offered = not codes - {"not_allowed"}
    waits = codes == {"overlap"} and not errand.moving
    return {
        "span": slot.span,
        "url": errand.slot_url(slot.span, accompanied) if offered else "",
        "sign_in": "not_allowed" in codes,
        "wait_url": errand.slot_url(_first_part(slot.span, errand.machine), accompanied) if waits else "",
        "reason": "" if offered else short_reason(slot.problems),
        "message": "" if offered else slot.problems[0].message,
    }


def _first_part(span: Span, machine: Machine) -> Span:
    """Return the beginning of a taken stretch, as long as one usually books."""
    return Span(span.start, min(span.end, span.start + timedelta(minutes=machine.slot_minutes)))


def _personal_problems(shown: Sequence[availability.Slot], member: User | None) -> list[Problem]:
    """Return what stands in the person's way on every slot, said once above the list."""
    if member is None or not shown or any(slot.available for slot in shown):
        return []
    mine_too = rules.PERSONAL | {"quota_reached", "machine_down"}
    common = set.intersection(*({problem.code for problem in slot.problems} for slot in shown)) & mine_too
    return [problem for problem in shown[0].problems if problem.code in common]


def _confirm_page(request: HttpRequest, errand: Errand) -> HttpResponse:
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
    member = _member(request, errand)
    refused = refused or _foreseen(errand, form, member, now)
    choices = (
        [] if refused else availability.lengths(errand.machine, form.span, now, member, accompanied, errand.moving)
    )
    context = {
        "machine": errand.machine,
        "moving": errand.moving,
        "span": form.span,
        "choices": [
            {"span": span, "value": local(span.end).isoformat(), "picked": span == form.span} for span in choices
        ],
        "debut": local(form.span.start).isoformat(),
        "fin": local(form.span.end).isoformat(),
        "accompanied": accompanied,
        "problems": refused.problems if refused else [],
        "alternatives": _choices(errand, refused.alternatives, accompanied) if refused else [],
        "wait_url": _wait_url(errand, refused) if member and refused else "",
        "back_url": errand.url("slots", jour=local(form.span.start).date().isoformat()),
    }
    return render(request, "booking/confirm.html", context, status=status)


def _wait_url(errand: Errand, refused: Refused) -> str:
    return errand.url("wait") if rules.may_wait(refused.codes) and not errand.moving else ""


def _foreseen(errand: Errand, form: SlotForm, member: User | None, now: datetime) -> Refused | None:
    """Say before the tap what the tap would be told: an old link may name a time that is gone."""
    wish = Wish(form.span, form.cleaned_data["accompagne"], errand.moving.pk if errand.moving else None)
    return services.foresee(machine=errand.machine, member=member, wish=wish, now=now) if member else None


def _decide(request: HttpRequest, errand: Errand, form: SlotForm) -> HttpResponse:
    span, accompanied = form.span, form.cleaned_data["accompagne"]
    try:
        done = _carry_out(request.user, errand, span, accompanied)
    except Refused as refused:
        status = 409 if "overlap" in refused.codes else 422
        return _show_confirm(request, errand, form, refused, status)
    messages.success(request, _done_words(done, errand))
    return redirect(_home_of(request.user, done.member))


def _carry_out(user: Any, errand: Errand, span: Span, accompanied: bool) -> Reservation:
    if errand.moving:
        return services.move(actor=user, reservation=errand.moving, starts_at=span.start, ends_at=span.end)
    return services.reserve(
        actor=user,
        machine=errand.machine,
        member=errand.child,
        starts_at=span.start,
        ends_at=span.end,
        accompanied=accompanied,
        channel=_channel(user, errand.child),
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
        goal = errand if same else Errand(_machine(other.machine), child=errand.child)
        links.append({"label": other.label, "url": goal.slot_url(other.span, accompanied)})
    return links


def _machine(slug: str) -> Machine:
    return get_object_or_404(queries.in_service(), slug=slug)


def _member(request: HttpRequest, errand: Errand) -> User | None:
    """Return for whom the page looks: the booking's holder when one is moved."""
    if errand.moving:
        return errand.moving.member
    if errand.child:
        return errand.child
    return request.user if request.user.is_authenticated else None  # type: ignore[return-value]


def _child(request: HttpRequest) -> User | None:
    """Return whom the page is for (`?pour=`); somebody for whom the visitor may not act does not exist."""
    key = request.GET.get("pour", "")
    if not key:
        return None
    found = get_object_or_404(User, pk=int(key), is_active=True) if key.isdecimal() and len(key) < 18 else None
    if found is None or not request.user.is_authenticated or not _acts_for(request.user, found):
        raise Http404
    return found


def _acts_for(user: Any, person: User) -> bool:
    """Tell whether somebody acts for another: as their guardian, or as one of the team."""
    return is_guardian_of(user, person) or user.has_perm("booking.book_for_others")


def _home_of(user: Any, member: User | None) -> str:
    """Return where the bookings of the person are listed: one's own, the child's page, or the desk's."""
    if member is None or member.pk == user.pk:
        return reverse("booking:mine")
    return reverse("desk:child_account" if is_guardian_of(user, member) else "desk:person", args=[member.pk])


def _own(request: HttpRequest, pk: int) -> Reservation:
    """Return a booking of one's own or of somebody one acts for; anybody else's does not exist here."""
    found = get_object_or_404(Reservation.objects.select_related("machine__category", "member"), pk=pk)
    member = found.member
    if member is None or not (member.pk == request.user.pk or _acts_for(request.user, member)):
        raise Http404
    return found


def _moving(request: HttpRequest, pk: int) -> Errand:
    reservation = _own(request, pk)
    if reservation.state not in UPCOMING or reservation.starts_at <= timezone.now():
        raise Http404
    return Errand(reservation.machine, reservation)
