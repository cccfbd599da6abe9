"""What somebody attended and gave, and its certificates: at the desk, in one's own account, in that of a child."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from desk import pdf
from desk.forms.attended import PeriodForm
from desk.lock import at_desk
from desk.queries.attended import by_person
from desk.views.account import person_of, shown
from members.models import User
from place.clock import Span, day_span
from place.queries import lab
from workshops import attended_queries as attended
from workshops import services
from workshops.models import Attendance

OWN, OF_A_CHILD, AT_DESK = "presences", "child_presences", "person_presences"


def _page(request: HttpRequest, person: User, place: str) -> dict[str, Any]:
    form = PeriodForm(request.GET or None)
    first, last = form.days()
    args = [] if place == OWN else [person.pk]
    prefix = place.removesuffix("presences")
    courses = [
        {"course": one, "url": reverse(f"desk:{prefix}certificate", args=[*args, one.lead.pk])}
        for one in attended.courses_of(person)
    ]
    given = attended.hours_given(person, first, last)
    return {
        "courses": courses,
        "form": form,
        "given": given,
        "total": attended.total(given),
        "unconfirmed": attended.hours_given(person, first, last, confirmed=False),
        "help_url": f"{reverse(f'desk:{prefix}help', args=args)}?du={first}&au={last}",
    }


def _attendance(person: User, session: int) -> HttpResponse:
    course = attended.course_of(person, session)
    if course is None:
        raise Http404
    return _file(pdf.attendance(lab(), person, course), "attestation")


def _help(request: HttpRequest, person: User) -> HttpResponse:
    first, last = PeriodForm(request.GET).days()
    given = attended.hours_given(person, first, last)
    if not given:
        raise Http404
    span = Span(day_span(first).start, day_span(last + timedelta(days=1)).start)
    return _file(pdf.help_given(lab(), person, span, given), "benevolat")


def _file(content: bytes, name: str) -> HttpResponse:
    disposition = f'inline; filename="{name}.pdf"'
    return HttpResponse(content, content_type="application/pdf", headers={"Content-Disposition": disposition})


@login_required
@never_cache
@require_safe
def presences(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """List what I, or my child, attended, and the hours I gave."""
    person = person_of(request, pk)
    context = shown(request, person, **_page(request, person, OF_A_CHILD if pk else OWN))
    return render(request, "desk/account/presences.html", context)


@login_required
@never_cache
@require_safe
def certificate(request: HttpRequest, session: int, pk: int | None = None) -> HttpResponse:
    """Give the certificate of my, or my child's, attendance."""
    return _attendance(person_of(request, pk), session)


@login_required
@never_cache
@require_safe
def help_given(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Give the certificate of the hours that I, or my child, gave in a period."""
    return _help(request, person_of(request, pk))


@at_desk("members.manage_papers")
@require_safe
def person_presences(request: HttpRequest, pk: int) -> HttpResponse:
    """List what a person attended, and the hours they gave."""
    person = get_object_or_404(User, pk=pk, is_active=True)
    return render(request, "desk/counter/presences.html", {"person": person, **_page(request, person, AT_DESK)})


@at_desk("members.manage_papers")
@require_safe
def person_certificate(request: HttpRequest, pk: int, session: int) -> HttpResponse:
    """Print a certificate of attendance at the desk."""
    return _attendance(get_object_or_404(User, pk=pk, is_active=True), session)


@at_desk("members.manage_papers")
@require_safe
def person_help(request: HttpRequest, pk: int) -> HttpResponse:
    """Print a certificate of the hours that somebody gave."""
    return _help(request, get_object_or_404(User, pk=pk, is_active=True))


@at_desk("workshops.manage_workshops")
@require_http_methods(["GET", "HEAD", "POST"])
def hours(request: HttpRequest) -> HttpResponse:
    """Confirm the hours that volunteers and peer mediators gave; totals of a period."""
    form = PeriodForm(request.GET or None)
    if request.method == "POST":
        return _confirm(request)
    return render(request, "desk/counter/hours.html", {"form": form, "people": by_person(*form.days())})


def _confirm(request: HttpRequest) -> HttpResponse:
    keys = [int(key) for key in request.POST.getlist("attendance")[:500] if key.isdecimal() and len(key) < 18]
    rows = Attendance.objects.filter(pk__in=keys).select_related("session")
    try:
        for row in rows:
            services.confirm_hours(attendance=row, actor=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The hours are confirmed."))
    return redirect(request.get_full_path())
