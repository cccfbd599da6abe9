"""Reading a live quiz: what the big screen and the phones show."""

from collections import defaultdict
from typing import Any

from django.db.models import Count

from workshops import game_rules
from workshops.models import GameTotal, LiveGame, Player, PlayerAnswer
from workshops.models.games import digest

State = LiveGame.State
RECENT = 20


def open_game(pin: str) -> LiveGame | None:
    """Return the game that is played under a PIN."""
    return LiveGame.objects.filter(pin=pin).exclude(state=State.OVER).first()


def last_game(pin: str) -> LiveGame | None:
    """Return the game of a PIN, also when it has just ended."""
    return open_game(pin) or LiveGame.objects.filter(pin=pin).order_by("-started_at").first()


def player_of(game: LiveGame, token: str) -> Player | None:
    """Return the phone that keeps this secret."""
    return game.players.filter(digest=digest(token)).first() if token else None


def counts(game: LiveGame) -> dict[int, dict[str, int]]:
    """Return how many gave each answer, by question: phones and cards together, two queries."""
    found: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for number, letter, count in GameTotal.objects.filter(game=game).values_list("number", "letter", "count"):
        found[number][letter] += count
    phones = PlayerAnswer.objects.filter(player__game=game).order_by().values_list("number", "letter")
    for number, letter, count in phones.annotate(count=Count("pk")):
        found[number][letter] += count
    return found


def on_screen(game: LiveGame) -> dict[str, Any]:
    """Return what everybody may see; who answered right is nobody's business, what the room knew is."""
    given = counts(game)
    shown = game.state == State.SHOWN
    right, answers = game_rules.room_score(game.questions, given)
    return {
        "game": game,
        "players": list(game.players.values_list("name", flat=True)) if game.state == State.LOBBY else [],
        "number": game.current + 1,
        "total": len(game.questions),
        "answered": sum(given[game.current].values()) if game.current in given else 0,
        "bars": game_rules.bars(game.question, given[game.current] if shown else {}) if game.question else [],
        "shown": shown,
        "right": right,
        "answers": answers,
    }


def on_phone(game: LiveGame, player: Player) -> dict[str, Any]:
    """Return what one phone shows: the question, what it answered, whether that was right."""
    mine = {one.number: one.letter for one in player.answers.all()}
    right = sum(game.questions[number]["right"] == letter for number, letter in mine.items())
    return on_screen(game) | {"mine": mine.get(game.current, ""), "my_right": right, "player": player}


def recent_games() -> list[LiveGame]:
    """Return the last games, the newest first: one query."""
    return list(LiveGame.objects.order_by("-started_at", "-pk")[:RECENT])


def results(game: LiveGame) -> list[dict[str, Any]]:
    """Return every question of a game that is over, with how many gave each answer."""
    given = counts(game)
    return [
        {"number": number + 1, "text": one["text"], "bars": game_rules.bars(one, given[number])}
        for number, one in enumerate(game.questions)
    ]
