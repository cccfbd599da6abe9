"""The wall board: a page that is complete without a script, and the part of it that a script asks for again."""

from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from desk.queries import Board, board
from place.drawing import qr
from place.live import live_part
from place.queries import lab


@require_safe
@cache_control(private=True, no_cache=True)
def board_page(request: HttpRequest) -> HttpResponse:
    """Show the machines and what goes on today; first names only to those who may see them."""
    return render(request, "desk/board.html", _context(board(timezone.now(), names=_sees_names(request))))


@require_safe
@cache_control(private=True, no_cache=True)
def board_fragment(request: HttpRequest) -> HttpResponseBase:
    """Answer 304, without rendering, as long as the asker has what there is to see."""
    names = _sees_names(request)
    return live_part(
        request,
        names,
        "desk/board_fragment.html",
        lambda: {"lab": lab(), **_context(board(timezone.now(), names=names))},
    )


def _sees_names(request: HttpRequest) -> bool:
    return request.user.has_perm("members.view_member_names")


def _context(shown: Board) -> dict[str, object]:
    join_url = settings.SITE_URL.rstrip("/") + reverse("members:join")
    return {"board": shown, "join_url": join_url, "join_qr": _join_qr(join_url)}


_join_qr = cache(qr)
