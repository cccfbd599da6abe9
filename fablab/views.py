"""Pages of the house itself: is it up, what does it look like, what went wrong."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from fablab import exposition
from fablab import styleguide as samples
from iot_bridge import queries as bridge


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> JsonResponse:
    """Say that the process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(_request: HttpRequest) -> JsonResponse:
    """Say whether visitors may be sent here; 503 names what is not ready."""
    problems = {name: problem for name, check in CHECKS.items() if (problem := _problem(check))}
    told: dict[str, Any] = {"status": "not ready" if problems else "ok", "problems": problems}
    if not problems and _broker_lost():
        told["notices"] = {"broker": "the bridge has no broker"}
    return JsonResponse(told, status=503 if problems else 200)


def _broker_lost() -> bool:
    """A missing broker is no failure of the site: it is named, and visitors still come."""
    beats = bridge.bridge_beats(timezone.now())
    return not all(report.connected for report in bridge.bridge_reports(beats.of))


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Show the bridge's counters to who brings METRICS_TOKEN; without one in the settings there is no such page."""
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    if not settings.METRICS_TOKEN:
        raise Http404
    if not constant_time_compare(request.headers.get("Authorization", ""), wanted):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(exposition.text(timezone.now()), content_type=exposition.CONTENT_TYPE)


def _problem(check: Callable[[], str]) -> str:
    try:
        return check()
    except DatabaseError:
        return "the database does not answer"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(waiting)} to apply" if waiting else ""


def _bridge() -> str:
    beats = bridge.bridge_beats(timezone.now())
    if beats.age is None:
        return "the bridge has never run"
    if beats.missing:
        missing = ", ".join(map(str, beats.missing))
        return f"partition {missing} of {beats.of} has never run"
    return "" if beats.fresh else f"last heartbeat {int(beats.age.total_seconds())} s ago"


CHECKS: dict[str, Callable[[], str]] = {"database": _database, "migrations": _migrations, "bridge": _bridge}


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every component in every state, to staff and to those who build."""
    if not (settings.DEBUG or request.user.is_staff):
        raise Http404
    return render(request, "styleguide.html", samples.context())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Render the page for a wrong address."""
    return render(request, "404.html", status=404)


def server_error(_request: HttpRequest) -> HttpResponse:
    """Render without request or context: the database may be what broke."""
    return render(None, "500.html", status=500)
