"""Reading who is asked to say that they are at a machine."""

from datetime import datetime

from django.db.models import QuerySet

from machines.models import Level, Machine, PresenceCheck
from machines.queries import holds_level
from members.models import User
from place.clock import today


def waiting_checks(now: datetime) -> QuerySet[PresenceCheck]:
    """Return what is asked now and has no answer, the longest wait first; a machine that no longer asks is left out."""
    rows = PresenceCheck.objects.filter(confirmed_at=None, asked_at__lte=now, session__ended_at=None)
    rows = rows.filter(session__machine__presence_minutes__gt=0, session__machine__in_service=True)
    return rows.select_related("session__machine__category").order_by("due_at", "pk")


def waiting_check(machine: Machine, now: datetime) -> PresenceCheck | None:
    """Return what a machine's users are asked now, or None; no query for a machine that asks nobody."""
    return waiting_checks(now).filter(session__machine=machine).first() if machine.presence_minutes else None


def knows_machine(person: User, machine: Machine, now: datetime) -> bool:
    """Tell whether somebody is habilitated to use a machine without the team (level 2 or more)."""
    return holds_level(person, machine.category, Level.AUTONOMOUS, today(now))
