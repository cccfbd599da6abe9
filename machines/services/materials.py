"""The only writer of what machines may take."""

from django.db import transaction

from machines.models import MachineMaterial
from members.models import User
from members.services import record


@transaction.atomic
def save_material(*, actor: User | None, material: MachineMaterial) -> MachineMaterial:
    """Add or change a material of a machine. Raises ValidationError when the machine has it already."""
    action = "material.created" if material.pk is None else "material.updated"
    material.full_clean()
    material.save()
    detail = {"material": material.name, "allowed": material.allowed}
    record(actor=actor, action=action, subject=f"machine:{material.machine_id}", detail=detail)
    return material


@transaction.atomic
def remove_material(*, actor: User | None, material: MachineMaterial) -> None:
    """Take a material off a machine's list: who declared it keeps the booking, without it."""
    record(
        actor=actor,
        action="material.removed",
        subject=f"machine:{material.machine_id}",
        detail={"material": material.name},
    )
    material.delete()
