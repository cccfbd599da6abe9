"""Invented uses of machines at which somebody should be."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from machines.models import Attribution, Machine, Measured, PresenceCheck
from machines.services import usage
from members.models import User


def asked(
    machine: Machine, *, started_at: datetime, member: User | None = None, key: str = "1", job: str = "boite"
) -> PresenceCheck:
    """Return what is asked of a use that begins on a machine with `presence_minutes`."""
    session = usage.open_usage(machine, source="test", natural_key=key, started_at=started_at, job_name=job)
    usage.set_measured(machine, Measured.IN_USE, started_at)
    usage.note_contact(machine, started_at)
    if member:
        usage.attribute(session, member=member, attribution=Attribution.RESERVATION)
    return session.presence_checks.get()


def overdue(machine: Machine, minutes: int = 3, **fields: Any) -> PresenceCheck:
    """Return what has been asked for so many minutes and should have been answered a minute ago."""
    now = timezone.now()
    check = asked(machine, started_at=now - timedelta(minutes=minutes), **fields)
    PresenceCheck.objects.filter(pk=check.pk).update(due_at=now - timedelta(minutes=1))
    check.refresh_from_db()
    return check
