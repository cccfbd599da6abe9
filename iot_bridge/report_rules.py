"""What follows from firmware that tells what a machine is at (docs/mqtt.md): deltas, parts of one report, late joins.

A report is laid over what was told before; a job begins, goes on or ends by what is then known.
"""

from typing import Any

from iot_bridge.readings import Phase, Report
from iot_bridge.state import Job
from iot_bridge.turn import CANCELLED, COMPLETED, FAILED, INTERRUPTED, Turn

OUTCOMES = {Phase.FINISHED: COMPLETED, Phase.CANCELLED: CANCELLED, Phase.FAILED: FAILED}
BUSY = {Phase.WORKING, Phase.PAUSED}
PARTS_S = 0.5
"""Parts of one report come within this time."""
FELL_S, MOVED_S = 1.0, 60.0
"""A job's own count that fell, or a start that it puts this much later, is another job's."""


def take_report(turn: Turn, reading: Report) -> None:
    """A stored report fills in what is known; a live one is acted upon when all its parts are there."""
    state, told = turn.state, reading.told()
    if not reading.live:
        state.report = {**state.report, **told}
        return
    turn.reachable()
    if state.parts and state.parts_stamp != reading.stamp:
        _settle(turn)
    state.parts = {**state.parts, **told, "late": turn.late_since is not None}
    state.parts_seen, state.parts_stamp = turn.now, reading.stamp
    if not reading.stamp:
        _settle(turn)


def settle_parts(turn: Turn, *, ended: bool) -> None:
    """Act upon a report of which no more parts come."""
    if turn.state.parts and (ended or turn.now - turn.state.parts_seen >= PARTS_S):
        _settle(turn)


def _settle(turn: Turn) -> None:
    state = turn.state
    told, before, state.parts = state.parts, state.report, {}
    state.report = {**before, **{name: value for name, value in told.items() if name not in {"late", "at"}}}
    phase = _phase(told, before, state.report)
    if phase in BUSY:
        _goes_on(turn, phase, told, before)
    elif state.open is not None and phase is Phase.IDLE:
        turn.close(state.open.evidence_at, INTERRUPTED, estimated=True)
    elif state.open is not None and phase is not None:
        at, estimated = _moment(turn, told, state.open)
        _took(state.open, told)
        turn.close(at, OUTCOMES[phase], estimated=estimated)


def _phase(told: dict[str, Any], before: dict[str, Any], now: dict[str, Any]) -> Phase | None:
    """Return what the machine is at; a count that rises shows that a job runs, whatever was stored or missed."""
    if now.get("fault"):
        return Phase.FAILED
    if "phase" in told:
        phase = Phase(told["phase"])
        return Phase.CANCELLED if phase is Phase.FAILED and now.get("cancelling") else phase
    rises = told.get("elapsed", 0) > before.get("elapsed", 0)
    known = now.get("phase")
    if known is None:
        return Phase.WORKING if rises else None
    return Phase(known)


def _goes_on(turn: Turn, phase: Phase, told: dict[str, Any], before: dict[str, Any]) -> None:
    if turn.state.report.get("service"):
        return
    job = turn.state.open
    if job is not None and _is_another(turn, job, told):
        turn.anomaly("started_while_running", job.key)
        turn.give_up()
        turn.state.lost = job = None
    job = job or _taken_up_again(turn, told, before) or _begun(turn, told, before)
    if job is None:
        return
    at, _estimated = _moment(turn, told, job)
    turn.evident(job, at)
    _follow(turn, job, phase, told, at)


def _is_another(turn: Turn, job: Job, told: dict[str, Any]) -> bool:
    """Tell a job that follows one whose end was missed from the same one."""
    if told.get("job") and job.job and told["job"] != job.job:
        return True
    if told.get("name") and job.name and told["name"] != job.name:
        return True
    elapsed = told.get("elapsed")
    if elapsed is None:
        return False
    moved = turn.state.parts_seen - elapsed - job.started_at > MOVED_S and not told["late"]
    return elapsed < (job.elapsed or 0) - FELL_S or (moved and job.elapsed is not None)


def _taken_up_again(turn: Turn, told: dict[str, Any], before: dict[str, Any]) -> Job | None:
    """A job that was given up goes on, when nothing else was told meanwhile."""
    lost = turn.state.lost
    if lost is None or before.get("phase") not in BUSY or _is_another(turn, lost, told):
        return None
    turn.reopen(lost, _moment(turn, told, lost)[0])
    return lost


def _begun(turn: Turn, told: dict[str, Any], before: dict[str, Any]) -> Job | None:
    """Open a job; one that was under way when first heard of begins where its own count says, or now."""
    if not _shows_a_job(told, before):
        return None
    state, elapsed = turn.state, told.get("elapsed")
    at, late = _moment(turn, told, None)
    start, name, identity = round(at - (elapsed or 0), 6), state.report.get("name", ""), state.report.get("job", "")
    key = f"{identity or name}@{start:.0f}"
    if key in state.closed:
        return None
    estimated = late or (elapsed is None and _was_under_way(before))
    state.report = {**state.report, "cancelling": False}
    turn.open(Job(key, identity, start, at, turn.now, at, name, estimated, energy_from=state.energy_wh))
    return state.open


def _shows_a_job(told: dict[str, Any], before: dict[str, Any]) -> bool:
    """A message that speaks of something else, on top of a stored "printing", shows none."""
    if "phase" in told or before.get("phase") is None:
        return True
    return told.get("elapsed", 0) > before.get("elapsed", 0) or bool(told.get("job") not in {None, before.get("job")})


def _was_under_way(before: dict[str, Any]) -> bool:
    """Tell whether nobody saw the job begin."""
    return before.get("phase") is None or (before["phase"] in BUSY and not before.get("service"))


def _moment(turn: Turn, told: dict[str, Any], job: Job | None) -> tuple[float, bool]:
    """Return when a report was true: by the job's own count, by the device's clock, or on arrival."""
    if "at" in told:
        return turn.moment(told["at"])
    arrived = turn.state.parts_seen
    if job is None or job.elapsed is None or "elapsed" not in told:
        return arrived, told["late"]
    return min(arrived, round(job.started_at + told["elapsed"], 6)), job.estimated


def _took(job: Job, told: dict[str, Any]) -> None:
    """Note what a job has taken; a count that falls has begun anew, or counts what was drawn back."""
    if told.get("metres"):
        job.used = [max(told["metres"], job.used[0] if job.used else 0.0), "m", ""]


def _follow(turn: Turn, job: Job, phase: Phase, told: dict[str, Any], at: float) -> None:
    if "elapsed" in told:
        job.elapsed = told["elapsed"]
    _took(job, told)
    turn.progressed(job, told.get("progress"))
    if phase is Phase.PAUSED:
        turn.pause(job, at)
    else:
        turn.resume(job, at)
