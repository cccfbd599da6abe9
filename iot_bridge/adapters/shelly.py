"""Shelly plugs and relays of the second generation and later, Gen2+ and Gen3 (findings: docs/mqtt.md)."""

import re
from typing import Any
from zoneinfo import ZoneInfo

from iot_bridge import payloads
from iot_bridge.messages import Message
from iot_bridge.readings import Availability, PowerReading, Reading, Rejected, Switched
from iot_bridge.rules import Limits, Role

KIND = "shelly"
ROLE = Role.POWER
LIMITS = Limits(silence=10 * 60)

STATUS = {"true": True, "false": False}
TELLING = {"NotifyStatus", "NotifyFullStatus"}
TRIPS = {"overpower", "overtemp", "overvoltage", "undervoltage"}
"""Errors for which the plug opens its relay by itself."""
DEFAULT_PART = "switch:0"
PART = re.compile(r"[a-z0-9]+:[0-9]+")


def filters(base: str) -> tuple[str, ...]:
    """Return the subscriptions for one channel: `<id>`, or `<id>/switch:1` for another one than `switch:0`."""
    name, part = _channel(base)
    return (f"{name}/online", f"{name}/events/rpc", f"{name}/status/{part}")


def parse(base: str, message: Message, _zone: ZoneInfo) -> list[Reading]:
    """Read one message; raises Rejected."""
    name, part = _channel(base)
    leaf, live = message.topic[len(name) + 1 :], not message.retain
    if leaf == "online":
        return [Availability(payloads.choice(payloads.plain(message.payload), STATUS), live=live)]
    data = payloads.mapping(message.payload)
    if leaf != "events/rpc":
        return _status(data, None, live=live)
    if payloads.text(data.get("method"), "method") not in TELLING:
        return []
    params = _object(data.get("params"), "params")
    return _status(_object(params.get(part), part), payloads.epoch(params.get("ts")), live=live)


def _channel(base: str) -> tuple[str, str]:
    name, _slash, part = base.rpartition("/")
    return (name, part) if name and PART.fullmatch(part) else (base, DEFAULT_PART)


def _object(value: Any, name: str) -> dict[str, Any]:
    """A frame tells only what changed: what it leaves out is empty."""
    if value is None:
        return {}
    if type(value) is not dict:
        raise Rejected(f"{name} is not an object")
    return value


def _status(data: dict[str, Any], at: float | None, *, live: bool) -> list[Reading]:
    watts = payloads.number(data.get("apower"), "apower", 0, payloads.MAX_WATTS)
    total = payloads.number(_object(data.get("aenergy"), "aenergy").get("total"), "total", 0)
    measured = [PowerReading(watts, total, at, live)] if (watts, total) != (None, None) else []
    return [*measured, *_relay(data, at, live=live)]


def _relay(data: dict[str, Any], at: float | None, *, live: bool) -> list[Reading]:
    output, errors = data.get("output"), data.get("errors") or []
    if type(output) not in {bool, type(None)} or type(errors) is not list:
        raise Rejected("output or errors cannot be read")
    tripped = output is not True and any(error in TRIPS for error in errors if isinstance(error, str))
    return [Switched(bool(output), at, live, tripped)] if tripped or output is not None else []
