"""The desk shuts after a minute without a hand on it: on the server, whatever the browser does.

A session keeps when the desk was last used. Past IDLE every page of the desk asks who is there before it shows
anything; what was being sent then is kept and can be sent again once it is open.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

IDLE_SECONDS = 60
SEEN, KEPT, CAME_FROM = "desk_seen", "desk_kept", "desk_came_from"
SHUT = 0.0
STILL_OPEN = {"desk:lock", "desk:awake", "account_logout", "healthz", "readyz", "metrics", "agenda_feed", "agenda_news",
    "own_feed", "workshops:agenda_embed", "workshops:quiz_screen", "workshops:quiz_screen_part", "workshops:kiosk",
}  # fmt: skip

View = Callable[..., HttpResponse]


def is_shut(session: SessionBase) -> bool:
    """Tell whether somebody must say who they are; a session that never used the desk is not shut."""
    seen = session.get(SEEN)
    return seen is not None and timezone.now().timestamp() - seen > IDLE_SECONDS


def touch(session: SessionBase) -> None:
    session[SEEN] = timezone.now().timestamp()


def shut(session: SessionBase) -> None:
    session[SEEN] = SHUT


class ShutDeskMiddleware:
    """A desk that was shut is shut everywhere: nothing else of the session opens until somebody says who they are."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_args: Any) -> HttpResponse | None:
        if request.session.get(SEEN) != SHUT or _stays_open(request):
            return None
        if request.path.startswith("/api/"):
            return HttpResponse(status=403)
        return _ask_who(request)


def _stays_open(request: HttpRequest) -> bool:
    """The lock, the way out and what no session opens; a program's own token is not the tablet's session."""
    name = getattr(request.resolver_match, "view_name", "")
    beside = (settings.STATIC_URL, settings.MEDIA_URL)
    program = request.headers.get("Authorization", "").startswith("Bearer ")
    return name in STILL_OPEN or program or request.path.startswith(beside)


def at_desk(*rights: str) -> Callable[[View], View]:
    """Keep a view for who works at the desk (and holds these rights), shut it when idle, never let it be stored."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = _refuse(request, rights) or view(request, *args, **kwargs)
            add_never_cache_headers(response)
            return response

        return guarded

    return decorate


def _refuse(request: HttpRequest, rights: tuple[str, ...]) -> HttpResponse | None:
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if not all(request.user.has_perm(right) for right in ("members.use_desk", *rights)):
        raise PermissionDenied
    if is_shut(request.session):
        shut(request.session)
        return _ask_who(request)
    touch(request.session)
    return None


def _ask_who(request: HttpRequest) -> HttpResponse:
    """Lead to the lock; a page that keeps by itself what it sends is told so (423)."""
    if "X-Kept-Here" in request.headers:
        return HttpResponse(status=423)
    _keep(request)
    return redirect("desk:lock")


def _keep(request: HttpRequest) -> None:
    """Remember where somebody was, and what they were sending: it is shown again only to them."""
    request.session[CAME_FROM] = request.get_full_path()
    request.session.pop(KEPT, None)
    if request.method == "POST" and not request.FILES:
        sent = [(name, value) for name, values in request.POST.lists() for value in values]
        request.session[KEPT] = [pair for pair in sent if pair[0] != "csrfmiddlewaretoken"]
