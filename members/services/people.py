"""The only writer of people and their roles."""

import re
import secrets
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from members.models import Channel, Household, Neighbourhood, User
from members.names import search_name
from members.roles import LABELS, MEMBER, ROLES, grantable_by
from members.services.audit import record

# Letters and digits that nobody confuses on a printed card.
CARD_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@transaction.atomic
def create_member(
    *,
    actor: User | None,
    first_name: str,
    last_name: str,
    birth_date: date | None,
    email: str = "",
    phone: str = "",
    gender: str = "",
    preferred_language: str = "",
    priority_neighbourhood: str = Neighbourhood.UNKNOWN,
    household: Household | None = None,
    roles: Iterable[str] = (MEMBER,),
    username: str = "",
    channel: str = Channel.DESK,
    sign_in: bool = True,
) -> tuple[User, str]:
    """Make an account; return it with its one-time readable password, shown once.

    `sign_in` false: nobody signs in yet (an imported list), the password is empty until the desk renews it.
    Raises ValidationError (name, e-mail or username taken) and PermissionDenied (a role above the actor's own).
    """
    if actor is not None:
        refuse_without_right(actor)
    password = readable_password() if sign_in else ""
    member = User(
        username=username or free_username(first_name, last_name),
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        birth_date=birth_date,
        email=email.strip().lower(),
        phone=phone.strip(),
        gender=gender,
        preferred_language=preferred_language or settings.LANGUAGE_CODE,
        priority_neighbourhood=priority_neighbourhood,
        household=household,
    )
    member.set_password(password or None)
    member.full_clean()
    member.search_name = _search_name(member)
    member.save()
    _give_roles(actor, member, roles)
    record(actor=actor, action="member.created", subject=f"user:{member.pk}", channel=channel)
    return member, password


EDITABLE = {
    "first_name",
    "last_name",
    "birth_date",
    "email",
    "phone",
    "preferred_language",
    "pseudonym",
    "gender",
    "priority_neighbourhood",
}
OWN_CHOICES = {"preferred_language", "pseudonym", "contact_by", "wants_confirmations"}


@transaction.atomic
def update_member(*, actor: User, member: User, **fields: Any) -> User:
    """Change a person's details; unknown fields are refused so that no form can raise rights."""
    unknown = fields.keys() - EDITABLE
    if unknown:
        raise ValidationError({name: _("This field cannot be changed here.") for name in unknown})
    refuse_above(actor, member)
    for name, value in fields.items():
        setattr(member, name, value)
    member.full_clean()
    member.search_name = _search_name(member)
    member.save(update_fields=[*fields, "search_name"])
    record(actor=actor, action="member.updated", subject=f"user:{member.pk}", detail={"fields": sorted(fields)})
    return member


@transaction.atomic
def choose(*, person: User, actor: User, **choices: Any) -> User:
    """Change what people decide themselves: language, pseudonym, how to be told. Raises ValidationError."""
    unknown = choices.keys() - OWN_CHOICES
    if unknown:
        raise ValidationError({name: _("This field cannot be changed here.") for name in unknown})
    for name, value in choices.items():
        setattr(person, name, value)
    person.full_clean(exclude={"password"})
    person.save(update_fields=list(choices))
    record(actor=actor, action="member.chose", subject=f"user:{person.pk}", detail={"fields": sorted(choices)})
    return person


@transaction.atomic
def set_roles(*, actor: User, member: User, roles: Iterable[str]) -> None:
    """Give a person exactly these roles; nobody gives a role with rights they lack."""
    refuse_above(actor, member)
    member.groups.remove(*member.groups.filter(name__in=ROLES))
    _give_roles(actor, member, roles)
    record(actor=actor, action="member.roles", subject=f"user:{member.pk}", detail={"roles": sorted(roles)})


def _search_name(member: User) -> str:
    return search_name(member.first_name, member.last_name, member.username)


def _give_roles(actor: User | None, member: User, roles: Iterable[str]) -> None:
    wanted = set(roles)
    allowed = set(ROLES) if actor is None else set(grantable_roles(actor))
    if not wanted <= allowed:
        raise PermissionDenied(_("You cannot give a role that has more rights than yours."))
    member.groups.add(*Group.objects.filter(name__in=wanted))


def grantable_roles(actor: User) -> list[str]:
    """Return the roles this person may give."""
    return list(ROLES) if actor.is_superuser else grantable_by(actor.get_all_permissions())


def refuse_without_right(actor: User) -> None:
    """Raise PermissionDenied for somebody who does not manage members."""
    if not actor.has_perm("members.manage_members"):
        raise PermissionDenied(_("You cannot manage member accounts."))


def refuse_above(actor: User, member: User) -> None:
    """Raise PermissionDenied when a person holds rights that the actor lacks (their account is not his to touch)."""
    refuse_without_right(actor)
    if actor.is_superuser or actor.pk == member.pk:
        return
    if member.is_superuser or not member.get_all_permissions() <= actor.get_all_permissions():
        raise PermissionDenied(_("This account has more rights than yours."))


def end_sessions(person: User) -> None:
    """End every open session of a person, their own included."""
    User.objects.filter(pk=person.pk).update(sign_in_epoch=F("sign_in_epoch") + 1)


@transaction.atomic
def renew_password(*, actor: User, member: User) -> str:
    """Give a new readable password (the old one and open sessions end); return it to be shown once."""
    refuse_above(actor, member)
    password = readable_password()
    member.set_password(password)
    member.save(update_fields=["password"])
    record(actor=actor, action="member.password_renewed", subject=f"user:{member.pk}", channel=Channel.DESK)
    return password


@transaction.atomic
def deactivate_member(*, actor: User, member: User, reason: str) -> None:
    """Close an account: no sign-in, tokens revoked, history kept."""
    refuse_above(actor, member)
    member.is_active = False
    member.save(update_fields=["is_active"])
    member.lab_tokens.filter(revoked_at=None).update(revoked_at=timezone.now())
    record(actor=actor, action="member.deactivated", subject=f"user:{member.pk}", detail={"reason": reason})


def readable_password() -> str:
    """Return a password of three groups of four letters or digits: about 59 bits, easy to read aloud."""
    groups = ("".join(secrets.choice(CARD_ALPHABET) for _i in range(4)) for _j in range(3))
    return "-".join(groups)


def free_username(first_name: str, last_name: str) -> str:
    """Return `first name + initial`, with a number when it is taken (domain.md §1.1 J1)."""
    stem = _plain(first_name) + _plain(last_name)[:1] or "membre"
    taken = {
        name.lower() for name in User.objects.filter(username__istartswith=stem).values_list("username", flat=True)
    }
    candidates = (stem if number == 1 else f"{stem}{number}" for number in range(1, len(taken) + 2))
    return next(name for name in candidates if name not in taken)


def _plain(text: str) -> str:
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", ascii_text.lower())[:100]


def role_labels(user: User) -> list[str]:
    """Return the person's roles in words, in the order of the table."""
    held = set(user.groups.values_list("name", flat=True))
    return [str(LABELS[role]) for role in ROLES if role in held]
