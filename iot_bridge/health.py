"""What is wrong with a device, from the few facts that are kept of it. Pure: seconds since the epoch, no database."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from iot_bridge.messages import Message
from iot_bridge.readings import Reading
from iot_bridge.rules import Limits
from iot_bridge.turn import CLOCK_TOLERANCE

RECENT = 86400.0
"""Rejections are a trouble of now for a day; then they are counted anew."""


class Trouble(StrEnum):
    """What can be wrong, the gravest first."""

    NEVER_SEEN = "never_seen"
    SILENT = "silent"
    CLOCK_OFF = "clock_off"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a device. `heard_at`: last message; `offline_since`: its last will, unless it came back.

    `clock_offset`: how far ahead its clock was; `rejected`, `reason`, `rejected_at`: messages that could not be used.
    """

    heard_at: float | None = None
    offline_since: float | None = None
    at_work: bool = False
    clock_offset: float | None = None
    rejected: int = 0
    reason: str = ""
    rejected_at: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A trouble and its figures: `seconds` of silence or of the clock, `times` and `reason` of rejections."""

    trouble: Trouble
    seconds: float = 0
    times: int = 0
    reason: str = ""


def findings(facts: Facts, limits: Limits, now: float) -> list[Finding]:
    """Return what is wrong with a device; nothing when all is well."""
    if facts.heard_at is None:
        return [Finding(Trouble.NEVER_SEEN)]
    return [found for check in CHECKS if (found := check(facts, limits, now)) is not None]


def _silent(facts: Facts, limits: Limits, now: float) -> Finding | None:
    """A firmware that speaks only when it works is silent only while it should be at work, or after its last will."""
    heard_at = now if facts.heard_at is None else facts.heard_at
    waits = [(heard_at, limits.silence), (heard_at, limits.evidence if facts.at_work else None)]
    if facts.offline_since is not None:
        waits.append((facts.offline_since, limits.offline or 0))
    if any(limit is not None and now - since > limit for since, limit in waits):
        return Finding(Trouble.SILENT, seconds=now - heard_at)
    return None


def _clock_off(facts: Facts, _limits: Limits, _now: float) -> Finding | None:
    if facts.clock_offset is None or abs(facts.clock_offset) <= CLOCK_TOLERANCE:
        return None
    return Finding(Trouble.CLOCK_OFF, seconds=facts.clock_offset)


def _rejected(facts: Facts, _limits: Limits, now: float) -> Finding | None:
    if facts.rejected_at is None or now - facts.rejected_at > RECENT:
        return None
    return Finding(Trouble.REJECTED, times=facts.rejected, reason=facts.reason)


CHECKS = (_silent, _clock_off, _rejected)


def clock_offset(message: Message, readings: Sequence[Reading]) -> float | None:
    """Return how far ahead of its arrival a message was written; None when it tells no time, or had waited."""
    if message.retain or message.late_since is not None:
        return None
    told: list[Any] = [at for reading in readings if (at := getattr(reading, "at", None)) is not None]
    return max(told) - message.received_at if told else None
