"""Plugs that run ESPHome: plain text, a topic for each sensor, stored, without a time (findings: docs/mqtt.md)."""

from zoneinfo import ZoneInfo

from iot_bridge import payloads
from iot_bridge.messages import Message
from iot_bridge.readings import Availability, PowerReading, Reading
from iot_bridge.rules import Limits, Role

KIND = "esphome"
ROLE = Role.POWER
LIMITS = Limits(silence=10 * 60)

STATUS = {"online": True, "offline": False}
SENSOR = "/sensor/"
DEFAULT_SENSOR = "power"
WATT_HOURS = {"Wh": 1.0, "kWh": 1000.0}
NO_READING = "nan"
"""What the firmware writes while a sensor has nothing to tell."""


def filters(base: str) -> tuple[str, ...]:
    """Return the subscriptions for `<prefix>/sensor/<power>[/<energy>:<Wh or kWh>]`; only `<prefix>` means `power`.

    The topics do not tell which sensor counts energy, nor in which unit: a counter that is not named is not read.
    """
    prefix, power, energy, _factor = _sensors(base)
    return (f"{prefix}/status", *(f"{prefix}{SENSOR}{name}/state" for name in (power, energy) if name))


def parse(base: str, message: Message, _zone: ZoneInfo) -> list[Reading]:
    """Read one message; raises Rejected."""
    prefix, power, _energy, factor = _sensors(base)
    word, live = payloads.plain(message.payload), not message.retain
    if message.topic == f"{prefix}/status":
        return [Availability(payloads.choice(word, STATUS), live=live)]
    if word.strip().lower() == NO_READING:
        return []
    if message.topic == f"{prefix}{SENSOR}{power}/state":
        return [PowerReading(payloads.decimal(word, "power", 0, payloads.MAX_WATTS), live=live)]
    return [PowerReading(total_wh=payloads.decimal(word, "energy", 0) * factor, live=live)]


def _sensors(base: str) -> tuple[str, str, str, float]:
    """Return the prefix, the sensors of power and of energy, and what one of the counter's units is in Wh."""
    prefix, sensor, named = base.rpartition(SENSOR)
    if not sensor:
        return base, DEFAULT_SENSOR, "", 1.0
    power, _slash, counter = named.partition("/")
    energy, _colon, unit = counter.partition(":")
    return (prefix, power, energy, WATT_HOURS[unit]) if energy and unit in WATT_HOURS else (prefix, power, "", 1.0)
