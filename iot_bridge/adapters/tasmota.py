"""Plugs that run Tasmota with power measurement (findings: docs/mqtt.md)."""

from typing import Any
from zoneinfo import ZoneInfo

from iot_bridge import payloads
from iot_bridge.messages import Message
from iot_bridge.readings import Availability, PowerReading, Reading, Rejected, Switched
from iot_bridge.rules import Limits, Role

KIND = "tasmota"
ROLE = Role.POWER
LIMITS = Limits(silence=10 * 60)

STATUS = {"Online": True, "Offline": False}
RELAY = {"ON": True, "OFF": False}


def filters(base: str) -> tuple[str, ...]:
    """Return the subscriptions for one plug (its `Topic`)."""
    return (
        f"tele/{base}/LWT",
        f"tele/{base}/SENSOR",
        f"tele/{base}/STATE",
        f"stat/{base}/POWER",
        f"stat/{base}/RESULT",
    )


def switch(base: str, *, on: bool) -> tuple[str, str]:
    """Return the topic and payload that switch the plug."""
    return f"cmnd/{base}/POWER", "ON" if on else "OFF"


def parse(_base: str, message: Message, zone: ZoneInfo) -> list[Reading]:
    """Read one message; raises Rejected."""
    leaf, live = message.topic.rpartition("/")[2], not message.retain
    if leaf == "SENSOR":
        return _sensor(payloads.mapping(message.payload), zone, live=live)
    if leaf == "LWT":
        return [Availability(payloads.choice(payloads.plain(message.payload), STATUS), live=live)]
    if leaf == "POWER":
        return [Switched(payloads.choice(payloads.plain(message.payload), RELAY), live=live)]
    return _relay(payloads.mapping(message.payload), zone, live=live)


def _sensor(data: dict[str, Any], zone: ZoneInfo, *, live: bool) -> list[Reading]:
    energy = data.get("ENERGY")
    if energy is None:
        return []
    if type(energy) is not dict:
        raise Rejected("ENERGY is not an object")
    watts = payloads.number(energy.get("Power"), "Power", 0, payloads.MAX_WATTS)
    total = payloads.number(energy.get("Total"), "Total", 0)
    return [PowerReading(watts, None if total is None else total * 1000, _at(data, zone), live)]


def _relay(data: dict[str, Any], zone: ZoneInfo, *, live: bool) -> list[Reading]:
    word = data.get("POWER", data.get("POWER1"))
    if word is None:
        return []
    return [Switched(payloads.choice(payloads.text(word, "POWER"), RELAY), _at(data, zone), live)]


def _at(data: dict[str, Any], zone: ZoneInfo) -> float | None:
    return payloads.epoch(data.get("Epoch")) or payloads.wall_clock(data.get("Time"), zone)
