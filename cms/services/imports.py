"""Rows of a file become members and uses through the services that make them anywhere else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cms.services.people import say_who
from machines.models import UsageSession
from machines.services.usage import record_usage
from members.models import Channel, User
from members.roles import MEMBER, ROLES
from members.services import create_member, set_roles, update_member


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who has an account, closed or not: as little as tells people apart."""

    pk: int
    username: str
    first_name: str
    last_name: str
    birth_date: date | None
    email: str

    def age_on(self, day: date) -> int | None:
        """Return the age in whole years on a day, None when the birth date is unknown."""
        return User(birth_date=self.birth_date).age_on(day)


def known_people() -> list[Known]:
    """Return everybody who has an account: one query, whatever the file."""
    names = ("pk", "username", "first_name", "last_name", "birth_date", "email")
    return [Known(*row) for row in User.objects.order_by("pk").values_list(*names)]


def hold_new_accounts() -> None:
    """Let nobody else make an account until this transaction ends: each new one takes a role."""
    list(Group.objects.select_for_update().filter(name__in=ROLES).order_by("pk"))


@transaction.atomic
def import_member(*, actor: User, member: User | None, roles: Iterable[str] | None, details: dict[str, Any]) -> User:
    """Create an account without a password (the desk gives one later), or change what the file says.

    Raises ValidationError, and PermissionDenied for a role or an account above the actor's own rights.
    """
    if member is None:
        return _create(actor, [MEMBER] if roles is None else list(roles), details)
    changed = {name: value for name, value in details.items() if name != "username"}
    member = update_member(actor=actor, member=User.objects.get(pk=member.pk), **changed)
    if roles is not None:
        set_roles(actor=actor, member=member, roles=list(roles))
    return member


def _create(actor: User, roles: list[str], details: dict[str, Any]) -> User:
    language = details.pop("preferred_language", "")
    details = {"birth_date": None} | details
    member, _password = create_member(actor=actor, roles=roles, channel=Channel.PAPER, sign_in=False, **details)
    if language and language != member.preferred_language:
        update_member(actor=actor, member=member, preferred_language=language)
    return member


@transaction.atomic
def import_use(*, actor: User, use: UsageSession) -> UsageSession:
    """Record a use that is over. Raises ValidationError when it has no end, or ends before it starts."""
    if use.started_at is None or use.ended_at is None:
        raise ValidationError(_("A use needs a start and an end."))
    if use.ended_at < use.started_at:
        raise ValidationError(_("The end must come after the start."))
    names = ("source", "natural_key", "job_name", "started_at", "ended_at", "outcome", "estimated", "energy_wh")
    fields = {name: getattr(use, name) for name in names}
    stored = record_usage(use.machine, paused_seconds=use.paused_seconds, **fields)
    return say_who(actor=actor, session=stored, member=use.member) if use.member else stored
