"""The only writer of partners."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db import transaction

from members.models import Partner, User
from members.services.audit import record


@transaction.atomic
def save_partner(*, actor: User, partner: Partner, contacts: Iterable[User]) -> Partner:
    """Create or change a partner and who acts for it. Raises PermissionDenied, ValidationError."""
    if not actor.has_perm("members.manage_partners"):
        raise PermissionDenied
    action = "partner.created" if partner.pk is None else "partner.updated"
    partner.full_clean()
    partner.save()
    partner.contacts.set(contacts)
    record(actor=actor, action=action, subject=f"partner:{partner.pk}")
    return partner
