"""Boxes and firmware made for this system (docs/contract.md §5, docs/device-guide.md)."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from iot_bridge import payloads
from iot_bridge.cards import digest
from iot_bridge.messages import Message
from iot_bridge.readings import Availability, BadgeShown, Evidence, JobEvent, PowerReading, Reading, Rejected, Step
from iot_bridge.rules import Limits, Role

KIND = "native"
ROLE = Role.JOB
LIMITS = Limits(offline=15 * 60, evidence=12 * 3600, buffers=True)
"""A box that stays connected is alive without saying so; half a day without a word is a box that forgot."""

PREFIX = "fablab/v1"
STATUS = {"online": True, "offline": False}
MOST_GRAMS = 1e6
STEPS = {step.value: step for step in Step}


def filters(base: str) -> tuple[str, ...]:
    """Return the subscriptions for the box of one machine (its slug)."""
    return tuple(f"{PREFIX}/{base}/{leaf}" for leaf in ("status", "job", "telemetry", "badge"))


def switch(base: str, *, on: bool) -> tuple[str, str]:
    """Return the topic and payload that switch what the box feeds."""
    return f"{PREFIX}/{base}/set", json.dumps({"power": "on" if on else "off"})


def answers(base: str) -> str:
    """Return the topic on which the box awaits whether a card may start."""
    return f"{PREFIX}/{base}/access"


def parse(base: str, message: Message, _zone: ZoneInfo) -> list[Reading]:
    """Read one message of a box; raises Rejected."""
    leaf = message.topic[len(PREFIX) + len(base) + 2 :]
    if leaf == "telemetry":
        return _telemetry(payloads.mapping(message.payload, payloads.NATIVE_MAX_BYTES), live=not message.retain)
    if leaf == "status":
        return [Availability(payloads.choice(_word(message.payload), STATUS), live=not message.retain)]
    if leaf == "job" and not message.retain:
        return [_job(payloads.mapping(message.payload, payloads.NATIVE_MAX_BYTES))]
    if leaf == "badge" and not message.retain:
        return [_badge(payloads.mapping(message.payload, payloads.NATIVE_MAX_BYTES))]
    return []


def _word(payload: bytes) -> str:
    """Return the status; it is a JSON text, and a bare word is understood too."""
    return payloads.plain(payload, payloads.NATIVE_MAX_BYTES).strip().strip('"')


def _telemetry(data: dict[str, Any], *, live: bool) -> list[Reading]:
    at = payloads.instant(data.get("at"), "at")
    watts = payloads.number(data.get("power_w"), "power_w", 0, payloads.MAX_WATTS)
    total = payloads.number(data.get("energy_wh"), "energy_wh", 0)
    progress = payloads.number(data.get("progress"), "progress", 0, 100)
    readings: list[Reading] = [Evidence(progress=None if progress is None else int(progress), at=at, live=live)]
    if watts is not None or total is not None:
        readings.append(PowerReading(watts, total, at, live))
    return readings


def _job(data: dict[str, Any]) -> JobEvent:
    step = STEPS.get(payloads.text(data.get("event"), "event", required=True))
    if step is None:
        raise Rejected("event is unknown")
    job = payloads.text(data.get("job"), "job", required=True)
    boot, seq = _numbered(data)
    card = payloads.text(data.get("badge"), "badge")
    return JobEvent(
        step=step,
        job=job,
        name=payloads.text(data.get("name"), "name"),
        at=payloads.instant(data.get("at"), "at"),
        key=f"{boot}/{job}",
        mark=f"{boot}/{seq}",
        card=digest(card) if card else "",
        used=_used(data),
    )


def _used(data: dict[str, Any]) -> tuple[float, str, str] | None:
    material, grams = payloads.text(data.get("material"), "material"), data.get("grams")
    amount = payloads.number(grams, "grams", 0, MOST_GRAMS)
    return None if amount is None else (amount, "g", material)


def _badge(data: dict[str, Any]) -> BadgeShown:
    boot, seq = _numbered(data)
    card = payloads.text(data.get("badge"), "badge", required=True)
    return BadgeShown(digest(card), boot, seq, payloads.instant(data.get("at"), "at"))


def _numbered(data: dict[str, Any]) -> tuple[str, int]:
    """Return what tells a message of the box from every other: its start, and the number since then."""
    boot, seq = payloads.text(data.get("boot"), "boot", required=True), data.get("seq")
    if type(seq) is not int or not 0 <= seq < 2**63:
        raise Rejected("seq is not a rising whole number")
    return boot, seq
