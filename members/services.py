"""The only writer of people, their roles and tokens, the outbox and the log."""

import re
import secrets
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from members import mail
from members.models import ApiToken, AuditEntry, Channel, JoinRequest, Message, User
from members.roles import LABELS, MEMBER, ROLES, grantable_by
from members.tokens import SCOPES, token_digest

TOKEN_LIFETIME = timedelta(days=365)
# Letters and digits that nobody confuses on a printed card.
CARD_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def record(
    *,
    actor: User | None,
    action: str,
    subject: str,
    channel: str = Channel.ONLINE,
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """Append one line to the log; `subject` is `model:id`."""
    return AuditEntry.objects.create(actor=actor, action=action, subject=subject, channel=channel, detail=detail or {})


def notify(*, recipient: User, subject: str, body: str) -> Message:
    """Write a message to the outbox; it leaves after the commit, or waits on the call list without an e-mail."""
    via = Message.Via.MAIL if recipient.email else Message.Via.CALL
    message = Message.objects.create(recipient=recipient, via=via, subject=subject[:200], body=body)
    if via == Message.Via.MAIL:
        transaction.on_commit(lambda: send_message(message), robust=True)
    return message


def send_message(message: Message) -> bool:
    """Send one waiting mail; return whether it left. A failure is kept and tried again by `send_outbox`."""
    claimed = Message.objects.filter(pk=message.pk, state=Message.State.WAITING, attempts=message.attempts)
    if not claimed.update(attempts=F("attempts") + 1):
        return False
    error = mail.send(message)
    rows = Message.objects.filter(pk=message.pk)
    if error is None:
        rows.update(state=Message.State.SENT, sent_at=timezone.now(), last_error="")
        return True
    gave_up = message.attempts + 1 >= mail.MAX_ATTEMPTS
    rows.update(last_error=error[:300], state=Message.State.FAILED if gave_up else Message.State.WAITING)
    return False


def send_outbox(now: datetime | None = None) -> int:
    """Send the mails that wait; return how many left. Idempotent, run by the timed tasks."""
    before = (now or timezone.now()) - timedelta(seconds=30)
    waiting = Message.objects.filter(via=Message.Via.MAIL, state=Message.State.WAITING, created_at__lt=before)
    return sum(send_message(message) for message in waiting.select_related("recipient").order_by("created_at")[:200])


def mark_told(*, actor: User, message: Message) -> None:
    """Somebody without e-mail has been called or told."""
    Message.objects.filter(pk=message.pk, via=Message.Via.CALL).update(state=Message.State.SENT, sent_at=timezone.now())
    record(actor=actor, action="message.told", subject=f"message:{message.pk}", channel=Channel.DESK)


@transaction.atomic
def create_member(
    *,
    actor: User | None,
    first_name: str,
    last_name: str,
    birth_date: date | None,
    email: str = "",
    phone: str = "",
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
    )
    member.set_password(password or None)
    member.full_clean()
    member.save()
    _give_roles(actor, member, roles)
    record(actor=actor, action="member.created", subject=f"user:{member.pk}", channel=channel)
    return member, password


EDITABLE = {"first_name", "last_name", "birth_date", "email", "phone", "preferred_language"}


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
    member.save(update_fields=list(fields))
    record(actor=actor, action="member.updated", subject=f"user:{member.pk}", detail={"fields": sorted(fields)})
    return member


@transaction.atomic
def set_roles(*, actor: User, member: User, roles: Iterable[str]) -> None:
    """Give a person exactly these roles; nobody gives a role with rights they lack."""
    refuse_above(actor, member)
    member.groups.remove(*member.groups.filter(name__in=ROLES))
    _give_roles(actor, member, roles)
    record(actor=actor, action="member.roles", subject=f"user:{member.pk}", detail={"roles": sorted(roles)})


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
