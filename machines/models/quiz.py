"""The quiz, one half of a habilitation: questions, printed sheets, and what people answered."""

from calendar import monthrange
from datetime import date, timedelta

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from machines.models.park import MachineCategory
from members.models import Channel

LETTERS = "ABCD"
OPEN_FOR = timedelta(hours=24)
plain_beginning = RegexValidator(
    r"^\s*!", _("Do not begin with “!”: tick “must be right” instead."), "plain_beginning", inverse_match=True
)


class Question(models.Model):
    """A question about a family of machines; a wrong answer to a safety question fails the whole quiz."""

    category = models.ForeignKey(MachineCategory, models.PROTECT, related_name="questions", verbose_name=_("category"))
    text = models.CharField(_("question"), max_length=500, validators=[plain_beginning])
    safety = models.BooleanField(_("safety: must be right"), default=False)
    active = models.BooleanField(_("asked"), default=True)
    explanation = models.CharField(_("explanation"), max_length=600, blank=True)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["category__name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["category", "text"],
                condition=Q(active=True),
                name="question_asked_once",
                violation_error_message=_("This question is already asked."),
            )
        ]
        permissions = [("record_quiz", _("Can print quizzes and key in their results"))]

    def __str__(self) -> str:
        return self.text


class Choice(models.Model):
    """One of the two to four answers that a question offers; exactly one is right."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="choices", verbose_name=_("question"))
    letter = models.CharField(_("letter"), max_length=1, choices=[(letter, letter) for letter in LETTERS])
    text = models.CharField(_("answer"), max_length=250)
    right = models.BooleanField(_("right"), default=False)

    class Meta:
        verbose_name = _("choice")
        verbose_name_plural = _("choices")
        ordering = ["question", "letter"]
        constraints = [
            models.UniqueConstraint(fields=["question", "letter"], name="choice_letter_once"),
            models.UniqueConstraint(fields=["question"], condition=Q(right=True), name="choice_one_right"),
            models.CheckConstraint(condition=Q(letter__in=list(LETTERS)), name="choice_letter_a_to_d"),
        ]

    def __str__(self) -> str:
        return f"{self.letter}. {self.text}"


class PaperSheet(models.Model):
    """Questions as they were printed: answers on paper are judged against these, whatever was edited since."""

    category = models.ForeignKey(
        MachineCategory, models.PROTECT, related_name="quiz_sheets", verbose_name=_("category")
    )
    questions = models.JSONField(_("questions"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("made by")
    )
    made_at = models.DateTimeField(_("made"), default=timezone.now)

    class Meta:
        verbose_name = _("quiz sheet")
        verbose_name_plural = _("quiz sheets")
        ordering = ["-id"]

    def __str__(self) -> str:
        return _("Sheet %(number)s – %(category)s") % {"number": self.pk, "category": self.category}


class QuizMode(models.TextChoices):
    SELF = "self", _("on a screen, alone")
    PAPER = "paper", _("on paper")


class QuizAttempt(models.Model):
    """Somebody took a quiz: the questions as they were asked, and a letter for each, empty for none."""

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="quiz_attempts", verbose_name=_("member")
    )
    category = models.ForeignKey(
        MachineCategory, models.PROTECT, related_name="quiz_attempts", verbose_name=_("category")
    )
    mode = models.CharField(_("taken"), max_length=5, choices=QuizMode)
    sheet = models.ForeignKey(
        PaperSheet, models.PROTECT, null=True, blank=True, related_name="attempts", verbose_name=_("sheet")
    )
    questions = models.JSONField(_("questions"))
    answers = models.JSONField(_("answers"), default=list, blank=True)
    taken_on = models.DateField(_("taken on"))
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    score = models.PositiveSmallIntegerField(_("right answers"), null=True, blank=True)
    out_of = models.PositiveSmallIntegerField(_("out of"))
    passed = models.BooleanField(_("passed"), null=True, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("recorded by")
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.ONLINE)

    class Meta:
        verbose_name = _("quiz result")
        verbose_name_plural = _("quiz results")
        ordering = ["-taken_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, score__isnull=True, passed__isnull=True)
                | Q(
                    finished_at__isnull=False,
                    score__isnull=False,
                    passed__isnull=False,
                    finished_at__gte=F("started_at"),
                    score__lte=F("out_of"),
                ),
                name="quiz_finished_with_result",
            ),
            models.CheckConstraint(
                condition=Q(mode=QuizMode.SELF, sheet__isnull=True)
                | Q(mode=QuizMode.PAPER, sheet__isnull=False, finished_at__isnull=False),
                name="quiz_paper_has_sheet",
            ),
            models.UniqueConstraint(
                fields=["member", "sheet", "taken_on"],
                condition=Q(sheet__isnull=False),
                name="quiz_sheet_once_a_day",
            ),
        ]
        indexes = [models.Index(fields=["member", "category", "-taken_on"], name="quiz_by_member")]

    def __str__(self) -> str:
        return f"{self.member} – {self.category} – {self.taken_on}"

    @property
    def valid_until(self) -> date:
        """Return the last day on which passing counts."""
        return months_after(self.taken_on, self.category.quiz_valid_months)


def months_after(day: date, months: int) -> date:
    """Return the same day some months later, or the last of that month when it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
