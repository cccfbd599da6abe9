"""The only writer of devices as people describe them; what they say is the bridge's to write."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from iot_bridge.models import Device, DeviceHealth, DeviceRejection, PrinterLink, Proposal
from members.models import User
from members.services import record

DESCRIBED = (
    "machine",
    "kind",
    "base",
    "role",
    "active",
    "time_zone",
    "start_watts",
    "start_hold_seconds",
    "stop_watts",
    "stop_hold_seconds",
)
IDENTITY = ("machine_id", "kind", "base")


@transaction.atomic
def save_device(*, actor: User | None, device: Device) -> Device:
    """Add a device or change its description, never what the bridge remembers of it.

    Raises ValidationError, also when another device should take its place while a job of it goes on.
    """
    known = Device.objects.select_for_update(no_key=True).filter(pk=device.pk).first()
    device.full_clean()
    if known is None:
        device.save()
    else:
        _change(known, device)
    Proposal.objects.filter(kind=device.kind, base=device.base).delete()
    action = "device.created" if known is None else "device.updated"
    record(actor=actor, action=action, subject=f"device:{device.pk}", detail={"source": device.source})
    return device


def _change(known: Device, device: Device) -> None:
    another = any(getattr(known, name) != getattr(device, name) for name in IDENTITY)
    if another or not device.active:
        _refuse_at_work(known)
    written: Iterable[str] = DESCRIBED
    if another:
        _forget_what_was_said(device)
        written = (*DESCRIBED, "state", "available", "last_seen_at")
    device.save(update_fields=[*written, "changed_at"])


def _forget_what_was_said(device: Device) -> None:
    device.state, device.available, device.last_seen_at = {}, None, None
    DeviceHealth.objects.filter(device=device).delete()
    DeviceRejection.objects.filter(device=device).delete()


@transaction.atomic
def remove_device(*, actor: User | None, device: Device) -> None:
    """Listen to a device no more; its uses and its messages are kept. Raises ValidationError while a job goes on."""
    known = Device.objects.select_for_update().get(pk=device.pk)
    _refuse_at_work(known)
    record(actor=actor, action="device.removed", subject=f"device:{known.pk}", detail={"source": known.source})
    known.delete()


@transaction.atomic
def save_link(*, actor: User | None, link: PrinterLink) -> PrinterLink:
    """Say how a printer that is a broker of its own is reached; the log never holds its code. Raises ValidationError.

    What was seen at another address counts no more.
    """
    known = PrinterLink.objects.select_for_update().filter(pk=link.pk).first()
    if known is not None and known.host != link.host:
        link.seen_fingerprint = ""
    link.full_clean()
    link.save()
    record(actor=actor, action="device.linked", subject=f"device:{link.device_id}", detail={"host": link.host})
    return link


def note_fingerprint(link: PrinterLink, seen: str) -> None:
    """Write down the certificate seen at a printer’s address, for a person to say whether it is the printer."""
    PrinterLink.objects.filter(pk=link.pk, host=link.host).update(seen_fingerprint=seen)


@transaction.atomic
def ignore_proposal(*, actor: User | None, proposal: Proposal) -> None:
    """Propose a device no more, however often it announces itself."""
    Proposal.objects.filter(pk=proposal.pk).update(ignored=True)
    record(actor=actor, action="proposal.ignored", subject=f"proposal:{proposal.pk}", detail={"source": str(proposal)})


def _refuse_at_work(device: Device) -> None:
    if device.active and device.state.get("open"):
        raise ValidationError(_("A job goes on at this device. Wait until it has ended."))
