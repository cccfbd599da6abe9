"""When drawn power means work: thresholds held for a while, back to where they were crossed."""

from iot_bridge.effects import AddEnergy
from iot_bridge.readings import PowerReading, Reading, Switched
from iot_bridge.state import Job
from iot_bridge.turn import BURST_GAP, COMPLETED, FAILED, Turn

RECALL_FOR = 120.0
"""A relay that came back may pass on old words as new ones for this long."""


def recalled(turn: Turn, reading: Reading) -> bool:
    """Tell whether a reading may be an old one passed on again; one measured since, or a second one, is believed."""
    state = turn.state
    since = state.recalling_since
    if since is None:
        return False
    measured_at = reading.at if isinstance(reading, PowerReading | Switched) else None
    if turn.now - since > RECALL_FOR or (measured_at is not None and measured_at >= since):
        state.recalling_since = None
    elif isinstance(reading, PowerReading):
        said = [reading.watts, reading.total_wh]
        if state.recalled not in (None, said):
            state.recalling_since = None
        state.recalled = said
    return state.recalling_since is not None


def take_power(turn: Turn, reading: PowerReading) -> None:
    gained = _count(turn, reading.total_wh)
    if turn.rules.companion and not turn.rules.stands_in:
        _bear_witness(turn, reading, gained)
    elif turn.rules.power is not None and reading.watts is not None:
        _take_watts(turn, reading)


def take_switch(turn: Turn, reading: Switched) -> None:
    """A relay that opens ends the work, whatever the power rule was waiting for."""
    state = turn.state
    if reading.on or turn.rules.power is None:
        return
    state.above_at = None
    outcome = FAILED if reading.tripped else COMPLETED
    if state.below_at is not None:
        turn.close(state.below_at, outcome, estimated=False, energy_wh=state.below_wh)
    elif state.open is not None:
        at, estimated = turn.moment(reading.at)
        turn.close(at, outcome, estimated=estimated)


def _bear_witness(turn: Turn, reading: PowerReading, gained: float) -> None:
    """Beside a device that tells the jobs: count its energy, and note since when the machine is at rest."""
    state, rule = turn.state, turn.rules.power
    if gained:
        turn.effects.append(AddEnergy(gained))
    state.above_at = None
    if rule is None or reading.watts is None:
        return
    at, _estimated = turn.moment(reading.at)
    state.watts_at = max(at, state.watts_at or at)
    if reading.watts >= rule.stop_watts:
        state.below_at = None
    elif state.below_at is None:
        state.below_at, state.below_seen = at, turn.now


def settle_by_clock(turn: Turn) -> None:
    """Keep the holds without a message: a steady power is told once."""
    state = turn.state
    fresh = state.seen_at is not None and turn.now - state.seen_at <= (turn.rules.limits.silence or BURST_GAP)
    if not fresh or (turn.rules.companion and not turn.rules.stands_in):
        state.above_at = None
    _settle(turn, turn.now - state.above_seen, turn.now - state.below_seen)


def _count(turn: Turn, total: float | None) -> float:
    """Follow a rising counter; one that fell was reset and counts again from there."""
    state, before = turn.state, turn.state.counter_wh
    if total is None:
        return 0.0
    gained = 0.0 if before is None else max(0.0, total - before)
    if before is not None and total < before:
        turn.anomaly("counter_reset")
    state.counter_wh, state.energy_wh = total, (state.energy_wh or 0.0) + gained
    if state.open is not None and state.open.energy_from is None:
        state.open.energy_from = state.energy_wh
    return gained


def _take_watts(turn: Turn, reading: PowerReading) -> None:
    state = turn.state
    at, estimated = turn.moment(reading.at)
    if at < (state.watts_at or 0):
        return
    _settle_by_device(turn, at)
    state.watts_at = at
    _compare(turn, reading.watts or 0.0, at, estimated=estimated)
    _settle_by_device(turn, at)


def _compare(turn: Turn, watts: float, at: float, *, estimated: bool) -> None:
    state, rule = turn.state, turn.rules.power
    if rule is None:
        return
    if state.open is None:
        _watch_start(turn, at, above=watts >= rule.start_watts, estimated=estimated)
    elif watts >= rule.stop_watts:
        state.below_at = None
        turn.evident(state.open, at)
    elif state.below_at is None:
        state.below_at, state.below_seen, state.below_wh = at, turn.now, state.energy_wh


def _watch_start(turn: Turn, at: float, *, above: bool, estimated: bool) -> None:
    state = turn.state
    if not above:
        state.above_at = None
    elif state.above_at is None:
        state.above_at, state.above_seen = at, turn.now
        state.above_wh, state.above_estimated = state.energy_wh, estimated


def _settle_by_device(turn: Turn, at: float) -> None:
    above, below = turn.state.above_at, turn.state.below_at
    _settle(turn, at - (at if above is None else above), at - (at if below is None else below))


def _settle(turn: Turn, above_for: float, below_for: float) -> None:
    """Open or close when a hold has been kept, back to where it began."""
    state, rule = turn.state, turn.rules.power
    if rule is None:
        return
    if state.open is None and state.above_at is not None and above_for >= rule.start_hold:
        _begin(turn, state.above_at)
    elif state.open is not None and state.below_at is not None and below_for >= rule.stop_hold:
        turn.close(state.below_at, COMPLETED, estimated=False, energy_wh=state.below_wh)


def _begin(turn: Turn, at: float) -> None:
    state, key = turn.state, f"{at:.0f}"
    state.above_at = state.below_at = None
    if key not in state.closed:
        seen = max(at, state.watts_at or at)
        turn.open(Job(key, key, at, seen, turn.now, seen, "", state.above_estimated, energy_from=state.above_wh))
