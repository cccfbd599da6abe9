"""Forget whose use, report and habilitation it was: hours, energy and what was wrong stay."""

from django.db import transaction

from machines.models import (
    FaultReport,
    OpenBadge,
    PracticeObservation,
    PresenceCheck,
    Qualification,
    QualificationWaiver,
    QuizAttempt,
    StartRequest,
    UsageSession,
)
from machines.services.faults import drop_photos
from members.models import User


@transaction.atomic
def forget_person(person: User) -> None:
    """Take a person, and their photos, off uses, presences and reports; delete what they were taught and allowed."""
    UsageSession.objects.filter(member=person).update(member=None)
    PresenceCheck.objects.filter(confirmed_by=person).update(confirmed_by=None)
    drop_photos(FaultReport.objects.filter(reported_by=person))
    FaultReport.objects.filter(reported_by=person).update(reported_by=None)
    OpenBadge.objects.filter(qualification__member=person).delete()
    for rows in (Qualification, PracticeObservation, QualificationWaiver, QuizAttempt, StartRequest):
        rows.objects.filter(member=person).delete()
