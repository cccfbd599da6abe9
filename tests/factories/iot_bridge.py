"""Devices that report for machines, and the captures recorded from real ones."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import factory
from django.utils import timezone

from iot_bridge import replay
from iot_bridge.adapters import ADAPTERS
from iot_bridge.memory import MemoryStore, Use
from iot_bridge.messages import Message
from iot_bridge.models import Device, MachineMessage, Proposal
from iot_bridge.pipeline import Listener, Pipeline
from iot_bridge.readings import Rejected
from iot_bridge.rules import PowerRule, Role, Rules
from tests.factories.machines import MachineFactory

CAPTURES = Path(__file__).resolve().parents[1] / "captures"
PARIS = ZoneInfo("Europe/Paris")


class DeviceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Device

    machine = factory.SubFactory(MachineFactory)
    kind = "octoprint"
    base = "octoPrint"
    role = Role.JOB


class PlugFactory(DeviceFactory):
    """A Tasmota plug with the power rule of the demonstration's laser."""

    kind = "tasmota"
    base = "tasmota_laser1"
    role = Role.POWER


class BoxFactory(DeviceFactory):
    """A box of our own."""

    kind = "native"
    base = factory.SelfAttribute("machine.slug")


class ProposalFactory(factory.django.DjangoModelFactory):
    """A plug that announced itself."""

    class Meta:
        model = Proposal

    kind = "tasmota"
    base = factory.Sequence(lambda number: f"plug{number}")
    last_seen_at = factory.LazyFunction(timezone.now)


class RejectedFactory(factory.django.DjangoModelFactory):
    """A message that could not be used."""

    class Meta:
        model = MachineMessage

    device = factory.SubFactory(PlugFactory)
    topic = "tele/tasmota_laser1/SENSOR"
    payload = b"\xff"
    qos = 1
    retain = dup = False
    received_at = factory.LazyFunction(timezone.now)
    digest = b"x"
    status = MachineMessage.Status.REJECTED
    reason = "not UTF-8"


def listener(kind: str, base: str, machine: str = "m", number: int = 1, *, companion: bool = False) -> Listener:
    """A device as the pipeline sees it, without a database."""
    adapter = ADAPTERS[kind]
    rules = Rules(adapter.limits, PowerRule() if adapter.role == Role.POWER else None, companion)
    return Listener(number, number, machine, base, adapter, rules, PARIS, adapter.filters(base))


def capture(name: str) -> list[Message]:
    """The messages of the capture whose file name begins so."""
    (path,) = [found for found in CAPTURES.glob("*.jsonl") if found.name.startswith(name)]
    with path.open("rb") as lines:
        found = [message for _number, message in replay.read_lines(lines)]
    assert not [message for message in found if isinstance(message, Rejected)]
    return found


def shifted(messages: Iterable[Message], seconds: float) -> list[Message]:
    """The same messages arriving earlier or later (their own clocks untouched)."""
    return [message._replace(received_at=message.received_at + seconds) for message in messages]


def played(messages: Iterable[Message], devices: Sequence[Listener], store: MemoryStore | None = None) -> MemoryStore:
    """What the bridge makes of messages, with the time between them."""
    store = store or MemoryStore()
    pipeline = Pipeline(devices, store)
    replay.play(messages, pipeline)
    return store


def silence(seconds: float, after: Sequence[Message]) -> Message:
    """A message that means nothing to anybody, so much later: time passes up to it."""
    return Message("nobody/listens", b"", after[-1].received_at + seconds)


def summary(uses: Iterable[Use]) -> list[tuple]:
    """Start, end, outcome and pause of each use, in order."""
    ordered = sorted(uses, key=lambda use: use.started_at)
    return [(use.started_at, use.ended_at, use.outcome, use.paused_seconds, use.estimated) for use in ordered]


def utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
