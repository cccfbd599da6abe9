"""Which device a topic belongs to: the subscriptions of every adapter, and the way back from a topic."""

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
    """Find the device of a topic; the first of the list wins."""

    def __init__(self, devices: Iterable[Device]) -> None:
        self._devices = list(devices)
        self._known: dict[str, Device | None] = {}

    def find(self, topic: str) -> Device | None:
        try:
            return self._known[topic]
        except KeyError:
            return self._remember(topic)

    def filters(self) -> list[str]:
        """Return every subscription once, in order."""
        return sorted({pattern for device in self._devices for pattern in device.filters})

    def _remember(self, topic: str) -> Device | None:
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        found = next((one for one in self._devices if any(matches(pattern, topic) for pattern in one.filters)), None)
        self._known[topic] = found
        return found
