"""What others may ask about the bridge and its devices."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Exists, Max, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from iot_bridge.adapters import ADAPTERS
from iot_bridge.health import Facts, Finding, findings
from iot_bridge.messages import Message
from iot_bridge.models import BridgeLock, BridgeReport, Device, MachineMessage, Proposal
from iot_bridge.pipeline import Listener
from iot_bridge.readings import Rejected
from iot_bridge.rules import Limits, PowerRule, Role, Rules
from machines.models import Machine

FRESH_BEAT = timedelta(seconds=60)
"""A bridge whose last sign of life is older than this is not there."""
RECENT = 200
"""A message sent again is looked for among this many of its topic."""


@dataclass(frozen=True, slots=True)
class Beats:
    """The signs of life of the bridge. Of several that divide the devices, the one silent longest gives `age`.

    `age` is None when none ever ran; `missing` are the partitions that were never started, of `of`.
    """

    age: timedelta | None
    missing: tuple[int, ...] = ()
    of: int = 1

    @property
    def fresh(self) -> bool:
        """Tell whether every device has a bridge that lives."""
        return self.age is not None and self.age < FRESH_BEAT and not self.missing


def bridge_beats(now: datetime) -> Beats:
    """Return the signs of life of the bridges that divide the devices as the one last heard does: one query."""
    rows = list(BridgeLock.objects.exclude(beat_at=None).order_by("-beat_at"))
    if not rows:
        return Beats(None)
    of = rows[0].partitions
    beats = {row.partition: now - row.beat_at for row in rows if row.beat_at and row.partitions == of}
    return Beats(max(beats.values()), tuple(part for part in range(of) if part not in beats), of)


def bridge_reports(of: int) -> list[BridgeReport]:
    """Return what the bridges of that many partitions last wrote down about themselves; empty when none ever ran."""
    return list(BridgeReport.objects.filter(partition__lt=of).order_by("partition"))


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


def devices_with_health() -> QuerySet[Device]:
    """Return the devices with all that `device_findings` reads: two queries, however many they are."""
    return Device.objects.select_related("machine", "health", "account").prefetch_related("rejections")


def device_findings(device: Device, now: datetime) -> list[Finding]:
    """Return what is wrong with a device; one that is not listened to has nothing wrong."""
    if not device.active:
        return []
    limits = ADAPTERS[device.kind].limits if device.kind in ADAPTERS else Limits()
    return findings(device_facts(device), limits, now.timestamp())


def device_facts(device: Device) -> Facts:
    """Return the stored facts of a device."""
    health = getattr(device, "health", None)
    heard_at = health.heard_at if health else device.last_seen_at
    refused = sorted(device.rejections.all(), key=lambda row: row.last_at)
    last = refused[-1] if refused else None
    return Facts(
        heard_at=None if heard_at is None else heard_at.timestamp(),
        offline_since=device.state.get("offline_since") if device.available is False else None,
        at_work=bool(device.state.get("open")),
        clock_offset=health.clock_offset if health else None,
        rejected=sum(row.times for row in refused),
        reason=last.reason if last else "",
        rejected_at=last.last_at.timestamp() if last else None,
    )


def last_said(device: Device) -> list[tuple[Any, Any]]:
    """Return the state that a device last told: (label, value), without what it never told."""
    state, job = device.state, device.state.get("open") or {}
    there = None if device.available is None else _("yes") if device.available else _("no")
    told = [
        (_("Reachable"), there),
        (_("Job"), job.get("name") or job.get("job")),
        (_("Progress (%)"), job.get("progress")),
        (_("Power (W)"), state.get("watts")),
        (_("Energy counter (Wh)"), state.get("energy_wh")),
    ]
    return [(label, value) for label, value in told if value is not None]


def proposals() -> QuerySet[Proposal]:
    """Return the devices that announced themselves, wait for somebody, and are not set up under that name."""
    known = Device.objects.filter(kind=OuterRef("kind"), base=OuterRef("base"))
    return Proposal.objects.filter(~Exists(known), ignored=False)


def rejected_messages() -> QuerySet[MachineMessage]:
    """Return the messages that could not be used, without their payloads (up to 64 KiB each)."""
    rows = MachineMessage.objects.filter(status=MachineMessage.Status.REJECTED)
    return rows.select_related("device__machine").defer("payload")


def rejected_today(row: MachineMessage) -> str | None:
    """Return why a kept message cannot be used by the adapter of today: empty when it can, None without a device."""
    device = row.device
    if device is None or device.kind not in ADAPTERS:
        return None
    message = Message(row.topic, bytes(row.payload), row.received_at.timestamp(), row.qos, row.retain, row.dup)
    try:
        ADAPTERS[device.kind].parse(device.base, message, ZoneInfo(device.time_zone or settings.TIME_ZONE))
    except Rejected as rejected:
        return str(rejected)
    return ""
