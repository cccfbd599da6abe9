"""From readings to usage sessions, one device at a time (rules: docs/mqtt.md). Pure: no clock, no database.

The same readings always give the same effects. Only live readings open and close; a session that nobody ended is
closed at its last evidence, never at "now"; a last will is doubt, not an end.
"""

from collections.abc import Callable, Iterable

from iot_bridge.badge_rules import take_badge
from iot_bridge.effects import Effect
from iot_bridge.job_rules import take_event, take_evidence, take_restart
from iot_bridge.power_rules import recalled, settle_by_clock, take_power, take_switch
from iot_bridge.readings import (
    Availability,
    BadgeShown,
    Evidence,
    JobEvent,
    PowerReading,
    Reading,
    Report,
    Restarted,
    Switched,
)
from iot_bridge.report_rules import settle_parts, take_report
from iot_bridge.rules import Rules
from iot_bridge.state import Job, State
from iot_bridge.turn import OFFLINE, Turn

TAKE: dict[type, Callable] = {
    JobEvent: take_event,
    BadgeShown: take_badge,
    Evidence: take_evidence,
    Restarted: take_restart,
    PowerReading: take_power,
    Switched: take_switch,
}


def fold(
    state: State, readings: Iterable[Reading], rules: Rules, now: float, late_since: float | None = None
) -> tuple[State, list[Effect]]:
    """Take the readings of one message that arrived at `now`; return the new state and what must be done.

    `late_since` is set for messages that waited in the broker while the bridge was away since then.
    """
    turn = Turn(state.copy(), rules, now, late_since)
    turn.heard()
    for reading in readings:
        _take(turn, reading)
    return turn.state, turn.effects


def tick(
    state: State, rules: Rules, now: float, listening_since: float, *, ended: bool = False
) -> tuple[State, list[Effect]]:
    """Let time pass: holds of the power rule, and jobs nobody speaks of any more.

    Silence counts only from `listening_since`, when the bridge could last not hear. `ended`: a recording is over, no
    more parts of a report come.
    """
    watched = rules.limits.silence is not None and state.measured != OFFLINE
    if state.open is None and state.above_at is None and not state.parts and not watched:
        return state, []
    turn = Turn(state.copy(), rules, now)
    settle_by_clock(turn)
    settle_parts(turn, ended=ended)
    _watch(turn, listening_since)
    changed = turn.effects or turn.state.above_at != state.above_at or turn.state.parts != state.parts
    return (turn.state, turn.effects) if changed else (state, [])


def _take(turn: Turn, reading: Reading) -> None:
    if isinstance(reading, Availability):
        _availability(turn, reading)
    elif isinstance(reading, Report):
        take_report(turn, reading)
    elif reading.live and not recalled(turn, reading):
        if type(reading) is not Restarted:
            turn.reachable()
        TAKE[type(reading)](turn, reading)


def _availability(turn: Turn, reading: Availability) -> None:
    state = turn.state
    if reading.relay and reading.online:
        state.recalling_since, state.recalled = turn.now, None
        return
    if reading.machine:
        state.machine_on = reading.online
    else:
        if not reading.online and state.online is not False:
            state.offline_since = turn.now
        state.online = reading.online
    turn.rest()


def _watch(turn: Turn, listening_since: float) -> None:
    state, limits = turn.state, turn.rules.limits

    def over(since: float | None, limit: float | None) -> bool:
        return since is not None and limit is not None and turn.now - max(since, listening_since) > limit

    if over(state.seen_at, limits.silence):
        state.online = False
        _lose(turn, "silent")
        turn.rest()
    if state.open is None:
        return
    if state.online is False and over(state.offline_since, limits.offline):
        _lose(turn, "offline")
    elif over(state.open.evidence_seen, _patience(turn, state.open)):
        _lose(turn, "no_evidence")


def _patience(turn: Turn, job: Job) -> float | None:
    """Return how long a job may give no sign: its firmware's limit, or three times what one percent takes."""
    limit = turn.rules.limits.evidence
    if limit is None:
        return None
    if job.paused_since is not None:
        return max(limit, turn.rules.limits.paused)
    if not job.progress:
        return limit
    return max(limit, 3 * (job.evidence_at - job.started_at) / job.progress)


def _lose(turn: Turn, why: str) -> None:
    if turn.state.open is not None:
        turn.anomaly(why, turn.state.open.key)
        turn.give_up()
