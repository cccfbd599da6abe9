"""Devices that nobody has set up: recognised by the topics with which known firmware announces itself. Pure.

Only a proposal comes of it; a machine or a device is never made from what somebody publishes.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from iot_bridge.messages import Message

FILTERS = (
    "+/mqtt",
    "+/+/mqtt",
    "tele/+/LWT",
    "shellies/+/online",
    "+/online",
    "+/moonraker/status",
    "+/status",
    "+/status/availability",
    "zigbee2mqtt/bridge/devices",
    "device/+/report",
    "fablab/v1/+/status",
    "homeassistant/+/+/config",
    "homeassistant/+/+/+/config",
)
AGAIN_S = 60.0
"""A topic is looked at this often; what comes between is only counted."""
REMEMBERED = 4096
MOST = 200
"""Proposals kept; the oldest go."""
WORD_BYTES, JSON_BYTES, LIST_BYTES = 64, 64 * 1024, 1024 * 1024
BASE_LENGTH, NAME_LENGTH = 120, 80
NOT_DEVICES = {"homeassistant", "zigbee2mqtt", "fablab", "tele", "stat", "cmnd", "shellies", "device"}


class Found(NamedTuple):
    """A device as it announced itself: firmware, name in the topics, a name for people."""

    kind: str
    base: str
    name: str = ""


class Discovery:
    """Look at messages of unknown topics, at each topic once a minute."""

    def __init__(self) -> None:
        self._looked: dict[str, float] = {}

    def look(self, message: Message) -> list[Found]:
        """Return what a message announces; usually nothing."""
        topic, at = message.topic, message.received_at
        leaf = topic.rpartition("/")[2]
        if leaf not in BY_LEAF or 0 <= at - self._looked.get(topic, at + 1) < AGAIN_S:
            return []
        if len(self._looked) >= REMEMBERED:
            self._looked.clear()
        self._looked[topic] = at
        return found_in(topic, message.payload)


def found_in(topic: str, payload: bytes) -> list[Found]:
    """Return the devices that one message announces; whatever it holds, nothing is raised."""
    levels = topic.split("/")
    recognise = BY_LEAF.get(levels[-1])
    try:
        found = recognise(levels, payload) if recognise else []
    except (ValueError, RecursionError):
        return []
    return [one for one in found if _usable(one.base)]


def _usable(base: str) -> bool:
    clean = base.strip("/ ") == base and base.isprintable() and not set(base) & set("+#")
    return clean and 0 < len(base) <= BASE_LENGTH


def _says(payload: bytes, *words: str) -> bool:
    return len(payload) <= WORD_BYTES and payload.strip().strip(b'"').lower() in {word.encode() for word in words}


def _json(payload: bytes, most: int) -> Any:
    return json.loads(payload) if len(payload) <= most else None


def _text(value: Any) -> str:
    return value[:NAME_LENGTH] if isinstance(value, str) and value.isprintable() else ""


def _octoprint(levels: list[str], payload: bytes) -> list[Found]:
    known = len(levels) in {2, 3} and levels[0] not in NOT_DEVICES and _says(payload, "connected", "disconnected")
    return [Found("octoprint", "/".join(levels[:-1]))] if known else []


def _tasmota(levels: list[str], payload: bytes) -> list[Found]:
    known = len(levels) == 3 and levels[0] == "tele" and _says(payload, "online", "offline")
    return [Found("tasmota", levels[1])] if known else []


def _shelly(levels: list[str], payload: bytes) -> list[Found]:
    if not _says(payload, "true", "false"):
        return []
    if len(levels) == 3 and levels[0] == "shellies":
        return [Found("shelly1", levels[1])]
    return [Found("shelly", levels[0])] if len(levels) == 2 and levels[0] not in NOT_DEVICES else []


def _status(levels: list[str], payload: bytes) -> list[Found]:
    if len(levels) == 3 and levels[1] == "moonraker":
        told = _json(payload, WORD_BYTES)
        return [Found("moonraker", levels[0])] if isinstance(told, dict) and "server" in told else []
    if not _says(payload, "online", "offline"):
        return []
    if len(levels) == 4 and levels[:2] == ["fablab", "v1"]:
        return [Found("native", levels[2])]
    return [Found("esphome", levels[0])] if len(levels) == 2 and levels[0] not in NOT_DEVICES else []


def _laserlink(levels: list[str], payload: bytes) -> list[Found]:
    known = len(levels) == 3 and levels[1] == "status" and _says(payload, "online", "offline")
    return [Found("laserlink", levels[0])] if known else []


def _bambu(levels: list[str], payload: bytes) -> list[Found]:
    known = len(levels) == 3 and levels[0] == "device" and payload.lstrip()[:1] == b"{"
    return [Found("bambu", levels[1])] if known else []


def _zigbee(levels: list[str], payload: bytes) -> list[Found]:
    told = _json(payload, LIST_BYTES) if levels == ["zigbee2mqtt", "bridge", "devices"] else None
    rows = [row for row in told if isinstance(row, dict)] if isinstance(told, list) else []
    return [found for row in rows[:MOST] if (found := _zigbee_device(row)) is not None]


def _zigbee_device(row: dict[str, Any]) -> Found | None:
    """Only what measures power is of use here; how a device says so is nested and left to its text."""
    definition, base = row.get("definition"), row.get("friendly_name")
    if not isinstance(definition, dict) or not isinstance(base, str) or '"power"' not in json.dumps(definition):
        return None
    return Found("zigbee2mqtt", f"zigbee2mqtt/{base}", _text(definition.get("description")))


def _home_assistant(levels: list[str], payload: bytes) -> list[Found]:
    told = _json(payload, JSON_BYTES) if levels[0] == "homeassistant" else None
    if not isinstance(told, dict) or told.get("device_class", told.get("dev_cla")) != "power":
        return []
    topic, about = told.get("state_topic", told.get("stat_t")), told.get("device", told.get("dev"))
    if not isinstance(topic, str):
        return []
    prefix = told.get("~")
    topic = topic.replace("~", prefix if isinstance(prefix, str) else "", 1)
    name = _text(about.get("name")) if isinstance(about, dict) else ""
    return [Found(kind, base, name) for kind, base in _owner(topic.split("/"))]


def _owner(levels: list[str]) -> Iterable[tuple[str, str]]:
    """Return the firmware and the name behind the topic of a power reading."""
    if len(levels) == 3 and levels[0] == "tele" and levels[2] == "SENSOR":
        return [("tasmota", levels[1])]
    if len(levels) >= 2 and levels[0] == "zigbee2mqtt":
        return [("zigbee2mqtt", "/".join(levels))]
    if len(levels) >= 4 and levels[0] == "shellies":
        return [("shelly1", levels[1])]
    if len(levels) == 3 and levels[1] == "status" and levels[2].startswith("switch:"):
        return [("shelly", levels[0])]
    return [("esphome", levels[0])] if len(levels) == 4 and levels[1::2] == ["sensor", "state"] else []


BY_LEAF: dict[str, Callable[[list[str], bytes], list[Found]]] = {
    "mqtt": _octoprint,
    "LWT": _tasmota,
    "online": _shelly,
    "status": _status,
    "availability": _laserlink,
    "report": _bambu,
    "devices": _zigbee,
    "config": _home_assistant,
}
