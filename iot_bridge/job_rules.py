"""What machines that tell their jobs say, and what follows: starts, pauses, ends, signs of life, restarts."""

from dataclasses import replace
from typing import Any

from iot_bridge.readings import Evidence, JobEvent, Restarted, Step
from iot_bridge.state import Job
from iot_bridge.turn import CANCELLED, COMPLETED, FAILED, INTERRUPTED, Turn, closing

OUTCOMES = {Step.FINISHED: COMPLETED, Step.CANCELLED: CANCELLED, Step.FAILED: FAILED}
REMEMBERED_MARKS, REMEMBERED_ENDS = 64, 8


def take_event(turn: Turn, event: JobEvent) -> None:
    if event.mark and _already(turn, event.mark):
        return
    at, estimated = turn.moment(event.at)
    if estimated and event.at is not None:
        turn.anomaly("clock_off", event.job)
    if event.step is Step.STARTED:
        _start(turn, event, at, estimated=estimated)
    elif event.step in OUTCOMES:
        _end(turn, event, at, estimated=estimated)
    else:
        _pause_or_resume(turn, event, at)


def take_evidence(turn: Turn, reading: Evidence) -> None:
    at, _estimated = turn.moment(reading.at)
    job = turn.state.open or _found_again(turn, reading, at)
    if job is None or (reading.job and job.job != reading.job):
        return
    if reading.job and reading.progress is not None and reading.progress < (job.progress or 0):
        _fell_back(turn, job, at)
        return
    turn.evident(job, at)
    turn.progressed(job, reading.progress)


def take_restart(turn: Turn, reading: Restarted) -> None:
    job = turn.state.open
    if job is not None and turn.moment(reading.at)[0] >= job.started_at:
        turn.close(job.evidence_at, INTERRUPTED, estimated=True)


def _already(turn: Turn, mark: str) -> bool:
    if mark in turn.state.marks:
        return True
    turn.state.marks = [*turn.state.marks[1 - REMEMBERED_MARKS :], mark]
    return False


def _start(turn: Turn, event: JobEvent, at: float, *, estimated: bool) -> None:
    key, running = event.key or f"{event.job}@{at:.0f}", turn.state.open
    if key in turn.state.closed or (running and _said_again(running, event, key, at)):
        return
    if running and at < running.started_at:
        turn.anomaly("late_start", key)
        return
    if running:
        turn.anomaly("started_while_running", running.key)
        turn.give_up()
    counter = turn.state.energy_wh
    turn.open(Job(key, event.job, at, at, turn.now, at, event.name, estimated, energy_from=counter), event.card)
    if event.mark:
        turn.state.lost = running  # its own end may only be late: a box numbers what it says
    _end_told_before(turn, event.job, at)


def _said_again(running: Job, event: JobEvent, key: str, at: float) -> bool:
    """Tell a start said twice (also by a box that rebooted during the job) from a new one."""
    rebooted = bool(event.mark) and running.job == event.job and abs(at - running.started_at) < 2
    return running.key == key or rebooted


def _end_told_before(turn: Turn, name: str, started_at: float) -> None:
    """The end may arrive before the start; an end of a job before ended before this one started."""
    end = turn.state.early_ends.get(name)
    if end and end[1] > started_at:
        turn.state.early_ends = {job: other for job, other in turn.state.early_ends.items() if job != name}
        if turn.state.open is not None:
            turn.state.open.used = end[3] if len(end) > 3 else None
        turn.close(end[1], end[0], estimated=end[2])


def _end(turn: Turn, event: JobEvent, at: float, *, estimated: bool) -> None:
    running, lost = turn.state.open, turn.state.lost
    if running and running.job == event.job:
        if at < running.started_at and event.key == running.key:  # the clock was set back meanwhile
            at, estimated = max(turn.now, running.started_at), True
        if at >= running.started_at:
            running.used = _used(event) or running.used
            turn.close(at, OUTCOMES[event.step], estimated=estimated)
    elif lost and lost.job == event.job and at >= lost.evidence_at:
        used = _used(event) or lost.used
        _end_of_lost(turn, replace(lost, used=used), at, OUTCOMES[event.step], estimated=estimated)
    elif running and not event.mark and at >= running.evidence_at:
        turn.anomaly("other_job_ended", running.key)
        turn.give_up()
    elif running is None and (event.mark or not _has_ended(turn, event.job)):
        kept = list(turn.state.early_ends.items())[1 - REMEMBERED_ENDS :]
        turn.state.early_ends = {**dict(kept), event.job: [OUTCOMES[event.step], at, estimated, _used(event)]}


def _used(event: JobEvent) -> list[Any] | None:
    return None if event.used is None else list(event.used)


def _has_ended(turn: Turn, name: str) -> bool:
    """A second end, as of a cancel that is told as a failure too, announces nothing."""
    return any(key.rpartition("@")[0] == name for key in turn.state.closed)


def _end_of_lost(turn: Turn, lost: Job, at: float, outcome: str, *, estimated: bool) -> None:
    """A job given up too early has an end after all; it cannot lie within the job that followed."""
    follower = turn.state.open
    end = min(at, follower.started_at) if follower else at
    turn.state.lost = None
    turn.effects.append(closing(lost, end, outcome, estimated=estimated, counter=None))


def _pause_or_resume(turn: Turn, event: JobEvent, at: float) -> None:
    job = turn.state.open or _lost_job(turn, event.job, at)
    if job is None or job.job != event.job or at < job.started_at:
        return
    turn.evident(job, at)
    if event.step is Step.PAUSED:
        turn.pause(job, at)
    elif event.step is Step.RESUMED:
        turn.resume(job, at)


def _found_again(turn: Turn, reading: Evidence, at: float) -> Job | None:
    """Progress beyond what was reached shows that the job given up goes on."""
    lost = turn.state.lost
    if lost is None or reading.progress is None or reading.progress <= (lost.progress or 0):
        return None
    return _lost_job(turn, reading.job, at)


def _lost_job(turn: Turn, name: str, at: float) -> Job | None:
    lost = turn.state.lost
    if lost is None or lost.job != name or at < lost.evidence_at:
        return None
    turn.reopen(lost, at)
    return lost


def _fell_back(turn: Turn, job: Job, at: float) -> None:
    """Progress only falls when another job runs, unless the message is an old one."""
    if at > job.evidence_at:
        turn.anomaly("progress_fell", job.key)
        turn.give_up()
        turn.state.lost = None
