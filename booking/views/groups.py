"""Bookings for groups: of partners under their agreement, of clubs; once, or again and again."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import group_queries, services
from booking.forms import GroupForm
from booking.group_models import BookingSeries
from booking.models import UPCOMING, Reservation
from booking.problems import Problem, Refused
from booking.services import Group, Row
from booking.views.errand import child_of
from members.models import Channel, User
from place.clock import Span, local, today


@never_cache
@login_required
@require_safe
def groups(request: HttpRequest) -> HttpResponse:
    _refuse_strangers(request.user)
    now = timezone.now()
    context = {
        "agreements": list(group_queries.agreements_for(request.user, today())),
        "rows": list(group_queries.series_of(request.user, now)),
        "bookings": list(group_queries.group_bookings_of(request.user, now)),
    }
    return render(request, "booking/groups.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def group_book(request: HttpRequest) -> HttpResponse:
    """Fill in, look at every date, then book those that are wanted."""
    _refuse_strangers(request.user)
    person = child_of(request)
    if person is not None and not request.user.has_perm("booking.book_for_others"):
        raise PermissionDenied
    form = _form(request, person)
    if request.method != "POST" or not form.is_valid():
        return render(request, "booking/group_book.html", {"form": form, "person": person})
    row = _row(form.cleaned_data, person)
    if "dates" in request.POST:
        return _book(request, form, row)
    return _show_dates(request, form, row)


def _form(request: HttpRequest, person: User | None) -> GroupForm:
    agreements = group_queries.agreements_for(request.user, today())
    first = {"responsible": request.user.pk, "agreement": request.GET.get("convention"), "day": today()}
    return GroupForm(request.POST or None, initial=first, agreements=agreements, person=person)


def _row(data: dict[str, Any], person: User | None) -> Row:
    agreement = data.get("agreement")
    return Row(
        machine=data["machine"],
        member=person or data["responsible"],
        first=Span(data["starts_at"], data["ends_at"]),
        every_weeks=data["every_weeks"] or 1,
        last_day=(data["last_day"] if data["every_weeks"] else None) or data["day"],
        group=Group(data["title"], data["people"], agreement),
        any_of_kind=data["any_of_kind"],
    )


def _show_dates(request: HttpRequest, form: GroupForm, row: Row, problems: Sequence[Problem] = ()) -> HttpResponse:
    found = services.foresee_series(actor=request.user, row=row, now=timezone.now())
    context = {"form": form, "row": row, "found": found, "free": sum(not one.problems for one in found)}
    status = 422 if problems else 200
    return render(request, "booking/group_dates.html", context | {"problems": problems}, status=status)


def _book(request: HttpRequest, form: GroupForm, row: Row) -> HttpResponse:
    wanted = set(request.POST.getlist("jour"))
    days = [local(span.start).date() for span in row.dates]
    skip = [day for day in days if day.isoformat() not in wanted]
    channel = Channel.PARTNER if row.group.agreement else Channel.DESK
    try:
        series = services.reserve_series(actor=request.user, row=row, skip=skip, channel=channel)
    except Refused as refused:
        return _show_dates(request, form, row, refused.problems)
    count = series.reservations.count()
    messages.success(request, ngettext("Booked: %(count)s date.", "Booked: %(count)s dates.", count) % {"count": count})
    return redirect("booking:series", series.pk)


@never_cache
@login_required
@require_safe
def series(request: HttpRequest, pk: int) -> HttpResponse:
    found, rows = _own_series(request, pk)
    now = timezone.now()
    context = {
        "series": found,
        "rows": rows,
        "coming": [row for row in rows if row.state in UPCOMING and row.starts_at > now],
    }
    return render(request, "booking/series.html", context)


@never_cache
@login_required
@require_POST
def series_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    found, _rows = _own_series(request, pk)
    freed = len(services.cancel_series(actor=request.user, series=found))
    words = ngettext("Cancelled: %(count)s date.", "Cancelled: %(count)s dates.", freed)
    messages.success(request, words % {"count": freed})
    return redirect(reverse("booking:series", args=[found.pk]))


def _own_series(request: HttpRequest, pk: int) -> tuple[BookingSeries, list[Reservation]]:
    found = get_object_or_404(BookingSeries, pk=pk)
    rows = list(group_queries.dates_of(found, request.user))
    if not rows:
        raise Http404
    return found, rows


def _refuse_strangers(user: Any) -> None:
    if not group_queries.may_see_groups(user):
        raise PermissionDenied(_("These pages are for partners of the lab and its team."))
