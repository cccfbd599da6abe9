"""The week of the team: one page to read, one page for each booking, and the same move by form or by hand."""

from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from booking.forms import window_initial
from booking.models import Reservation
from booking.problems import Alternative, Refused
from booking.services import move
from desk.forms.planning import MoveForm, WeekForm
from desk.lock import at_desk
from desk.queries.adding import BOOK_FOR_OTHERS, powers_of
from desk.queries.grid import grid_of, place_of
from desk.queries.planning import Week, families_in_service, is_movable, week_of
from machines.models import MachineCategory
from place.clock import local, period_text, today


@at_desk("booking.view_all_reservations")
@require_safe
def planning(request: HttpRequest) -> HttpResponse:
    """The week: a list by day for everybody, a grid to drag in for wide screens with JavaScript."""
    form, now = WeekForm(request.GET), timezone.now()
    category, as_list = form.category(), "liste" in request.GET
    week, may = week_of(form.day(today(now)), now, category), powers_of(request.user)
    context = {
        "week": week,
        "today": today(now),
        "category": category,
        "as_list": as_list,
        "links": _links(week, category, as_list),
        "kinds": [
            {"name": one.name, "url": week_url(week.first_day, one, as_list), "current": one == category}
            for one in families_in_service()
        ],
        "may": may,
        "grid": grid_of(week, may),
    }
    return render(request, "desk/planning/week.html", context)


def week_url(day: date, category: MachineCategory | None = None, as_list: bool = False) -> str:
    query = {"jour": day.isoformat()} | ({"machines": category.slug} if category else {})
    return f"{reverse('desk:planning')}?{urlencode(query | ({'liste': '1'} if as_list else {}))}"


def _links(week: Week, category: MachineCategory | None, as_list: bool) -> dict[str, str]:
    """Return the ways out of a week that keep what else was chosen."""
    return {
        "earlier": week_url(week.earlier, category, as_list),
        "now": week_url(today(), category, as_list),
        "later": week_url(week.later, category, as_list),
        "all": week_url(week.first_day, None, as_list),
        "list": week_url(week.first_day, category, as_list=True),
        "grid": week_url(week.first_day, category, as_list=False),
    }


@at_desk("booking.view_all_reservations")
@require_http_methods(["GET", "HEAD", "POST"])
def planned(request: HttpRequest, pk: int) -> HttpResponse:
    """One booking, and another time for it: shown as a page, or told to the grid that moved it."""
    rows = Reservation.objects.select_related("machine__category", "member", "created_by")
    row = get_object_or_404(rows, pk=pk)
    if request.method == "POST":
        return _move(request, row)
    stands = _fields(row.machine.slug, row.starts_at, row.ends_at)
    form = MoveForm(initial=stands | _asked(request) | {"sequence": row.sequence})
    return _show(request, row, form)


def _fields(machine: str, starts_at: datetime, ends_at: datetime) -> dict[str, str]:
    """Return a time on a machine as the form and the address write it."""
    return window_initial(starts_at, ends_at) | {"machine": machine}


def _asked(request: HttpRequest) -> dict[str, str]:
    """Return the time that a proposed link fills in."""
    return {name: request.GET[name] for name in ("day", "starts", "ends", "machine") if name in request.GET}


def _move(request: HttpRequest, row: Reservation) -> HttpResponse:
    form = MoveForm(request.POST)
    if not form.is_valid():
        return _refuse(request, row, form, Refused([]), 422)
    data = form.cleaned_data
    wanted = {name: data[name] for name in ("sequence", "starts_at", "ends_at", "machine")}
    try:
        moved = move(actor=request.user, reservation=row, **wanted)  # type: ignore[arg-type]
    except Refused as refused:
        row.refresh_from_db()
        return _refuse(request, row, form, refused, 409 if {"overlap", "changed"} & set(refused.codes) else 422)
    return _tell(request, moved)


def _tell(request: HttpRequest, moved: Reservation) -> HttpResponse:
    where = {"machine": moved.machine.name, "period": period_text(moved.starts_at, moved.ends_at)}
    words = _("Moved: %(machine)s, %(period)s.") % where
    if _is_grid(request):
        return JsonResponse(place_of(moved) | {"said": words})
    messages.success(request, words)
    return redirect(week_url(local(moved.starts_at).date()))


def _refuse(request: HttpRequest, row: Reservation, form: MoveForm, refused: Refused, status: int) -> HttpResponse:
    """Say why not, and where the booking stands: what the form was looked at is no longer sure."""
    if _is_grid(request):
        reasons = [str(problem.message) for problem in refused.problems]
        reasons += [str(error) for errors in form.errors.values() for error in errors]
        answer = {"reasons": reasons, "others": _others(row, refused.alternatives)}
        return JsonResponse(place_of(row) | answer, status=status)
    data = request.POST.copy()
    data["sequence"] = str(row.sequence)
    form.data = data
    return _show(request, row, form, refused, status)


def _show(
    request: HttpRequest, row: Reservation, form: MoveForm, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    movable = is_movable(row, timezone.now()) and request.user.has_perm(BOOK_FOR_OTHERS)
    context = {
        "row": row,
        "form": form if movable else None,
        "problems": refused.problems if refused else (),
        "alternatives": _others(row, refused.alternatives) if refused else [],
        "back_url": week_url(local(row.starts_at).date()),
    }
    return render(request, "desk/planning/booking.html", context, status=status)


def _is_grid(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def _others(row: Reservation, found: Sequence[Alternative]) -> list[dict[str, str]]:
    """Turn alternatives into links to the filled-in form."""
    page = reverse("desk:planned", args=[row.pk])
    return [
        {"label": one.label, "url": f"{page}?{urlencode(_fields(one.machine, one.span.start, one.span.end))}"}
        for one in found
    ]
