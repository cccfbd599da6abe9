"""Plugs behind Zigbee2MQTT (findings: docs/mqtt.md). What it remembers it tells again, as new, when it starts."""

from typing import Any
from zoneinfo import ZoneInfo

from iot_bridge import payloads
from iot_bridge.messages import Message
from iot_bridge.readings import Availability, PowerReading, Reading, Switched
from iot_bridge.rules import Limits, Role

KIND = "zigbee2mqtt"
ROLE = Role.POWER
LIMITS = Limits(silence=10 * 60)

STATUS = {"online": True, "offline": False}
RELAY = {"ON": True, "OFF": False}


def filters(base: str) -> tuple[str, ...]:
    """Return the subscriptions for `<friendly name>`, or `<base topic>/<friendly name>` when it is not `zigbee2mqtt`.

    The state of the coordinator concerns every plug.
    """
    topic = _topic(base)
    return (topic, f"{topic}/availability", _coordinator(topic))


def parse(base: str, message: Message, zone: ZoneInfo) -> list[Reading]:
    """Read one message; raises Rejected."""
    live = not message.retain
    topic = _topic(base)
    if message.topic == topic:
        return _state(payloads.mapping(message.payload), zone, live=live)
    online = payloads.choice(_word(message.payload), STATUS)
    return [Availability(online, live=live, relay=message.topic == _coordinator(topic))]


def _topic(base: str) -> str:
    return base if "/" in base else f"zigbee2mqtt/{base}"


def _coordinator(topic: str) -> str:
    return f"{topic.partition('/')[0]}/bridge/state"


def _word(payload: bytes) -> str:
    """Return the state: JSON since version 2, a bare word before."""
    word = payloads.plain(payload).strip()
    return payloads.text(payloads.mapping(payload).get("state"), "state") if word.startswith("{") else word


def _state(data: dict[str, Any], zone: ZoneInfo, *, live: bool) -> list[Reading]:
    at = payloads.wall_clock(data.get("last_seen"), zone)
    watts = payloads.number(data.get("power"), "power", 0, payloads.MAX_WATTS)
    total = payloads.number(data.get("energy"), "energy", 0)
    readings: list[Reading] = []
    if watts is not None or total is not None:
        readings.append(PowerReading(watts, None if total is None else total * 1000, at, live))
    if data.get("state") is not None:
        word = payloads.text(data["state"], "state")
        readings.append(Switched(payloads.choice(word, RELAY), at, live))
    return readings
