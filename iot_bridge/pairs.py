"""Two devices on one machine: who tells its jobs outranks the plug, the plug bears witness (docs/mqtt.md). Pure."""

from dataclasses import replace

from iot_bridge.effects import Effect
from iot_bridge.rules import Rules
from iot_bridge.state import Job, State
from iot_bridge.turn import UNKNOWN, Turn

AWAY_S = 10 * 60.0
"""Who tells the jobs has been gone this long: the plug counts what is done meanwhile."""
UNTOLD_S = 10 * 60.0
"""Work of which nobody speaks, as a print from the memory card, is counted when it lasts this long."""
SILENT_S = 10 * 60.0
"""A job that nobody speaks of for this long, on a machine at rest, is over."""
HEARD_S = 5.5 * 60.0
"""A witness has spoken this lately: plugs that nobody set up do so every five minutes."""

Outcome = tuple[State, list[Effect]]


def stand_ins(rules: Rules) -> tuple[Rules, Rules]:
    """Return the rules of a plug that stands in for who tells the jobs: gone, and there but silent."""
    gone = replace(rules, stands_in=True)
    if rules.power is None:
        return gone, gone
    patient = replace(rules.power, start_hold=max(rules.power.start_hold, UNTOLD_S))
    return gone, replace(gone, power=patient)


def plug_rules(alone: tuple[Rules, Rules], beside: Rules, teller: State, plug: State, now: float) -> Rules:
    """Return the rules by which a plug is read now: those of a witness while a job is told."""
    if teller.open is not None and plug.open is None:
        return beside
    gone = teller.online is False and teller.offline_since is not None and now - teller.offline_since > AWAY_S
    return alone[0] if gone or plug.open is not None else alone[1]


def testify(teller: State, rules: Rules, plug: State, plug_rules: Rules, now: float) -> Outcome:
    """Let a plug speak for a job: work shows that it goes on; rest ends one of which nobody speaks any more."""
    heard = plug.seen_at is not None and now - plug.seen_at <= HEARD_S and plug.watts_at is not None
    if teller.open is None or plug_rules.power is None or not heard:
        return teller, []
    if plug.below_at is None:
        return _goes_on(teller, rules, plug, now)
    if now - plug.below_seen < plug_rules.power.stop_hold or not _is_orphan(teller, teller.open, now):
        return teller, []
    turn = Turn(teller.copy(), rules, now)
    turn.anomaly("ended_by_power", teller.open.key)
    turn.close(max(plug.below_at, teller.open.started_at), UNKNOWN, estimated=True)
    return turn.state, turn.effects


def give_way(plug: State, rules: Rules, now: float) -> Outcome:
    """End what a plug had counted when the job is told after all: from then on it is counted there."""
    turn = Turn(plug.copy(), rules, now)
    turn.give_up()
    turn.state.lost = None
    return turn.state, turn.effects


def _goes_on(teller: State, rules: Rules, plug: State, now: float) -> Outcome:
    turn = Turn(teller.copy(), rules, now)
    if turn.state.open is not None and plug.watts_at is not None:
        turn.evident(turn.state.open, max(turn.state.open.evidence_at, min(plug.watts_at, now)))
        turn.state.offline_since = None if teller.offline_since is None else now
    return turn.state, turn.effects


def _is_orphan(teller: State, job: Job, now: float) -> bool:
    """Tell whether nobody will say how a job ended; a paused one on a machine that is there waits for a hand."""
    if teller.online is False:
        return True
    return job.paused_since is None and now - job.evidence_seen > SILENT_S
