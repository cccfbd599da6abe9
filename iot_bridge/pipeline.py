"""The one way of a message: topic → device → adapter → fold → store. Live, replayed and tested alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from iot_bridge.adapters import Adapter
from iot_bridge.discovery import Discovery, Found
from iot_bridge.effects import Effect
from iot_bridge.fold import fold, tick
from iot_bridge.health import clock_offset
from iot_bridge.messages import Message
from iot_bridge.readings import Rejected
from iot_bridge.rules import Rules
from iot_bridge.state import State
from iot_bridge.topics import Routes


class Status(StrEnum):
    """What became of a message."""

    APPLIED = "applied"
    IGNORED = "ignored"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Listener:
    """A device as the pipeline sees it."""

    id: int
    machine_id: int
    machine: str
    base: str
    adapter: Adapter
    rules: Rules
    zone: ZoneInfo
    filters: tuple[str, ...]

    @property
    def source(self) -> str:
        """The name under which its usage sessions are kept."""
        return f"{self.adapter.kind}:{self.base}"


Step = tuple[Listener, State, list[Effect]]


class Store(Protocol):
    """Where the fold's memory and its effects go."""

    def state(self, device: Listener) -> State: ...
    def keep(self, device: Listener, state: State) -> None: ...
    def apply(self, device: Listener, effect: Effect) -> None: ...
    def seen(self, message: Message) -> bool: ...
    def record(self, device: Listener, message: Message, status: Status, reason: str) -> None: ...
    def note_clock(self, device: Listener, offset: float) -> None: ...
    def propose(self, found: Found, at: float) -> None: ...


class Pipeline:
    """Feed messages and time to the devices; everything that comes of it goes to the store."""

    def __init__(self, devices: Sequence[Listener], store: Store) -> None:
        self.devices, self.store = devices, store
        self.routes = Routes(devices)
        self.unknown_topics = 0
        self.discovery = Discovery()

    def take(self, message: Message) -> Status:
        """Take one message; one of no known device is counted, and may announce a device to be set up."""
        device = self.routes.find(message.topic)
        if device is None:
            self.unknown_topics += 1
            for found in self.discovery.look(message):
                self.store.propose(found, message.received_at)
            return Status.IGNORED
        if message.announced:
            return Status.IGNORED
        status, reason = self._judge(device, message)
        self.store.record(device, message, status, reason)
        return status

    def due(self, now: float, listening_since: float) -> list[Step]:
        """Return what the passing of time brings (see `fold.tick`); nothing is changed yet."""
        found = []
        for device in self.devices:
            before = self.store.state(device)
            after, effects = tick(before, device.rules, now, listening_since)
            if after is not before:
                found.append((device, after, effects))
        return found

    def settle(self, steps: list[Step]) -> None:
        """Carry out what was due."""
        for device, state, effects in steps:
            self._settle(device, state, effects)

    def _judge(self, device: Listener, message: Message) -> tuple[Status, str]:
        if message.dup and self.store.seen(message):
            return Status.IGNORED, "sent again"
        try:
            readings = device.adapter.parse(device.base, message, device.zone)
        except Rejected as rejected:
            return Status.REJECTED, str(rejected)
        if not readings:
            return Status.IGNORED, ""
        offset = clock_offset(message, readings)
        if offset is not None:
            self.store.note_clock(device, offset)
        state = self.store.state(device)
        self._settle(device, *fold(state, readings, device.rules, message.received_at, message.late_since))
        return Status.APPLIED, ""

    def _settle(self, device: Listener, state: State, effects: list[Effect]) -> None:
        self.store.keep(device, state)
        for effect in effects:
            self.store.apply(device, effect)
