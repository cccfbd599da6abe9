"""The only writer of tokens and calendar addresses."""

import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from members.models import ApiToken, CalendarSecret, User
from members.services.audit import record
from members.services.cards import end_cards
from members.services.people import end_sessions, refuse_above
from members.tokens import SCOPES, token_digest

TOKEN_LIFETIME = timedelta(days=365)


def create_token(
    *, user: User, name: str, scopes: Iterable[str] = SCOPES, lifetime: timedelta = TOKEN_LIFETIME
) -> tuple[ApiToken, str]:
    """Make an API token; the plain text is returned once and never stored.

    Raises ValidationError without scopes or with an unknown one.
    """
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= set(SCOPES):
        raise ValidationError(_("Choose among these scopes: %(scopes)s.") % {"scopes": ", ".join(SCOPES)})
    plain = f"lab_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        user=user, name=name, digest=token_digest(plain), scopes=wanted, expires_at=timezone.now() + lifetime
    )
    record(actor=user, action="token.created", subject=f"token:{token.pk}", detail={"scopes": wanted})
    return token, plain


def revoke_token(*, actor: User, token: ApiToken) -> None:
    """End a token at once; one's own, or of somebody whose account one may touch. Raises PermissionDenied."""
    if actor.pk != token.user_id:
        refuse_above(actor, token.user)
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
    record(actor=actor, action="token.revoked", subject=f"token:{token.pk}")


@transaction.atomic
def renew_calendar_secret(*, person: User) -> str:
    """Make the person's calendar a new address (the old one ends); return its secret part, shown once."""
    plain = secrets.token_urlsafe(32)
    CalendarSecret.objects.update_or_create(
        user=person, defaults={"digest": token_digest(plain), "created_at": timezone.now()}
    )
    record(actor=person, action="calendar.renewed", subject=f"user:{person.pk}")
    return plain


@transaction.atomic
def close_calendar(*, person: User) -> None:
    """End the person's calendar address."""
    CalendarSecret.objects.filter(user=person).delete()
    record(actor=person, action="calendar.closed", subject=f"user:{person.pk}")


def close_doors(person: User) -> None:
    """End everything a person signs in or reads with, as a part of another act: card, sessions, tokens, calendar."""
    end_cards(person)
    end_sessions(person)
    ApiToken.objects.filter(user=person, revoked_at=None).update(revoked_at=timezone.now())
    CalendarSecret.objects.filter(user=person).delete()
