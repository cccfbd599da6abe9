"""Acts of the desk that touch two rooms, or a room and the log, at once."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from machines.models import Attribution, UsageSession
from machines.services.usage import attribute
from members.models import User
from members.services import record, set_roles, update_member


@transaction.atomic
def edit_member(*, actor: User, member: User, roles: Iterable[str], **fields: Any) -> User:
    """Raises ValidationError, and PermissionDenied for a role or an account above the actor's own rights."""
    member = update_member(actor=actor, member=member, **fields)
    set_roles(actor=actor, member=member, roles=list(roles))
    return member


@transaction.atomic
def say_who(*, actor: User, session: UsageSession, member: User) -> UsageSession:
    """Staff name the person behind a use; the log keeps who said so."""
    session = attribute(session, member=member, attribution=Attribution.STAFF)
    record(actor=actor, action="usage.attributed", subject=f"usage:{session.pk}", detail={"member": member.pk})
    return session
