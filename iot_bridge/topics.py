"""Which devices a topic belongs to: the subscriptions of every adapter, and the way back from a topic."""

from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

REMEMBERED = 4096
"""Topics whose device is remembered; a flood of invented topics cannot fill the memory."""


class Named(Protocol):
    """Anything with the subscriptions that concern it."""

    @property
    def filters(self) -> tuple[str, ...]: ...


Device = TypeVar("Device", bound=Named)


def matches(pattern: str, topic: str) -> bool:
    """Tell whether an MQTT subscription (`+` one level, `#` the rest) covers a topic."""
    levels, names = pattern.split("/"), topic.split("/")
    for position, level in enumerate(levels):
        if level == "#":
            return True
        if position >= len(names) or level not in {"+", names[position]}:
            return False
    return len(levels) == len(names)


class Routes(Generic[Device]):
    """Find the devices of a topic, in the order of the list."""

    def __init__(self, devices: Iterable[Device]) -> None:
        self._devices = list(devices)
        self._known: dict[str, tuple[Device, ...]] = {}

    def find(self, topic: str) -> tuple[Device, ...]:
        """Return whom a topic concerns: several plugs may share what tells of their coordinator."""
        try:
            return self._known[topic]
        except KeyError:
            return self._remember(topic)

    def filters(self) -> list[str]:
        """Return every subscription once, in order."""
        return sorted({pattern for device in self._devices for pattern in device.filters})

    def _remember(self, topic: str) -> tuple[Device, ...]:
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        found = tuple(one for one in self._devices if any(matches(pattern, topic) for pattern in one.filters))
        self._known[topic] = found
        return found
