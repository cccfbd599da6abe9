"""The wall board: a page that is complete without a script, and the part of it that a script asks for again."""

from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from desk.queries import Board, board
from place.drawing import qr


@require_safe
@cache_control(private=True, no_cache=True)
def board_page(request: HttpRequest) -> HttpResponse:
    """Show the machines and what goes on today; first names only to those who may see them."""
    return render(request, "desk/board.html", _context(_board(request)))


@require_safe
@cache_control(private=True, no_cache=True)
def board_fragment(request: HttpRequest) -> HttpResponseBase:
    """Answer 304, without rendering, as long as the asker has what there is to see."""
    shown = _board(request)
    etag = quote_etag(shown.digest(get_language() or ""))
    unchanged = get_conditional_response(request, etag=etag)
    response = unchanged or render(request, "desk/board_fragment.html", _context(shown))
    response.headers["ETag"] = etag
    return response


def _board(request: HttpRequest) -> Board:
    return board(timezone.now(), names=request.user.has_perm("members.view_member_names"))


def _context(shown: Board) -> dict[str, object]:
    join_url = settings.SITE_URL.rstrip("/") + reverse("members:join")
    return {"board": shown, "join_url": join_url, "join_qr": _join_qr(join_url)}


_join_qr = cache(qr)
