"""What a plug measured lately, and the uses that a power rule would have made of it. Reads only, a bounded number."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from iot_bridge import queries, replay
from iot_bridge.calibration import Measure
from iot_bridge.memory import MemoryStore, Use
from iot_bridge.messages import Message
from iot_bridge.models import Device, MachineMessage
from iot_bridge.pipeline import Listener, Pipeline
from iot_bridge.readings import PowerReading, Rejected
from iot_bridge.rebuilding import as_message
from iot_bridge.rules import PowerRule

PERIOD = timedelta(days=7)
MOST = 10_000
"""No more messages than this are read and replayed: the newest."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What a device said, oldest first; `cut` when there was more in the period than is read."""

    device: Listener
    messages: list[Message]
    cut: bool

    @property
    def measures(self) -> list[Measure]:
        """The power it told as it happened."""
        return [(message.received_at, watts) for message in self.messages for watts in _watts(self.device, message)]


def recording(device: Device, now: datetime) -> Recording:
    """Return the messages of the last seven days: one query for each topic of the firmware, by the topic's index."""
    found = queries.listener(device, companion=False)
    rows = [row for topic in found.filters for row in _newest(device, topic, now - PERIOD)]
    rows.sort(key=lambda row: row.pk)
    return Recording(found, [as_message(row) for row in rows[-MOST:]], cut=len(rows) > MOST)


def _newest(device: Device, topic: str, since: datetime) -> list[MachineMessage]:
    rows = MachineMessage.objects.filter(device=device, topic=topic, received_at__gte=since)
    return list(rows.order_by("-id")[: MOST + 1])


def _watts(device: Listener, message: Message) -> list[float]:
    try:
        readings = device.adapter.parse(device.base, message, device.zone)
    except Rejected:
        return []
    return [one.watts for one in readings if isinstance(one, PowerReading) and one.live and one.watts is not None]


def uses(told: Recording, rule: PowerRule) -> Sequence[Use]:
    """Return the uses that a power rule makes of a recording, oldest first, by the code of the live bridge."""
    device = replace(told.device, rules=replace(told.device.rules, power=rule))
    store = MemoryStore()
    pipeline = Pipeline([device], store)
    replay.play(told.messages, pipeline)
    return sorted(store.uses.values(), key=lambda use: use.started_at)
