"""The only writer of Open Badges: made when a holder of 15 or more asks, never by themselves."""

import hashlib
import secrets

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from machines.models import OpenBadge, Qualification
from members.models import User
from members.services import record
from members.standing import is_under


@transaction.atomic
def ask_for_badge(*, person: User, qualification: Qualification) -> OpenBadge:
    """Make one's habilitation an Open Badge (asked twice, it is the same one).

    Raises PermissionDenied for somebody else's, ValidationError before 15, without an e-mail (the badge is tied to its
    hash) or when it no longer holds.
    """
    if qualification.member_id != person.pk:
        raise PermissionDenied
    today = timezone.localdate()
    if is_under(settings.CONSENT_AGE, person.birth_date, today):
        raise ValidationError(_("Open Badges are for people of 15 and over: your printed passport says the same."))
    if not person.email:
        raise ValidationError(_("An Open Badge is tied to an e-mail, and we have none of you. Ask the desk."))
    if qualification.withdrawn_reason or (qualification.expires_on and qualification.expires_on < today):
        raise ValidationError(_("This habilitation does not hold any more."))
    known = OpenBadge.objects.filter(qualification=qualification, level=qualification.level, revoked_at=None).first()
    return known or _made(person, qualification)


def _made(person: User, qualification: Qualification) -> OpenBadge:
    salt = secrets.token_hex(8)
    badge = OpenBadge.objects.create(
        qualification=qualification,
        level=qualification.level,
        salt=salt,
        recipient_hash="sha256$" + hashlib.sha256(f"{person.email}{salt}".encode()).hexdigest(),
    )
    record(actor=person, action="badge.made", subject=f"user:{person.pk}", detail={"badge": str(badge.key)})
    return badge


@transaction.atomic
def take_badge_back(*, person: User, badge: OpenBadge) -> None:
    """End a badge: its address says it is revoked. Raises PermissionDenied for somebody else's."""
    if badge.qualification.member_id != person.pk:
        raise PermissionDenied
    OpenBadge.objects.filter(pk=badge.pk, revoked_at=None).update(revoked_at=timezone.now())
    record(actor=person, action="badge.revoked", subject=f"user:{person.pk}", detail={"badge": str(badge.key)})
