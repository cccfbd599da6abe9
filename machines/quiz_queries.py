"""Reading quizzes: who has passed what, and what there is to take."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from machines.models import MachineCategory, Question, QuizAttempt, QuizMode
from machines.models.quiz import OPEN_FOR
from members.models import User


@dataclass(slots=True)
class QuizRow:
    """A quiz as one member sees it; `passed` is the latest pass that still counts."""

    category: MachineCategory
    passed: QuizAttempt | None = None
    unfinished: QuizAttempt | None = None


def passed_attempt(member: User, category: MachineCategory, day: date) -> QuizAttempt | None:
    """Return the latest quiz passed by then that still counts on a day, or None."""
    rows = QuizAttempt.objects.filter(member=member, category=category, passed=True, taken_on__lte=day)
    latest = rows.select_related("category").order_by("-taken_on", "-pk").first()
    return latest if latest and latest.valid_until >= day else None


def has_quiz(category: MachineCategory) -> bool:
    """Tell whether there is anything to ask about these machines."""
    return category.quiz_length > 0 and category.questions.filter(active=True).exists()


def categories_with_quiz() -> QuerySet[MachineCategory]:
    asked = Question.objects.filter(category=OuterRef("pk"), active=True)
    return MachineCategory.objects.filter(Exists(asked), quiz_length__gt=0)


def quiz_overview(member: User, day: date, now: datetime | None = None) -> list[QuizRow]:
    """Return every quiz with what a member passed or has begun: two queries."""
    rows = {category.pk: QuizRow(category) for category in categories_with_quiz()}
    begun = _unfinished(now or timezone.now())
    found = QuizAttempt.objects.filter(Q(passed=True, taken_on__lte=day) | begun, member=member, category__in=rows)
    for attempt in found.select_related("category").defer("questions", "answers").order_by("taken_on", "pk"):
        _note(rows[attempt.category_id], attempt, day)
    return list(rows.values())


def _note(row: QuizRow, attempt: QuizAttempt, day: date) -> None:
    if attempt.finished_at is None:
        row.unfinished = attempt
    elif attempt.valid_until >= day:
        row.passed = attempt


def _unfinished(now: datetime) -> Q:
    return Q(finished_at=None, mode=QuizMode.SELF, started_at__gt=now - OPEN_FOR)


def attempts_on(member: User, category: MachineCategory, day: date) -> int:
    """Return how often a member tried a quiz on a screen that day."""
    rows = QuizAttempt.objects.filter(member=member, category=category, taken_on=day, mode=QuizMode.SELF)
    return rows.count()


def open_attempt(member: User, category: MachineCategory, now: datetime) -> QuizAttempt | None:
    """Return the attempt that a member began within a day and has not finished."""
    rows = QuizAttempt.objects.filter(_unfinished(now), member=member, category=category)
    return rows.order_by("-pk").first()


def asked_questions(category: MachineCategory) -> QuerySet[Question]:
    """Return the questions that may be drawn, with their answers."""
    return category.questions.filter(active=True).order_by("pk").prefetch_related("choices")
