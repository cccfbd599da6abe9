"""What the writers of this room share: the right to plan, the log, a session that may still change."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.problems import Refused
from members.models import User
from members.services import record
from workshops import rules
from workshops.models import Registration, WorkshopSession
from workshops.services.seats import lock_session

State = WorkshopSession.State


def open_session(session: WorkshopSession, now: datetime | None) -> tuple[WorkshopSession, datetime]:
    session, now = lock_session(session), now or timezone.now()
    if session.state == State.CANCELLED or session.ends_at <= now:
        raise Refused([rules.closed(_("This session is over or cancelled."))])
    return session, now


def save_changed(session: WorkshopSession, now: datetime, *fields: str) -> None:
    session.sequence, session.updated_at = session.sequence + 1, now
    session.full_clean()
    session.save(update_fields=[*fields, "sequence", "updated_at"])


def registered_for(session: WorkshopSession) -> list[Registration]:
    rows = session.registrations.exclude(status=Registration.Status.CANCELLED)
    return list(rows.select_related("member", "session__workshop").order_by("created_at", "pk"))


def may_plan(actor: User | None) -> None:
    """Nobody (None) is the lab itself: timed tasks and the demonstration's data."""
    if actor is not None and not actor.has_perm("workshops.manage_workshops"):
        raise PermissionDenied(_("You may not plan workshops."))


def log(actor: User | None, action: str, row: Model, **detail: Any) -> None:
    record(actor=actor, action=action, subject=f"{row._meta.model_name}:{row.pk}", detail=detail)
