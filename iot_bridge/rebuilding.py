"""Sessions recomputed from the raw log, and compared with those that were kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from iot_bridge import replay
from iot_bridge.memory import MemoryStore
from iot_bridge.messages import Message
from iot_bridge.models import MachineMessage
from iot_bridge.pipeline import Listener, Pipeline, Status
from machines.models import UsageSession

BEFORE = timedelta(days=1)
"""How far back the log is read for what was already under way."""
READ_AT_ONCE = 2000
ENERGY_WH = 0.01
"""Sums of floats may differ by this much."""

Told = tuple[float, float | None, str | None, int, bool, float | None]


class Log(MemoryStore):
    """Keep the uses alone: a period may hold millions of messages."""

    def record(self, device: Listener, message: Message, status: Status, reason: str) -> None:
        self.remember(message)


@dataclass(slots=True)
class Comparison:
    """What was kept and what the log gives, by source and key, where they differ."""

    equal: int = 0
    differing: list[tuple[str, str, Told | None, Told | None]] = field(default_factory=list)


def rebuild(devices: Sequence[Listener], first: datetime, last: datetime) -> Comparison:
    """Fold the log again and compare the uses that began in `[first, last)`. Reads only; one pass, flat memory.

    Where the log has been pruned, or the bridge was stopped without a message waiting for it, the difference is shown.
    """
    store = Log()
    pipeline = Pipeline(devices, store)
    messages = _logged([device.id for device in devices], first - BEFORE)
    replay.play(messages, pipeline)
    return _compared(_kept(devices, first, last), _found(store, first.timestamp(), last.timestamp()))


def _logged(devices: Sequence[int], since: datetime) -> Iterator[Message]:
    """A message that several devices heard has a row for each, one after the other; it was one message."""
    rows = MachineMessage.objects.filter(device__in=devices, received_at__gte=since).order_by("id")
    before = None
    for row in rows.iterator(READ_AT_ONCE):
        message = as_message(row)
        if message != before:
            yield message
        before = message


def as_message(row: MachineMessage) -> Message:
    """Return a row of the log as it came from the broker."""
    late = row.late_since.timestamp() if row.late_since else None
    return Message(row.topic, bytes(row.payload), row.received_at.timestamp(), row.qos, row.retain, row.dup, late)


def _kept(devices: Sequence[Listener], first: datetime, last: datetime) -> dict[tuple[str, str], Told]:
    rows = UsageSession.objects.filter(
        source__in=[device.source for device in devices], started_at__gte=first, started_at__lt=last
    )
    return {
        (row.source, row.natural_key): (
            row.started_at.timestamp(), row.ended_at and row.ended_at.timestamp(), row.outcome, row.paused_seconds,
            row.estimated, row.energy_wh,
        )
        for row in rows
    }  # fmt: skip


def _found(store: MemoryStore, first: float, last: float) -> dict[tuple[str, str], Told]:
    return {
        key: (use.started_at, use.ended_at, use.outcome, use.paused_seconds, use.estimated, use.energy_wh)
        for key, use in store.uses.items()
        if first <= use.started_at < last
    }


def _compared(kept: dict[tuple[str, str], Told], found: dict[tuple[str, str], Told]) -> Comparison:
    result = Comparison()
    for source, key in sorted(kept.keys() | found.keys()):
        one, other = kept.get((source, key)), found.get((source, key))
        if one is not None and other is not None and _same(one, other):
            result.equal += 1
        else:
            result.differing.append((source, key, one, other))
    return result


def _same(one: Told, other: Told) -> bool:
    *times, energy = one
    *others, measured = other
    return times == others and abs((energy or 0) - (measured or 0)) <= ENERGY_WH
