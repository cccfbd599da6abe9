"""The one writer of live quizzes: started by the team, answered without an account, kept as totals."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from machines import aiken
from machines.models import MachineCategory
from machines.services.quiz import drawn_questions
from members.models import User
from workshops import game_rules
from workshops.models import FreeQuiz, GameTotal, LiveGame, Player, PlayerAnswer, WorkshopSession
from workshops.models.games import digest
from workshops.services.rows import log

State = LiveGame.State
Source = GameTotal.Source
FORGOTTEN_AFTER = timedelta(hours=3)
MOST_QUESTIONS = 50


@transaction.atomic
def save_free_quiz(*, quiz: FreeQuiz, actor: User) -> FreeQuiz:
    """Keep a quiz about anything. Raises ValidationError with every line that cannot be read, PermissionDenied."""
    _may_play(actor)
    items, faults = aiken.parse(quiz.text)
    if faults:
        lines = [_("Line %(line)d: %(what)s") % {"line": one.line, "what": one.message} for one in faults]
        raise ValidationError({"text": lines})
    if not 1 <= len(items) <= MOST_QUESTIONS:
        raise ValidationError({"text": _("Between 1 and %(most)d questions.") % {"most": MOST_QUESTIONS}})
    quiz.full_clean()
    quiz.save()
    log(actor, "free_quiz.saved", quiz, questions=len(items))
    return quiz


@transaction.atomic
def start_game(
    *,
    actor: User,
    category: MachineCategory | None = None,
    quiz: FreeQuiz | None = None,
    session: WorkshopSession | None = None,
    now: datetime | None = None,
) -> LiveGame:
    """Open a game on the questions of a family of machines, or of a free quiz, as they are now.

    Raises ValidationError without a question, PermissionDenied.
    """
    _may_play(actor)
    questions = drawn_questions(category) if category else _asked(quiz) if quiz else []
    if not questions:
        raise ValidationError(_("There is no question to ask: choose another quiz."))
    game = LiveGame(
        title=str(category or quiz), questions=questions, session=session, started_by=actor,
        started_at=now or timezone.now(), touched_at=now or timezone.now(),
    )  # fmt: skip
    _with_free_pin(game)
    log(actor, "game.started", game, questions=len(questions))
    return game


@transaction.atomic
def join(*, pin: str, name: str, now: datetime | None = None) -> tuple[Player, str]:
    """Let a phone in under a drawn name; return it with the secret that only that phone keeps.

    Raises ValidationError: no such game, too many, a name that is taken or not one of ours.
    """
    game = _locked_open(pin)
    if not game_rules.is_drawn_name(name):
        raise ValidationError(_("Choose one of the names."))
    if game.players.count() >= game_rules.MOST_PLAYERS:
        raise ValidationError(_("This game is full."))
    if game.players.filter(name=name).exists():
        raise ValidationError(_("Somebody has just taken this name: choose another one."))
    token = secrets.token_urlsafe(24)
    _touch(game, now)
    return Player.objects.create(game=game, name=name, digest=digest(token)), token


@transaction.atomic
def answer(*, player: Player, number: int, letter: str, now: datetime | None = None) -> PlayerAnswer:
    """Take the answer of a phone; another one replaces it until the answer is shown.

    Raises ValidationError when that question is no longer asked, or has no such answer.
    """
    game = LiveGame.objects.select_for_update(no_key=True).get(pk=player.game_id)
    if game.state != State.ASKING or game.current != number:
        raise ValidationError(_("Too late: this question is closed."))
    if letter not in {one for one, _text in game.question["choices"]}:
        raise ValidationError(_("Choose one of the answers."))
    _touch(game, now)
    return PlayerAnswer.objects.update_or_create(player=player, number=number, defaults={"letter": letter})[0]


@transaction.atomic
def advance(*, game: LiveGame, seen: tuple[str, int], actor: User, now: datetime | None = None) -> LiveGame:
    """Go on: ask, show, ask the next, end. `seen` is where the game was when the button was pressed: twice is once."""
    _may_play(actor)
    game = LiveGame.objects.select_for_update(no_key=True).get(pk=game.pk)
    if (game.state, game.current) != seen or game.state == State.OVER:
        return game
    game.state, game.current = game_rules.next_step(game.state, game.current, len(game.questions))
    if game.state == State.OVER:
        _keep_totals(game)
    _touch(game, now)
    game.save(update_fields=["state", "current", "players_count"])
    return game


@transaction.atomic
def count_cards(*, game: LiveGame, number: int, counts: Mapping[str, int], actor: User) -> None:
    """Write how many cards were held up for each answer; counting again replaces. Raises ValidationError."""
    _may_play(actor)
    game = LiveGame.objects.select_for_update(no_key=True).get(pk=game.pk)
    if not 0 <= number <= game.current:
        raise ValidationError(_("This question has not been asked."))
    known = {letter for letter, _text in game.questions[number]["choices"]}
    if not set(counts) <= known or any(not 0 <= count <= 500 for count in counts.values()):
        raise ValidationError(_("Write a number for each answer."))
    for letter, count in counts.items():
        GameTotal.objects.update_or_create(
            game=game, number=number, letter=letter, source=Source.PAPER, defaults={"count": count}
        )


@transaction.atomic
def remove_player(*, player: Player, actor: User) -> None:
    """Take a phone out of a game. Raises PermissionDenied."""
    _may_play(actor)
    player.delete()


@transaction.atomic
def end_game(*, game: LiveGame, actor: User | None, now: datetime | None = None) -> LiveGame:
    """End a game wherever it stands: the totals stay, the phones are forgotten. Twice is once."""
    if actor is not None:
        _may_play(actor)
    game = LiveGame.objects.select_for_update(no_key=True).get(pk=game.pk)
    if game.state != State.OVER:
        game.state = State.OVER
        _keep_totals(game)
        game.touched_at = now or timezone.now()
        game.save(update_fields=["state", "players_count", "touched_at"])
        log(actor, "game.ended", game, players=game.players_count)
    return game


def end_forgotten_games(now: datetime) -> int:
    """End the games that nobody has touched for three hours; return how many. Idempotent."""
    forgotten = LiveGame.objects.exclude(state=State.OVER).filter(touched_at__lt=now - FORGOTTEN_AFTER)
    return sum(end_game(game=game, actor=None, now=now).state == State.OVER for game in forgotten)


def _asked(quiz: FreeQuiz) -> list[dict]:
    items, _faults = aiken.parse(quiz.text)
    return [
        {
            "id": number, "text": item.text, "safety": False, "explanation": "", "right": item.right,
            "choices": [[letter, text] for letter, text in zip("ABCD", item.choices, strict=False)],
        }
        for number, item in enumerate(items)
    ]  # fmt: skip


def _with_free_pin(game: LiveGame) -> None:
    """Store a game under a PIN that no other open game has."""
    for _try in range(20):
        game.pin = f"{secrets.randbelow(900_000) + 100_000}"
        try:
            with transaction.atomic():
                game.save()
        except IntegrityError:
            continue
        return
    raise ValidationError(_("No PIN is free just now: try again."))


def _locked_open(pin: str) -> LiveGame:
    game = LiveGame.objects.select_for_update(no_key=True).filter(pin=pin).exclude(state=State.OVER).first()
    if game is None:
        raise ValidationError(_("No game has this number, or it is over."))
    return game


def _keep_totals(game: LiveGame) -> None:
    """Turn the answers of phones into totals and forget the phones; the game row is locked by the caller."""
    rows = PlayerAnswer.objects.filter(player__game=game).order_by().values_list("number", "letter")
    GameTotal.objects.bulk_create(
        GameTotal(game=game, number=number, letter=letter, source=Source.PHONE, count=count)
        for number, letter, count in rows.annotate(count=Count("pk"))
    )
    game.players_count = game.players.count()
    game.players.all().delete()


def _touch(game: LiveGame, now: datetime | None) -> None:
    game.touched_at = now or timezone.now()
    LiveGame.objects.filter(pk=game.pk).update(touched_at=game.touched_at)


def _may_play(actor: User) -> None:
    if not actor.has_perm("workshops.register_others"):
        raise PermissionDenied(_("You may not run a live quiz."))
