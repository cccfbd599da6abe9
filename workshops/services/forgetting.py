"""Give back the seats of a person who is forgotten, and forget who once waited."""

from datetime import datetime

from django.db import transaction

from members.models import User
from workshops.models import (
    Attendance,
    IdeaInterest,
    ProgrammeEntry,
    Registration,
    RegistrationAnswer,
    WorkshopIdea,
    WorkshopSession,
)
from workshops.services.days import leave_day
from workshops.services.registrations import withdraw
from workshops.services.seats import lock_lot, promote_waiting, recount

Status = Registration.Status


@transaction.atomic
def withdraw_person(*, person: User, now: datetime) -> None:
    """Cancel a person's registrations to come; who waits gets the seats. What figures need of the past stays."""
    rows = Registration.objects.filter(member=person, session__starts_at__gt=now).exclude(status=Status.CANCELLED)
    for row in rows.select_related("session__workshop", "session__series").order_by("session_id"):
        lot = lock_lot(row.session, now)
        withdraw(lot, row, now)
        promote_waiting(lot, now)
    for entry in ProgrammeEntry.objects.filter(member=person, cancelled_at=None, programme__starts_at__gt=now):
        leave_day(entry=entry, actor=person, now=now)
    Registration.objects.filter(member=person).update(companion="")
    RegistrationAnswer.objects.filter(registration__member=person).delete()
    Attendance.objects.filter(member=person).update(left_with="")
    WorkshopIdea.objects.filter(proposed_by=person).update(proposed_by=None)
    IdeaInterest.objects.filter(member=person).delete()


def forget_waiting(before: datetime) -> int:
    """Delete the waiting lists of sessions that ended before a moment; return how many lines."""
    rows = Registration.objects.filter(status=Status.WAITLISTED, session__ends_at__lt=before)
    sessions = list(WorkshopSession.objects.filter(pk__in=rows.values("session")))
    gone = rows.delete()[0]
    recount(sessions)
    return gone
