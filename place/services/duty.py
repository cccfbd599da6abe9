"""The only writer of the duty roster; whoever must settle bookings hit by a change wraps these calls."""

from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from members.models import User
from members.services import record
from place.models import DutyShift


@transaction.atomic
def put_on_duty(*, actor: User | None, person: User, starts_at: datetime, ends_at: datetime) -> DutyShift:
    """Say that somebody answers for the lab `[starts_at, ends_at)`. Raises ValidationError and PermissionDenied."""
    _may_plan(actor)
    if ends_at <= starts_at:
        raise ValidationError({"ends": _("The end must come after the start.")})
    shift = DutyShift(person=person, starts_at=starts_at, ends_at=ends_at)
    shift.full_clean()
    shift.save()
    record(actor=actor, action="duty.planned", subject=f"duty:{shift.pk}", detail={"person": person.pk})
    return shift


@transaction.atomic
def call_off(*, actor: User | None, shift: DutyShift) -> DutyShift:
    """Take somebody off the roster (ill, away). Raises ValidationError when it is done already, PermissionDenied."""
    _may_plan(actor)
    if not DutyShift.objects.filter(pk=shift.pk, cancelled_at=None).update(cancelled_at=timezone.now()):
        raise ValidationError(_("This duty is already called off."))
    record(actor=actor, action="duty.called_off", subject=f"duty:{shift.pk}", detail={"person": shift.person_id})
    shift.refresh_from_db()
    return shift


def _may_plan(actor: User | None) -> None:
    if actor is not None and not actor.has_perm("place.change_dutyshift"):
        raise PermissionDenied(_("You cannot plan who is on duty."))
