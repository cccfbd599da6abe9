"""A quiz played together: phones with a drawn name, cards held up, a big screen; what stays is totals."""

import hashlib

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from machines.models.quiz import LETTERS
from workshops.models.dates import WorkshopSession

LETTER_CHOICES = [(letter, letter) for letter in LETTERS]


class FreeQuiz(models.Model):
    """A quiz about anything, as text in the Aiken format; machines have their own bank of questions."""

    title = models.CharField(_("title"), max_length=80, unique=True)
    text = models.TextField(_("questions"), max_length=40_000)

    class Meta:
        verbose_name = _("free quiz")
        verbose_name_plural = _("free quizzes")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class LiveGame(models.Model):
    """A quiz being played, or its totals. `current` is the number of the question, from 0; -1 before the first."""

    class State(models.TextChoices):
        LOBBY = "lobby", _("people join")
        ASKING = "asking", _("a question is asked")
        SHOWN = "shown", _("the answer is shown")
        OVER = "over", _("over")

    pin = models.CharField("PIN", max_length=6)
    title = models.CharField(_("title"), max_length=120)
    questions = models.JSONField(_("questions"))  # as they were when it began (machines.quiz_rules.Asked)
    session = models.ForeignKey(
        WorkshopSession, models.SET_NULL, null=True, blank=True, related_name="games", verbose_name=_("session")
    )
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.LOBBY)
    current = models.SmallIntegerField(default=-1)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("started by")
    )
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    touched_at = models.DateTimeField(default=timezone.now)
    players_count = models.PositiveSmallIntegerField(_("phones"), default=0)  # written when it ends

    class Meta:
        verbose_name = _("live quiz")
        verbose_name_plural = _("live quizzes")
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["pin"], condition=~Q(state="over"), name="game_pin_of_one_at_a_time")
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def question(self) -> dict:
        """Return the question that is asked or shown; empty before the first and after the last."""
        return self.questions[self.current] if 0 <= self.current < len(self.questions) else {}


def digest(token: str) -> str:
    """Return what is kept of a phone's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


class Player(models.Model):
    """A phone in a game, under a name that was drawn: nobody's own. Deleted when the game ends."""

    game = models.ForeignKey(LiveGame, models.CASCADE, related_name="players")
    name = models.CharField(max_length=40)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["game", "name"], name="player_name_once")]

    def __str__(self) -> str:
        return self.name


class PlayerAnswer(models.Model):
    """What a phone answered; deleted with it."""

    player = models.ForeignKey(Player, models.CASCADE, related_name="answers")
    number = models.PositiveSmallIntegerField()
    letter = models.CharField(max_length=1, choices=LETTER_CHOICES)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["player", "number"], name="player_answer_once")]

    def __str__(self) -> str:
        return f"{self.player_id} {self.number} {self.letter}"


class GameTotal(models.Model):
    """How many gave an answer to a question: by card, counted by hand, or by phone once the game is over."""

    class Source(models.TextChoices):
        PHONE = "phone", _("phones")
        PAPER = "paper", _("cards")

    game = models.ForeignKey(LiveGame, models.CASCADE, related_name="totals")
    number = models.PositiveSmallIntegerField(_("question"))
    letter = models.CharField(_("letter"), max_length=1, choices=LETTER_CHOICES)
    source = models.CharField(_("by"), max_length=5, choices=Source)
    count = models.PositiveSmallIntegerField(_("how many"))

    class Meta:
        ordering = ["game_id", "number", "letter"]
        constraints = [models.UniqueConstraint(fields=["game", "number", "letter", "source"], name="game_total_once")]

    def __str__(self) -> str:
        return f"{self.game_id} {self.number} {self.letter} {self.count}"
