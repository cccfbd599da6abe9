"""My account: who I am to the lab and what I may use."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from machines.queries import passport
from members.services import role_labels
from place.clock import today


@login_required
@never_cache
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    context = {"roles": role_labels(request.user), "passport": passport(request.user), "today": today()}
    return render(request, "machines/account.html", context)
