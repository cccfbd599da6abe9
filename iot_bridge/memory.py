"""A store that forgets: replays without `--commit` touch nothing that is kept."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from iot_bridge.discovery import Found
from iot_bridge.effects import AddEnergy, Anomaly, CloseUsage, Effect, OpenUsage, ReopenUsage
from iot_bridge.messages import Message
from iot_bridge.pipeline import Listener, Status
from iot_bridge.state import State

REMEMBERED_DIGESTS = 200


@dataclass(slots=True)
class Use:
    """A usage session; moments in epoch seconds (UTC), energy in Wh."""

    machine: str
    source: str
    job_name: str
    started_at: float
    estimated: bool
    ended_at: float | None = None
    outcome: str | None = None
    energy_wh: float | None = None
    paused_seconds: int = 0
    used: Sequence[Any] | None = None


class MemoryStore:
    """Keep states, uses, anomalies and counts for the length of one replay."""

    def __init__(self, states: dict[int, State] | None = None, uses: dict[tuple[str, str], Use] | None = None) -> None:
        self.uses: dict[tuple[str, str], Use] = dict(uses or {})
        self.anomalies: list[tuple[Listener, Anomaly]] = []
        self.rows: list[tuple[Listener, Message, Status, str]] = []
        self.states: dict[int, State] = defaultdict(State, states or {})
        self._digests: dict[str, deque[bytes]] = defaultdict(lambda: deque(maxlen=REMEMBERED_DIGESTS))

    def state(self, device: Listener) -> State:
        return self.states[device.id]

    def keep(self, device: Listener, state: State) -> None:
        self.states[device.id] = state

    def seen(self, message: Message) -> bool:
        return message.digest in self._digests[message.topic]

    def record(self, device: Listener, message: Message, status: Status, reason: str) -> None:
        self.remember(message)
        self.rows.append((device, message, status, reason))

    def remember(self, message: Message) -> None:
        """Know this message again when it comes twice."""
        self._digests[message.topic].append(message.digest)

    def note_clock(self, device: Listener, offset: float) -> None:
        """A recording says nothing about the clocks of today."""

    def propose(self, found: Found, at: float) -> None:
        """A recording proposes nothing."""

    def apply(self, device: Listener, effect: Effect) -> None:
        if isinstance(effect, OpenUsage):
            use = Use(device.machine, device.source, effect.job_name, effect.started_at, effect.estimated)
            self.uses.setdefault((device.source, effect.key), use)
        elif isinstance(effect, CloseUsage):
            _close(self.uses[device.source, effect.key], effect)
        elif isinstance(effect, ReopenUsage):
            use = self.uses[device.source, effect.key]
            use.ended_at = use.outcome = None
        elif isinstance(effect, AddEnergy):
            self._add_energy(device, effect.watt_hours)
        elif isinstance(effect, Anomaly):
            self.anomalies.append((device, effect))

    def _add_energy(self, device: Listener, watt_hours: float) -> None:
        for use in self.uses.values():
            if use.machine == device.machine and use.ended_at is None:
                use.energy_wh = (use.energy_wh or 0.0) + watt_hours


def _close(use: Use, end: CloseUsage) -> None:
    use.ended_at, use.outcome, use.estimated = end.ended_at, end.outcome, end.estimated
    use.paused_seconds, use.used = end.paused_seconds, end.used
    if end.energy_wh is not None:
        use.energy_wh = end.energy_wh
