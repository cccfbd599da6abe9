"""The only writer of what was agreed with partners."""

from collections.abc import Iterable
from datetime import time

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from booking.group_models import Agreement, AgreementSlot
from machines.models import Machine
from members.models import User
from members.services import record

Times = tuple[int, time, time]


@transaction.atomic
def save_agreement(
    *, actor: User, agreement: Agreement, machines: Iterable[Machine], slots: Iterable[Times]
) -> Agreement:
    """Create or change an agreement; bookings made under it stand. Raises PermissionDenied, ValidationError.

    `slots` are weekday (0 is Monday), from, to.
    """
    if not actor.has_perm("members.manage_partners"):
        raise PermissionDenied
    action = "agreement.created" if agreement.pk is None else "agreement.updated"
    wanted = sorted(set(slots))
    if not wanted:
        raise ValidationError(_("Name at least one time of the week."))
    agreement.full_clean()
    agreement.save()
    agreement.machines.set(machines)
    _write_slots(agreement, wanted)
    record(actor=actor, action=action, subject=f"agreement:{agreement.pk}")
    return agreement


def _write_slots(agreement: Agreement, wanted: list[Times]) -> None:
    agreement.slots.all().delete()
    for weekday, starts, ends in wanted:
        slot = AgreementSlot(agreement=agreement, weekday=weekday, starts=starts, ends=ends)
        slot.full_clean()
        slot.save()
