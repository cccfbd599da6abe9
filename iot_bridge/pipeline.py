"""The one way of a message: topic → device → adapter → fold → store. Live, replayed and tested alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from iot_bridge import pairs
from iot_bridge.adapters import Adapter
from iot_bridge.discovery import Discovery, Found
from iot_bridge.effects import Effect, OpenUsage, ReopenUsage
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


class Pairs:
    """Which plug stands beside which device that tells the jobs of the same machine (see `iot_bridge.pairs`)."""

    def __init__(self, devices: Sequence[Listener], store: Store) -> None:
        self.store = store
        tellers = {device.machine_id: device for device in devices if device.rules.power is None}
        plugs = [device for device in devices if device.rules.companion and device.machine_id in tellers]
        self._teller = {plug.id: tellers[plug.machine_id] for plug in plugs}
        self._plugs = {
            teller.id: [plug for plug in plugs if self._teller[plug.id] is teller] for teller in tellers.values()
        }
        self._alone = {plug.id: pairs.stand_ins(plug.rules) for plug in plugs}

    def rules(self, device: Listener, now: float) -> Rules:
        """Return the rules by which a device is read now."""
        teller = self._teller.get(device.id)
        if teller is None:
            return device.rules
        told, measured = self.store.state(teller), self.store.state(device)
        return pairs.plug_rules(self._alone[device.id], device.rules, told, measured, now)

    def follow(self, device: Listener, effects: list[Effect], now: float) -> list[Step]:
        """Return what one device's news mean for the other."""
        if device.id in self._teller:
            return self._testimony(device, now)
        if not any(isinstance(effect, OpenUsage | ReopenUsage) for effect in effects):
            return []
        counting = [plug for plug in self._plugs.get(device.id, []) if self.store.state(plug).open is not None]
        return [(plug, *pairs.give_way(self.store.state(plug), plug.rules, now)) for plug in counting]

    def due(self, now: float) -> list[Step]:
        """Return what a plug has to say after a while of the same."""
        return [
            step for plugs in self._plugs.values() for plug in plugs for step in self._testimony(plug, now) if step[2]
        ]

    def _testimony(self, plug: Listener, now: float) -> list[Step]:
        teller = self._teller[plug.id]
        before = self.store.state(teller)
        after, effects = pairs.testify(before, teller.rules, self.store.state(plug), plug.rules, now)
        return [] if after is before else [(teller, after, effects)]


class Pipeline:
    """Feed messages and time to the devices; everything that comes of it goes to the store."""

    def __init__(self, devices: Sequence[Listener], store: Store) -> None:
        self.devices, self.store = devices, store
        self.routes = Routes(devices)
        self.pairs = Pairs(devices, store)
        self.unknown_topics = 0
        self.discovery = Discovery()

    def take(self, message: Message) -> None:
        """Take one message for every device it concerns; one of none is counted, and may announce one to set up."""
        devices = self.routes.find(message.topic)
        if not devices:
            self.unknown_topics += 1
            for found in self.discovery.look(message):
                self.store.propose(found, message.received_at)
            return
        if message.announced:
            return
        again = message.dup and self.store.seen(message)
        for device in devices:
            status, reason = (Status.IGNORED, "sent again") if again else self._judge(device, message)
            self.store.record(device, message, status, reason)

    def due(self, now: float, listening_since: float, *, ended: bool = False) -> list[Step]:
        """Return what the passing of time brings (see `fold.tick`); nothing is changed yet."""
        found = []
        for device in self.devices:
            before = self.store.state(device)
            after, effects = tick(before, self.pairs.rules(device, now), now, listening_since, ended=ended)
            if after is not before:
                found.append((device, after, effects))
        return found or self.pairs.due(now)

    def settle(self, steps: list[Step]) -> None:
        """Carry out what was due."""
        for device, state, effects in steps:
            self._settle(device, state, effects)

    def _judge(self, device: Listener, message: Message) -> tuple[Status, str]:
        try:
            readings = device.adapter.parse(device.base, message, device.zone)
        except Rejected as rejected:
            return Status.REJECTED, str(rejected)
        if not readings:
            return Status.IGNORED, ""
        offset = clock_offset(message, readings)
        if offset is not None:
            self.store.note_clock(device, offset)
        now, state = message.received_at, self.store.state(device)
        state, effects = fold(state, readings, self.pairs.rules(device, now), now, message.late_since)
        self._settle(device, state, effects)
        self.settle(self.pairs.follow(device, effects, now))
        return Status.APPLIED, ""

    def _settle(self, device: Listener, state: State, effects: list[Effect]) -> None:
        self.store.keep(device, state)
        for effect in effects:
            self.store.apply(device, effect)
