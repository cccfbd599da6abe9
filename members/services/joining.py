"""The only writer of joining requests."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from members.models import Channel, JoinRequest, User
from members.services.audit import record
from members.services.people import create_member, refuse_without_right


@transaction.atomic
def ask_to_join(*, channel: str = Channel.ONLINE, **fields: Any) -> JoinRequest:
    """Store a joining request. Raises ValidationError for wrong fields."""
    join_request = JoinRequest(channel=channel, **fields)
    join_request.full_clean()
    join_request.save()
    record(actor=None, action="join.asked", subject=f"join:{join_request.pk}", channel=channel)
    return join_request


@transaction.atomic
def accept_join(*, actor: User, join_request: JoinRequest) -> tuple[User, str]:
    """Make the account that was asked for; return it with its one-time password."""
    join_request = _decide(actor, join_request, JoinRequest.State.ACCEPTED)
    member, password = create_member(
        actor=actor,
        first_name=join_request.first_name,
        last_name=join_request.last_name,
        birth_date=join_request.birth_date,
        email=join_request.email,
        phone=join_request.phone,
        channel=join_request.channel,
    )
    join_request.member = member
    join_request.save(update_fields=["member"])
    return member, password


@transaction.atomic
def decline_join(*, actor: User, join_request: JoinRequest) -> None:
    """Say no; the request is kept so that the desk can explain."""
    _decide(actor, join_request, JoinRequest.State.DECLINED)


def _decide(actor: User, join_request: JoinRequest, state: str) -> JoinRequest:
    refuse_without_right(actor)
    locked = JoinRequest.objects.select_for_update().get(pk=join_request.pk)
    if locked.state != JoinRequest.State.PENDING:
        raise ValidationError(_("This request has already been answered."))
    locked.state, locked.decided_at, locked.decided_by = state, timezone.now(), actor
    locked.save(update_fields=["state", "decided_at", "decided_by"])
    record(actor=actor, action=f"join.{state}", subject=f"join:{locked.pk}")
    return locked
