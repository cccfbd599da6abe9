"""The only writer of the park: categories, machines, outages."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from machines.models import Machine, MachineCategory, Outage
from members import handlers
from members.models import User
from members.services import record


@transaction.atomic
def save_category(*, actor: User | None, category: MachineCategory) -> MachineCategory:
    """Create or change a category. Raises ValidationError."""
    action = "category.created" if category.pk is None else "category.updated"
    category.full_clean()
    category.save()
    record(actor=actor, action=action, subject=f"category:{category.pk}")
    return category


@transaction.atomic
def save_machine(*, actor: User | None, machine: Machine) -> Machine:
    """Create or change a machine's description and booking parameters; never its measured state.

    Raises ValidationError.
    """
    action = "machine.created" if machine.pk is None else "machine.updated"
    machine.full_clean()
    machine.save(update_fields=None if machine.pk is None else _described_fields())
    record(actor=actor, action=action, subject=f"machine:{machine.pk}")
    return machine


def _described_fields() -> list[str]:
    return [field.name for field in Machine._meta.concrete_fields if field.editable and not field.primary_key]


@transaction.atomic
def declare_outage(
    *,
    actor: User | None,
    machine: Machine,
    reason: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    planned: bool = False,
) -> Outage:
    """Say that a machine cannot be used; OUTAGE_HANDLERS settle the bookings it touches.

    Raises ValidationError (planned work needs an end) and what the handlers raise (members hold the time).
    """
    if planned and ends_at is None:
        raise ValidationError({"ends_at": _("Say when the planned work ends.")})
    locked = Machine.objects.select_for_update(no_key=True).get(pk=machine.pk)
    outage = Outage(
        machine=locked,
        reason=reason,
        starts_at=starts_at or timezone.now(),
        ends_at=ends_at,
        planned=planned,
        reported_by=actor,
    )
    outage.full_clean()
    outage.save()
    record(actor=actor, action="outage.declared", subject=f"machine:{machine.pk}", detail={"reason": reason})
    handlers.call("OUTAGE_HANDLERS", "declared", outage)
    return outage


@transaction.atomic
def end_outage(*, actor: User | None, outage: Outage, at: datetime | None = None) -> Outage:
    """The machine works again. Raises ValidationError when the outage is already over."""
    Machine.objects.select_for_update(no_key=True).get(pk=outage.machine_id)
    current = Outage.objects.select_related("machine").get(pk=outage.pk)
    moment = at or timezone.now()
    if current.ends_at is not None and current.ends_at <= moment:
        raise ValidationError(_("This outage is already over."))
    if moment <= current.starts_at:
        handlers.call("OUTAGE_HANDLERS", "ended", current)
        current.delete()
    else:
        current.ends_at = moment
        current.save(update_fields=["ends_at"])
        handlers.call("OUTAGE_HANDLERS", "ended", current)
    record(actor=actor, action="outage.ended", subject=f"machine:{current.machine_id}")
    return current
