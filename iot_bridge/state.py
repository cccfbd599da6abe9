"""What the bridge remembers of a device between two messages; small, and kept as JSON. Epoch seconds, Wh, watts."""

from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any


@dataclass(slots=True)
class Job:
    """The job that runs, or the last one that was given up; `used` as in `effects.CloseUsage`."""

    key: str
    job: str
    started_at: float
    evidence_at: float
    evidence_seen: float
    noted_at: float
    name: str = ""
    estimated: bool = False
    paused_since: float | None = None
    paused_seconds: float = 0
    progress: int | None = None
    energy_from: float | None = None
    elapsed: float | None = None
    used: list[Any] | None = None
    used_before: float | None = None


@dataclass(slots=True)
class State:
    """One device. `*_seen` are moments of arrival, `*_at` the moments meant."""

    online: bool | None = None
    machine_on: bool | None = None
    offline_since: float | None = None
    seen_at: float | None = None
    silent_from: float | None = None
    contact_at: float | None = None
    measured: str = ""
    open: Job | None = None
    lost: Job | None = None
    closed: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    early_ends: dict[str, list[Any]] = field(default_factory=dict)
    counter_wh: float | None = None
    energy_wh: float | None = None
    watts: float | None = None
    watts_at: float | None = None
    above_at: float | None = None
    above_seen: float = 0
    above_wh: float | None = None
    above_estimated: bool = False
    below_at: float | None = None
    below_seen: float = 0
    below_wh: float | None = None
    recalling_since: float | None = None
    recalled: list[float | None] | None = None
    report: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)
    parts_seen: float = 0
    parts_stamp: str = ""

    def copy(self) -> "State":
        """Return a copy that can be changed; the lists are replaced, never changed in place."""
        twin = State(*_STATE_VALUES(self))
        if twin.open is not None:
            twin.open = Job(*_JOB_VALUES(twin.open))
        return twin

    def to_json(self) -> dict[str, Any]:
        """Return what differs from a device never heard of."""
        values = {
            name: value
            for name, value, blank in zip(STATE_FIELDS, _STATE_VALUES(self), _BLANKS, strict=True)
            if value != blank
        }
        for name in ("open", "lost"):
            if values.get(name):
                values[name] = dict(zip(JOB_FIELDS, _JOB_VALUES(values[name]), strict=True))
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "State":
        """Read what `to_json` wrote; unknown names (a newer version's) are left out."""
        known = {name: value for name, value in values.items() if name in _BLANK}
        for name in ("open", "lost"):
            if known.get(name):
                known[name] = Job(**{part: value for part, value in known[name].items() if part in JOB_FIELDS})
        return cls(**known)


STATE_FIELDS = tuple(one.name for one in fields(State))
JOB_FIELDS = tuple(one.name for one in fields(Job))
_STATE_VALUES, _JOB_VALUES = attrgetter(*STATE_FIELDS), attrgetter(*JOB_FIELDS)
_BLANKS = _STATE_VALUES(State())
_BLANK = dict(zip(STATE_FIELDS, _BLANKS, strict=True))
