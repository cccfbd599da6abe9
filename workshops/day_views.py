"""The page of a day with a programme: what happens when, and one's own choices."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from booking.problems import Problem, Refused
from members.models import User
from workshops import queries, services
from workshops.forms import ChoicesForm
from workshops.models import Programme


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def programme(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a day; register for it with one choice for each part, change the choices, or leave."""
    day = get_object_or_404(Programme, slug=slug)
    if request.method != "POST":
        return _page(request, day)
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("workshops:programme", args=[slug]))
    try:
        return _act(request, cast(User, request.user), day)
    except Refused as refused:
        return _page(request, day, refused.problems, status=422)


def _act(request: HttpRequest, member: User, day: Programme) -> HttpResponse:
    entry = queries.entry_of(day, member)
    if "leave" in request.POST and entry:
        services.leave_day(entry=entry, actor=member)
        messages.success(request, _("You are no longer registered for this day."))
    else:
        form = ChoicesForm(request.POST, day=day)
        if not form.is_valid():
            return _page(request, day, status=422, form=form)
        services.register_day(programme=day, member=member, choices=form.chosen(), actor=member)
        messages.success(request, _("You are registered. See you then!"))
    return redirect("workshops:programme", slug=day.slug)


def _page(
    request: HttpRequest,
    day: Programme,
    problems: tuple[Problem, ...] = (),
    status: int = 200,
    form: ChoicesForm | None = None,
) -> HttpResponse:
    user = request.user
    entry = queries.entry_of(day, user) if user.is_authenticated else None
    chosen = queries.chosen_in(day, user) if user.is_authenticated else {}
    context = {
        "day": day,
        "bands": queries.parts_of(day),
        "entry": entry,
        "held": {row.session_id for row in chosen.values()},
        "form": form,
        "problems": problems,
        "open": not day.cancelled and day.starts_at > timezone.now(),
        "sign_in_url": f"{reverse('account_login')}?next={reverse('workshops:programme', args=[day.slug])}",
    }
    return render(request, "workshops/programme.html", context, status=status)
