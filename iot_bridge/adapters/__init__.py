"""Firmware dialects, one file each: a new one is a module with KIND, ROLE, LIMITS, filters and parse, named here."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from iot_bridge.adapters import (
    bambu,
    esphome,
    laserlink,
    moonraker,
    native,
    octoprint,
    shelly,
    shelly1,
    tasmota,
    zigbee2mqtt,
)
from iot_bridge.messages import Message
from iot_bridge.readings import Reading
from iot_bridge.rules import Limits, Role

Parse = Callable[[str, Message, ZoneInfo], list[Reading]]


@dataclass(frozen=True, slots=True)
class Adapter:
    """How one firmware speaks; `parse(base, message, zone)` raises only Rejected.

    `switch(base, on=…)` is the topic and payload that switch its relay, `answers(base)` where a box awaits what it
    asked; None for firmware that has none.
    """

    kind: str
    role: Role
    limits: Limits
    filters: Callable[[str], tuple[str, ...]]
    parse: Parse
    switch: Callable[..., tuple[str, str]] | None = None
    answers: Callable[[str], str] | None = None


ADAPTERS = {
    module.KIND: Adapter(
        module.KIND,
        module.ROLE,
        module.LIMITS,
        module.filters,
        module.parse,
        getattr(module, "switch", None),
        getattr(module, "answers", None),
    )
    for module in (native, octoprint, moonraker, bambu, laserlink, tasmota, shelly, shelly1, zigbee2mqtt, esphome)
}
