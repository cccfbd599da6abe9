"""What a machine said, once its firmware's dialect is understood.

Moments are epoch seconds (UTC). `at` is the device's own clock, None when it gave none or an unreadable one.
`live` is False for stored (retained) messages: they tell a state, never an event.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Rejected(ValueError):
    """A message that cannot be used; the text says why and is kept with the raw row."""


class Step(StrEnum):
    """A step in the life of one job."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class JobEvent:
    """A job changed; `job` identifies it for the device, `mark` tells a message sent twice from two messages.

    `card` is the digest of the card that the box was shown, where it says one. `used`: (how much, unit, name of the
    material or nothing) the job has taken.
    """

    step: Step
    job: str
    name: str = ""
    at: float | None = None
    live: bool = True
    key: str = ""
    mark: str = ""
    card: str = ""
    used: tuple[float, str, str] | None = None


@dataclass(frozen=True, slots=True)
class BadgeShown:
    """A card was shown at a machine: may its person start? `card` is a digest; `boot` and `seq` number the question."""

    card: str
    boot: str
    seq: int
    at: float
    live: bool = True


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sign that the job is really running; `progress` in percent 0-100 where the firmware counts."""

    job: str = ""
    progress: int | None = None
    at: float | None = None
    live: bool = True


@dataclass(frozen=True, slots=True)
class Restarted:
    """The reporting software started again or shut down: whatever ran is over."""

    at: float | None = None
    live: bool = True


@dataclass(frozen=True, slots=True)
class Availability:
    """The device is reachable or not.

    `machine`: it speaks of the machine behind the device. `relay`: it speaks of what passes on the device's words; one
    that comes back passes on what it remembers, as if it were new.
    """

    online: bool
    machine: bool = False
    live: bool = True
    relay: bool = False


@dataclass(frozen=True, slots=True)
class PowerReading:
    """Measured power (W) and rising energy counter (Wh); a missing number is None, never zero."""

    watts: float | None = None
    total_wh: float | None = None
    at: float | None = None
    live: bool = True


@dataclass(frozen=True, slots=True)
class Switched:
    """The relay of a plug is on or off; `tripped` when the plug opened it by itself, because something was wrong."""

    on: bool
    at: float | None = None
    live: bool = True
    tripped: bool = False


class Phase(StrEnum):
    """What a machine is at, for firmware that tells this instead of what happened."""

    WORKING = "working"
    PAUSED = "paused"
    IDLE = "idle"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Report:
    """What firmware says that the machine is at; None is what this message did not speak of, as in a delta.

    `job` names the job for the firmware, `elapsed` is its own count of seconds since the job's start, pauses included,
    `metres` the filament that it has taken so far. `fault`: it has shut itself down, whatever its phase. `cancelling`:
    what fails now was cancelled. `service`: what runs is nobody's job (calibration).
    Reports with one `stamp` are parts of one, told message by message; without a stamp a report is whole.
    """

    phase: Phase | None = None
    job: str | None = None
    name: str | None = None
    elapsed: float | None = None
    progress: int | None = None
    metres: float | None = None
    fault: bool | None = None
    cancelling: bool | None = None
    service: bool | None = None
    stamp: str = ""
    at: float | None = None
    live: bool = True

    def told(self) -> dict[str, Any]:
        """Return what this message spoke of."""
        return {name: value for name in REPORTED if (value := getattr(self, name)) is not None}


REPORTED = ("phase", "job", "name", "elapsed", "progress", "metres", "fault", "cancelling", "service", "at")

Reading = JobEvent | BadgeShown | Evidence | Restarted | Availability | PowerReading | Switched | Report
