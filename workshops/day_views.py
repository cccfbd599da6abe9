"""The page of a day with a programme: what happens when, and one's own choices, or a child's."""

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

from booking.problems import Refused
from members.models import Channel, User
from workshops import rules, services
from workshops.day_plan import Plan, plan_of
from workshops.forms import ChoicesForm
from workshops.models import Programme
from workshops.whom import whom


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def programme(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a day; register for it with one choice for each part, change the choices, or leave."""
    day = get_object_or_404(Programme, slug=slug)
    who, choices = whom(request, groups=False)
    here = reverse("workshops:programme", args=[slug])
    if request.method == "POST" and who is None:
        return redirect_to_login(here)
    plan = plan_of(day, who.member if who else None, timezone.now())
    if request.method == "POST" and who:
        plan = act_on(request, plan, Channel.ONLINE)
        if not plan.is_refused:
            return redirect(here + who.query)
    context = {"plan": plan, "who": who, "choices": choices, "page_url": here}
    context |= {"form_url": here + who.query if who else here}
    context |= {"sign_in_url": f"{reverse('account_login')}?next={here}"}
    return render(request, "workshops/programme.html", context, status=422 if plan.is_refused else 200)


def act_on(request: HttpRequest, plan: Plan, channel: str) -> Plan:
    """Leave the day, or take what was ticked; return the page with what was refused, when something was."""
    actor, form = cast(User, request.user), ChoicesForm(request.POST, parts=plan.bands)
    try:
        if "leave" in request.POST and plan.entry:
            services.leave_day(entry=plan.entry, actor=actor, channel=channel)
            messages.success(request, _("The place at this day is given back."))
        elif plan.member and form.is_valid():
            services.register_day(
                programme=plan.day, member=plan.member, choices=form.chosen(), actor=actor, channel=channel
            )
            messages.success(request, _("It is noted. See you then!"))
        else:
            return plan.refused([rules.closed(_("Choose among the workshops of the day."))], form.asked())
    except Refused as refused:
        return plan.refused(refused.problems, form.asked())
    return plan
