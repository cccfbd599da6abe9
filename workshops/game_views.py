"""A live quiz from outside: the PIN, a drawn name, four answers; and the big screen. No account, no real name."""

from random import SystemRandom

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from place.drawing import qr
from place.live import live_part
from workshops import game_queries as queries
from workshops import game_rules
from workshops.models import LiveGame, Player
from workshops.services import games

COOKIE, COOKIE_SECONDS = "live_quiz", 3 * 60 * 60


@never_cache
@require_http_methods(["GET", "HEAD"])
def enter(request: HttpRequest) -> HttpResponse:
    """Ask for the PIN."""
    pin = "".join(sign for sign in request.GET.get("pin", "") if sign.isdecimal())[:6]
    if pin and queries.open_game(pin):
        return redirect("workshops:quiz_play", pin=pin)
    return render(request, "workshops/quiz_enter.html", {"pin": pin, "unknown": bool(pin)}, status=404 if pin else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def play(request: HttpRequest, pin: int) -> HttpResponse:
    """Choose a name, then answer; every tap is a form."""
    game = _game(pin)
    player = _player(request, game)
    if game.state == LiveGame.State.OVER or player or request.method != "POST":
        return _answer(request, game, player) if request.method == "POST" and player else _show(request, game, player)
    try:
        _player_made, token = games.join(pin=str(pin), name=request.POST.get("name", ""))
    except ValidationError as error:
        return _show(request, game, None, error.messages, status=422)
    response = redirect("workshops:quiz_play", pin=pin)
    response.set_signed_cookie(
        COOKIE, token, max_age=COOKIE_SECONDS, httponly=True, samesite="Lax", secure=request.is_secure()
    )
    return response


@never_cache
@require_safe
def phone_part(request: HttpRequest, pin: int) -> HttpResponseBase:
    """What a phone shows just now, or 304."""
    game = _game(pin)
    player = _player(request, game)
    if player is None:
        return render(request, "workshops/quiz_screen_part.html", queries.on_screen(game))
    seen = queries.on_phone(game, player)
    key = (game.pk, player.pk, game.state, game.current, seen["mine"])
    return live_part(request, key, "workshops/quiz_phone.html", lambda: seen)


@never_cache
@require_safe
def screen(request: HttpRequest, pin: int) -> HttpResponse:
    """The big screen: the PIN and the QR, the question, then what the room answered."""
    game = _game(pin)
    link = request.build_absolute_uri(reverse("workshops:quiz_play", args=[pin]))
    return render(request, "workshops/quiz_screen.html", queries.on_screen(game) | {"qr": qr(link), "link": link})


@never_cache
@require_safe
def screen_part(request: HttpRequest, pin: int) -> HttpResponseBase:
    """What the big screen shows just now, or 304."""
    game = _game(pin)
    return live_part(
        request, (game.pk, game.state, game.current), "workshops/quiz_screen_part.html", lambda: queries.on_screen(game)
    )


def _answer(request: HttpRequest, game: LiveGame, player: Player) -> HttpResponse:
    number = request.POST.get("number", "")
    try:
        games.answer(
            player=player, number=int(number) if number.isdecimal() else -1, letter=request.POST.get("letter", "")
        )
    except ValidationError as error:
        return _show(request, _game(game.pin), player, error.messages, status=422)
    return redirect("workshops:quiz_play", pin=game.pin)


def _show(
    request: HttpRequest, game: LiveGame, player: Player | None, problems: list[str] | None = None, status: int = 200
) -> HttpResponse:
    context = {"problems": problems or []} | (queries.on_phone(game, player) if player else queries.on_screen(game))
    if player is None and game.state != LiveGame.State.OVER:
        taken = set(game.players.values_list("name", flat=True))
        context["names"] = game_rules.names_to_choose(taken, SystemRandom())
        return render(request, "workshops/quiz_name.html", context, status=status)
    return render(request, "workshops/quiz_play.html", context, status=status)


def _player(request: HttpRequest, game: LiveGame) -> Player | None:
    token = request.get_signed_cookie(COOKIE, default="", max_age=COOKIE_SECONDS)
    return queries.player_of(game, token or "")


def _game(pin: int | str) -> LiveGame:
    game = queries.last_game(str(pin))
    if game is None:
        raise Http404
    return game
