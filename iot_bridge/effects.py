"""What the fold asks to be done. Moments are epoch seconds (UTC), energy is in Wh, `key` names one job of a device."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OpenUsage:
    """A job began."""

    key: str
    started_at: float
    job_name: str
    estimated: bool
    evidence_at: float
    card: str = ""


@dataclass(frozen=True, slots=True)
class CloseUsage:
    """A job ended; for one that was given up, this is its end seen after all.

    `used`: (how much, unit, name of the material) it took, where the machine measures that; `used_before`: how much it
    had taken when it was given up.
    """

    key: str
    ended_at: float
    outcome: str
    estimated: bool
    energy_wh: float | None
    paused_seconds: int
    used: Sequence[Any] | None = None
    used_before: float | None = None


@dataclass(frozen=True, slots=True)
class ReopenUsage:
    """A job that was given up goes on."""

    key: str
    evidence_at: float


@dataclass(frozen=True, slots=True)
class NoteEvidence:
    """A running job gave a sign of life."""

    key: str
    at: float


@dataclass(frozen=True, slots=True)
class SetPaused:
    """The total of a job's pauses so far."""

    key: str
    seconds: int


@dataclass(frozen=True, slots=True)
class AddEnergy:
    """A companion plug measured energy for whatever runs on the machine."""

    watt_hours: float


@dataclass(frozen=True, slots=True)
class SetMeasured:
    """The machine's own state changed (`in_use`, `paused`, `idle`, `offline`)."""

    state: str
    since: float


@dataclass(frozen=True, slots=True)
class SetProgress:
    """The running job's progress in percent; None when nothing runs."""

    percent: int | None


@dataclass(frozen=True, slots=True)
class Contact:
    """The machine was heard."""

    at: float


@dataclass(frozen=True, slots=True)
class AskAccess:
    """Somebody showed a card (`card` is its digest) and wants to know whether they may start; `late`: too long ago."""

    card: str
    boot: str
    seq: int
    at: float
    late: bool


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something a person may want to look at."""

    code: str
    at: float
    detail: str = ""


Effect = (
    OpenUsage
    | CloseUsage
    | ReopenUsage
    | NoteEvidence
    | SetPaused
    | AddEnergy
    | SetMeasured
    | SetProgress
    | Contact
    | AskAccess
    | Anomaly
)
