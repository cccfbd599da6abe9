"""Klipper behind Moonraker's [mqtt], as one JSON status or split into a topic per field (findings: docs/mqtt.md)."""

from typing import Any
from zoneinfo import ZoneInfo

from iot_bridge import payloads
from iot_bridge.messages import Message
from iot_bridge.readings import Availability, Phase, Reading, Rejected, Report
from iot_bridge.rules import Limits, Role

KIND = "moonraker"
ROLE = Role.JOB
LIMITS = Limits(offline=10 * 60, evidence=10 * 60, paused=10 * 60)
"""Its count of seconds goes on through a pause: ten minutes without it, and Klipper is gone."""

SERVER = {"online": True, "offline": False}
PHASES = {
    "printing": Phase.WORKING,
    "paused": Phase.PAUSED,
    "standby": Phase.IDLE,
    "complete": Phase.FINISHED,
    "cancelled": Phase.CANCELLED,
    "error": Phase.FAILED,
}
STOPPED = {"shutdown": True, "error": True, "ready": False, "startup": False}
"""After an emergency stop print_stats says "paused" for ever: only webhooks tell it."""
FIELDS = ("print_stats/state", "print_stats/filename", "print_stats/total_duration", "print_stats/filament_used")
MOST_MM = 1e9
"""Drawn back before anything is printed, filament counts below nothing."""
OTHERS = ("webhooks/state", "virtual_sdcard/progress")


def filters(base: str) -> tuple[str, ...]:
    """Return the subscriptions for one Moonraker (its `instance_name`)."""
    fields = (f"{base}/klipper/state/{name}" for name in (*FIELDS, *OTHERS))
    return (f"{base}/moonraker/status", f"{base}/klipper/status", *fields)


def parse(base: str, message: Message, _zone: ZoneInfo) -> list[Reading]:
    """Read one message; raises Rejected. Its `eventtime` is no clock: seconds since the computer started."""
    leaf, data = message.topic[len(base) + 1 :], payloads.mapping(message.payload)
    if leaf == "moonraker/status":
        server = payloads.text(data.get("server"), "server", required=True)
        return [Availability(payloads.choice(server, SERVER), live=not message.retain)]
    if leaf == "klipper/status":
        return _report(_objects(data), "", live=not message.retain)
    holder, _slash, name = leaf.removeprefix("klipper/state/").partition("/")
    stamp = payloads.number(data.get("eventtime"), "eventtime")
    return _report(
        {holder: {name: data.get("value")}}, "" if stamp is None else f"{stamp:.6f}", live=not message.retain
    )


def _objects(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    status = data.get("status")
    if type(status) is not dict:
        raise Rejected("status is not an object")
    return {name: value for name, value in status.items() if type(value) is dict}


def _report(objects: dict[str, dict[str, Any]], stamp: str, *, live: bool) -> list[Reading]:
    print_stats, card = objects.get("print_stats", {}), objects.get("virtual_sdcard", {})
    progress = payloads.number(card.get("progress"), "progress", 0, 1)
    drawn = payloads.number(print_stats.get("filament_used"), "filament_used", -MOST_MM, MOST_MM)
    name = print_stats.get("filename")
    report = Report(
        phase=PHASES.get(payloads.text(print_stats.get("state"), "state")),
        name=None if name is None else payloads.text(name, "filename"),
        elapsed=payloads.number(print_stats.get("total_duration"), "total_duration", 0),
        progress=None if progress is None else int(progress * 100),
        metres=None if drawn is None else max(0.0, drawn / 1000),
        fault=STOPPED.get(payloads.text(objects.get("webhooks", {}).get("state"), "webhooks.state")),
        stamp=stamp,
        live=live,
    )
    return [report] if report.told() else []
