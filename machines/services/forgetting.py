"""Forget whose use and whose habilitation it was: hours and energy stay."""

from django.db import transaction

from machines.models import (
    OpenBadge,
    PracticeObservation,
    Qualification,
    QualificationWaiver,
    QuizAttempt,
    UsageSession,
)
from members.models import User


@transaction.atomic
def forget_person(person: User) -> None:
    """Take a person off machine uses; delete what they were taught and allowed."""
    UsageSession.objects.filter(member=person).update(member=None)
    OpenBadge.objects.filter(qualification__member=person).delete()
    for rows in (Qualification, PracticeObservation, QualificationWaiver, QuizAttempt):
        rows.objects.filter(member=person).delete()
