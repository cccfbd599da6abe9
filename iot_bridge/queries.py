"""What others may ask about the bridge and its devices."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Max, Min

from iot_bridge.adapters import ADAPTERS
from iot_bridge.models import BridgeLock, Device, MachineMessage
from iot_bridge.pipeline import Listener
from iot_bridge.rules import PowerRule, Role, Rules
from machines.models import Machine

RECENT = 200
"""A message sent again is looked for among this many of its topic."""


def bridge_beat_age(now: datetime) -> timedelta | None:
    """Return how long ago a bridge last gave a sign of life, None when none ever ran.

    Of several that divide the devices, the one that has been silent longest counts.
    """
    latest = BridgeLock.objects.exclude(beat_at=None).order_by("-beat_at").first()
    if latest is None:
        return None
    beats = BridgeLock.objects.filter(partitions=latest.partitions).exclude(beat_at=None)
    return now - beats.aggregate(beat=Min("beat_at"))["beat"]


def devices_version() -> tuple[int, datetime | None]:
    """Return a mark that changes whenever a device is added, changed or removed."""
    found = Device.objects.aggregate(count=Count("id"), changed=Max("changed_at"))
    return found["count"], found["changed"]


def listeners() -> list[tuple[Listener, Device]]:
    """Return every active device the bridge can read, as the pipeline sees it."""
    devices = Device.objects.filter(active=True, kind__in=ADAPTERS).select_related("machine").order_by("id")
    telling = {device.machine_id for device in devices if device.role == Role.JOB}
    return [(listener(device, companion=device.machine_id in telling), device) for device in devices]


def listener(device: Device, *, companion: bool) -> Listener:
    """Return a device as the pipeline sees it; a plug beside a machine that tells its jobs only counts energy."""
    adapter = ADAPTERS[device.kind]
    measures = device.role == Role.POWER
    rules = Rules(adapter.limits, power_rule(device) if measures else None, companion=measures and companion)
    zone = ZoneInfo(device.time_zone or settings.TIME_ZONE)
    machine = device.machine
    filters = adapter.filters(device.base)
    return Listener(device.pk or 0, machine.pk, machine.slug, device.base, adapter, rules, zone, filters)


def power_rule(device: Device) -> PowerRule:
    return PowerRule(device.start_watts, device.start_hold_seconds, device.stop_watts, device.stop_hold_seconds)


def stored_power_rule(machine: Machine) -> PowerRule | None:
    """Return the power rule of a machine's own plug, None when it has none."""
    device = Device.objects.filter(machine=machine, role=Role.POWER).order_by("-active", "id").first()
    return None if device is None else power_rule(device)


def recent_digests(topic: str) -> set[bytes]:
    """Return what tells apart the last messages of a topic."""
    rows = MachineMessage.objects.filter(topic=topic).order_by("-id").values_list("digest", flat=True)
    return {bytes(digest) for digest in rows[:RECENT]}
