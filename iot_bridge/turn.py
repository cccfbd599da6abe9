"""One step of the fold: the state being changed and the effects found so far; what jobs and power have in common."""

from iot_bridge.effects import (
    Anomaly,
    CloseUsage,
    Contact,
    Effect,
    NoteEvidence,
    OpenUsage,
    ReopenUsage,
    SetMeasured,
    SetPaused,
    SetProgress,
)
from iot_bridge.rules import Rules
from iot_bridge.state import Job, State

CLOCK_TOLERANCE = 300.0
"""A device clock is believed within this many seconds of the arrival."""
BURST_GAP = 30.0
"""A silence this long may have been an outage: what a buffering device sends after it may be as old as it."""
NOTE_EVERY = 30.0
"""Contact and signs of life are written down this often."""
REMEMBERED_KEYS = 16

IN_USE, PAUSED, IDLE, OFFLINE = "in_use", "paused", "idle", "offline"
COMPLETED, CANCELLED, FAILED = "completed", "cancelled", "failed"
INTERRUPTED, UNKNOWN = "interrupted", "unknown"


class Turn:
    """What one message, or the passing of time, does to one device."""

    __slots__ = ("effects", "late_since", "now", "rules", "state")

    def __init__(self, state: State, rules: Rules, now: float, late_since: float | None = None) -> None:
        self.state, self.rules, self.now, self.late_since = state, rules, now, late_since
        self.effects: list[Effect] = []

    def heard(self) -> None:
        """Note that the device said something, whatever it was."""
        state = self.state
        if state.seen_at is not None and self.now - state.seen_at > BURST_GAP:
            state.silent_from = state.seen_at
        state.seen_at = self.now
        if state.contact_at is None or self.now - state.contact_at >= NOTE_EVERY:
            state.contact_at = self.now
            self.effects.append(Contact(self.now))

    def moment(self, at: float | None) -> tuple[float, bool]:
        """Return the moment meant by a device clock, and whether it is only an estimate."""
        if at is None:
            return self.now, self.late_since is not None
        if self._earliest() <= at <= self.now + CLOCK_TOLERANCE:
            return at, False
        return self.now, True

    def _earliest(self) -> float:
        since = self.now if self.late_since is None else min(self.now, self.late_since)
        if self.rules.limits.buffers and self.state.silent_from is not None:
            since = min(since, self.state.silent_from)
        return since - CLOCK_TOLERANCE

    def reachable(self) -> None:
        """Whatever its stored last will says, a device that speaks is there."""
        if self.state.online is not True:
            self.state.online = True
            self.rest()

    def rest(self) -> None:
        """Show whether the machine is there, when nothing runs on it."""
        if self.state.open is None:
            there = self.state.online is not False and self.state.machine_on is not False
            self.measured(IDLE if there else OFFLINE, self.now)

    def measured(self, measured: str, since: float) -> None:
        """Tell the machine's state when it changed; a companion speaks only of the use that it counts itself."""
        its_use = IN_USE in (measured, self.state.measured)
        if self.state.measured != measured and (its_use or not self.rules.companion):
            self.state.measured = measured
            self.effects.append(SetMeasured(measured, since))

    def open(self, job: Job, card: str = "") -> None:
        self.state.open, self.state.lost = job, None
        self.effects.append(OpenUsage(job.key, job.started_at, job.name, job.estimated, job.evidence_at, card))
        self.measured(IN_USE, job.started_at)

    def reopen(self, job: Job, at: float) -> None:
        """Take up again a job that was given up."""
        self.state.open, self.state.lost = job, None
        self.state.closed = [key for key in self.state.closed if key != job.key]
        self.effects.append(ReopenUsage(job.key, at))
        self.measured(PAUSED if job.paused_since is not None else IN_USE, at)

    def evident(self, job: Job, at: float) -> None:
        """Note a sign that the open job goes on."""
        job.evidence_at, job.evidence_seen = max(job.evidence_at, at), self.now
        if job.evidence_at - job.noted_at >= NOTE_EVERY:
            job.noted_at = job.evidence_at
            self.effects.append(NoteEvidence(job.key, job.evidence_at))

    def pause(self, job: Job, at: float) -> None:
        """Begin a pause of the open job, unless it has begun."""
        if job.paused_since is None:
            job.paused_since = at
            self.measured(PAUSED, at)

    def resume(self, job: Job, at: float) -> None:
        """End the pause of the open job, if there is one."""
        if job.paused_since is not None:
            job.paused_seconds += max(0.0, at - job.paused_since)
            job.paused_since = None
            self.effects.append(SetPaused(job.key, round(job.paused_seconds)))
            self.measured(IN_USE, at)

    def progressed(self, job: Job, percent: int | None) -> None:
        """Note how far the open job is, where the firmware counts."""
        if percent is not None and percent != job.progress:
            job.progress = percent
            self.effects.append(SetProgress(percent))

    def close(self, at: float, outcome: str, *, estimated: bool, energy_wh: float | None = None) -> None:
        """End the open job; `energy_wh` is the counter at its end when that is not the counter of now."""
        job, state = self.state.open, self.state
        if job is None:
            return
        counter = state.energy_wh if energy_wh is None else energy_wh
        self.effects.append(closing(job, at, outcome, estimated=estimated, counter=counter))
        self.effects.append(SetProgress(None))
        state.open = state.above_at = state.below_at = None
        state.closed = [*state.closed[1 - REMEMBERED_KEYS :], job.key]
        self.rest()

    def give_up(self) -> None:
        """Close at the last evidence; the end may still be heard later."""
        job = self.state.open
        if job is not None:
            self.close(job.evidence_at, UNKNOWN, estimated=True)
            job.used_before = job.used[0] if job.used else None
            self.state.lost = job

    def anomaly(self, code: str, detail: str = "") -> None:
        self.effects.append(Anomaly(code, self.now, detail))


def closing(job: Job, at: float, outcome: str, *, estimated: bool, counter: float | None) -> CloseUsage:
    """Return the end of a job: never before its start, a pause still open counted to the end."""
    ended_at = max(at, job.started_at)
    paused = job.paused_seconds
    if job.paused_since is not None:
        paused += max(0.0, ended_at - job.paused_since)
    used = None if counter is None or job.energy_from is None else round(max(0.0, counter - job.energy_from), 3)
    seconds = min(round(paused), round(ended_at - job.started_at))
    return CloseUsage(job.key, ended_at, outcome, job.estimated or estimated, used, seconds, job.used, job.used_before)
