"""Shelly plugs and relays of the first generation: plain text, one value a topic (findings: docs/mqtt.md)."""

import re
from zoneinfo import ZoneInfo

from iot_bridge import payloads
from iot_bridge.messages import Message
from iot_bridge.readings import Availability, PowerReading, Reading, Switched
from iot_bridge.rules import Limits, Role

KIND = "shelly1"
ROLE = Role.POWER
LIMITS = Limits(silence=10 * 60)

PREFIX = "shellies"
STATUS = {"true": True, "false": False}
TRIPPED = "overpower"
RELAY = {"on": True, "off": False, TRIPPED: False}
DEFAULT_PART = "relay/0"
PART = re.compile(r"(.+)/((?:relay|meter)/[0-9]+)")
MINUTES_PER_HOUR = 60


def filters(base: str) -> tuple[str, ...]:
    """Return the subscriptions for one channel: `<id>`, or `<id>/relay/1` for another one than `relay/0`."""
    name, part = _channel(base)
    return tuple(f"{PREFIX}/{name}/{leaf}" for leaf in ("online", part, f"{part}/power", f"{part}/energy"))


def parse(base: str, message: Message, _zone: ZoneInfo) -> list[Reading]:
    """Read one message; it carries no time. Raises Rejected."""
    name, part = _channel(base)
    leaf, live = message.topic[len(PREFIX) + len(name) + 2 :], not message.retain
    word = payloads.plain(message.payload)
    if leaf == "online":
        return [Availability(payloads.choice(word, STATUS), live=live)]
    if leaf == part:
        return [Switched(payloads.choice(word, RELAY), live=live, tripped=word == TRIPPED)]
    if leaf == f"{part}/power":
        return [PowerReading(payloads.decimal(word, "power", 0, payloads.MAX_WATTS), live=live)]
    return [PowerReading(total_wh=payloads.decimal(word, "energy", 0) / MINUTES_PER_HOUR, live=live)]


def _channel(base: str) -> tuple[str, str]:
    found = PART.fullmatch(base)
    return (found[1], found[2]) if found else (base, DEFAULT_PART)
