"""How far somebody has come on each family of machines."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from desk.queries.account import level_names
from machines.models import Level, MachineCategory, PracticeObservation, Qualification, QualificationWaiver, QuizAttempt
from machines.quiz_queries import quiz_overview
from members.models import User


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """A family of machines as the trainer sees it for one person."""

    category: MachineCategory
    held: Qualification | None
    level_name: str
    has_quiz: bool
    quiz: QuizAttempt | None
    practice: PracticeObservation | None
    waiver: QualificationWaiver | None
    may_sign: bool


def training_of(person: User, viewer: User, day: date) -> list[TrainingRow]:
    """Return each family of machines with what a person has passed, and whether the viewer signs there."""
    names = level_names()
    held = {one.category_id: one for one in Qualification.objects.filter(member=person)}
    quizzes = {row.category.pk: row for row in quiz_overview(person, day)}
    practices: dict[int, PracticeObservation] = {}
    for one in PracticeObservation.objects.filter(member=person).select_related("observed_by").order_by("pk"):
        practices[one.category_id] = one
    waivers = {one.category_id: one for one in QualificationWaiver.objects.filter(member=person, day=day)}
    signs = _signed_by(viewer, day)
    return [
        TrainingRow(
            category,
            held.get(category.pk),
            _level_name(held.get(category.pk), names),
            category.pk in quizzes,
            quizzes[category.pk].passed if category.pk in quizzes else None,
            practices.get(category.pk),
            waivers.get(category.pk),
            category.pk in signs and person.pk != viewer.pk,
        )
        for category in MachineCategory.objects.order_by("name")
    ]


def _level_name(held: Qualification | None, names: dict[int, str]) -> str:
    return (names.get(held.level) or str(held.get_level_display())) if held else ""


def _signed_by(viewer: User, day: date) -> set[int]:
    rows = Qualification.objects.filter(member=viewer, level=Level.TRAINER, withdrawn_reason="")
    return set(rows.filter(Q(expires_on__isnull=True) | Q(expires_on__gte=day)).values_list("category", flat=True))
