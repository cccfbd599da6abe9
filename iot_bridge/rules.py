"""What the fold needs to know about a device: how long to wait, and when power means work. Seconds and watts."""

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a device tells: its jobs, or only the power that a machine draws."""

    JOB = "job"
    POWER = "power"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a firmware may say nothing before its job is given up (docs/mqtt.md).

    `offline`: after its last will; `evidence`: without a sign that the job goes on; `silence`: without any message;
    `paused`: without a sign while the job is paused (most firmware says nothing then).
    `buffers`: it keeps its messages while cut off, and sends them late with its own clock.
    """

    offline: float | None = None
    evidence: float | None = None
    silence: float | None = None
    paused: float = 12 * 3600
    buffers: bool = False


@dataclass(frozen=True, slots=True)
class PowerRule:
    """Work starts at `start_watts` held for a while and ends below `stop_watts` held for a while."""

    start_watts: float = 150
    start_hold: float = 5
    stop_watts: float = 120
    stop_hold: float = 45


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one device; a companion plug only measures energy for the device that tells the jobs.

    Unless it `stands_in` for it, when that device is gone or says nothing.
    """

    limits: Limits = field(default_factory=Limits)
    power: PowerRule | None = None
    companion: bool = False
    stands_in: bool = False
