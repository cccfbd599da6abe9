"""The only writer of habilitations."""

from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from machines.models import MachineCategory, Qualification
from members.models import User
from members.services import record


@transaction.atomic
def grant(
    *,
    actor: User,
    member: User,
    category: MachineCategory,
    level: int,
    granted_on: date | None = None,
    expires_on: date | None = None,
) -> Qualification:
    """Give a member a level (0 to 3) on a category, or renew it; lifts an earlier withdrawal.

    Raises PermissionDenied without the right and ValidationError for a wrong level or date.
    """
    _may_sign(actor)
    User.objects.select_for_update(no_key=True).get(pk=member.pk)
    qualification = Qualification.objects.filter(member=member, category=category).first() or Qualification(
        member=member, category=category
    )
    qualification.level, qualification.granted_by = level, actor
    qualification.granted_on = granted_on or timezone.localdate()
    qualification.expires_on, qualification.withdrawn_reason = expires_on, ""
    if expires_on and expires_on < qualification.granted_on:
        raise ValidationError({"expires_on": _("It cannot end before it is given.")})
    qualification.full_clean()
    qualification.save()
    detail = {"category": category.slug, "level": level}
    record(actor=actor, action="qualification.granted", subject=f"user:{member.pk}", detail=detail)
    return qualification


@transaction.atomic
def withdraw(*, actor: User, qualification: Qualification, reason: str) -> Qualification:
    """Suspend a habilitation with a reason. Raises ValidationError without one."""
    _may_sign(actor)
    if not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    qualification.withdrawn_reason = reason.strip()[:150]
    qualification.save(update_fields=["withdrawn_reason"])
    detail = {"category": qualification.category.slug, "reason": reason}
    record(actor=actor, action="qualification.withdrawn", subject=f"user:{qualification.member_id}", detail=detail)
    return qualification


def _may_sign(actor: User) -> None:
    if not actor.has_perm("machines.manage_qualifications"):
        raise PermissionDenied(_("You cannot sign habilitations."))
