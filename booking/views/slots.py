"""The times of a day, for a new booking or another time for one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from booking import availability, rules
from booking.forms import DayForm
from booking.problems import Problem
from booking.views.errand import Errand, booking_of, member_of, moving_of
from booking.words import short_reason
from machines.models import Machine
from members.models import User
from place.clock import Span, today

STRIP_DAYS = 14


@never_cache
@require_safe
def slots(request: HttpRequest, slug: str) -> HttpResponse:
    return _slots_page(request, booking_of(request, slug))


@never_cache
@login_required
@require_safe
def move(request: HttpRequest, pk: int) -> HttpResponse:
    return _slots_page(request, moving_of(request, pk))


def _slots_page(request: HttpRequest, errand: Errand) -> HttpResponse:
    now, form = timezone.now(), DayForm(request.GET)
    member, accompanied = member_of(request, errand), form.accompanied
    asked = form.day(today(now))
    first_day = asked - timedelta(days=(asked - today(now)).days % STRIP_DAYS)
    ignore = errand.moving.pk if errand.moving else None
    plan = availability.plan_for(
        errand.machine, first_day, STRIP_DAYS, now, member, accompanied, ignore, any_of_kind=errand.any_of_kind
    )
    day = asked if request.GET.get("jour") else plan.first_free_day()
    shown = plan.slots(day)
    problems = _personal_problems(shown, member)
    context = {
        "title": errand.title,
        "kind": _kind_choice(errand, day),
        "any_of_kind": errand.any_of_kind,
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


def _kind_choice(errand: Errand, day: date) -> dict[str, str] | None:
    """Offer the other way to book a machine that has others of its kind: any of them, or this one."""
    if errand.moving or errand.machine.pool is None:
        return None
    other = replace(errand, any_of_kind=not errand.any_of_kind)
    return {"name": other.title, "url": other.url("slots", jour=day.isoformat())}


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
    waits = codes == {"overlap"} and not errand.moving and not errand.any_of_kind
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
