"""The state of the machines, asked for again and again by open pages. Public: nothing of a person."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from cms import queries
from machines.models import Machine
from place.live import live_part


@require_safe
@cache_control(no_cache=True)
def machine_now(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Return the part of a machine's page that says what it is at."""
    key = get_object_or_404(Machine.objects.only("pk"), slug=slug, in_service=True).pk
    return live_part(
        request, key, "cms/includes/machine_now.html", lambda: {"card": queries.machine_card(key, timezone.now())}
    )


@require_safe
@cache_control(no_cache=True)
def park_now(request: HttpRequest) -> HttpResponseBase:
    """Return the machines in service, each with its state."""
    return live_part(request, "", "cms/includes/park_now.html", lambda: {"machines": queries.park(timezone.now())})
