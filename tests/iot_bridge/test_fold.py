"""The session rules one by one; invariants hold whatever is thrown at them."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from iot_bridge.adapters import ADAPTERS
from iot_bridge.effects import CloseUsage, OpenUsage, ReopenUsage
from iot_bridge.fold import fold, tick
from iot_bridge.messages import Message
from iot_bridge.readings import Availability, Evidence, JobEvent, PowerReading, Reading, Restarted, Step, Switched
from iot_bridge.rules import PowerRule, Rules
from iot_bridge.state import State
from tests.factories.iot_bridge import listener, played, silence

PRINTER = Rules(ADAPTERS["octoprint"].limits)
PLUG = Rules(ADAPTERS["tasmota"].limits, PowerRule())
BOX = Rules(ADAPTERS["native"].limits)
T = 1_795_000_000.0


def event(step: Step, at: float, job: str = "a.gcode", **about) -> JobEvent:
    return JobEvent(step, job, job, at, **about)


class Bench:
    """A device fed by hand; remembers its uses as (start, end, outcome, paused)."""

    def __init__(self, rules: Rules) -> None:
        self.rules, self.state, self.uses = rules, State(), {}
        self.anomalies: list[str] = []

    def hear(self, now: float, *readings: Reading, late_since: float | None = None) -> "Bench":
        self.state, effects = fold(self.state, readings, self.rules, now, late_since)
        return self._note(effects)

    def wait(self, now: float, listening_since: float = T) -> "Bench":
        self.state, effects = tick(self.state, self.rules, now, listening_since)
        return self._note(effects)

    def _note(self, effects) -> "Bench":
        self.state = State.from_json(json.loads(json.dumps(self.state.to_json())))
        for effect in effects:
            if isinstance(effect, OpenUsage):
                self.uses[effect.key] = (effect.started_at, None, None, 0)
            elif isinstance(effect, CloseUsage):
                start = self.uses[effect.key][0]
                self.uses[effect.key] = (start, effect.ended_at, effect.outcome, effect.paused_seconds)
            elif isinstance(effect, ReopenUsage):
                self.uses[effect.key] = (self.uses[effect.key][0], None, None, 0)
            elif hasattr(effect, "code"):
                self.anomalies.append(effect.code)
        return self

    @property
    def found(self) -> list[tuple]:
        return list(self.uses.values())


# -- jobs --------------------------------------------------------------------------------------------------------------


def test_new_start_closes_the_old_job_at_its_last_evidence_not_now():
    bench = Bench(PRINTER).hear(T, event(Step.STARTED, T)).hear(T + 60, Evidence("a.gcode", 10, T + 60))
    bench.hear(T + 900, event(Step.STARTED, T + 900, "b.gcode"))
    assert bench.found == [(T, T + 60, "unknown", 0), (T + 900, None, None, 0)]
    assert bench.anomalies == ["started_while_running"]


def test_stored_events_open_and_close_nothing():
    bench = Bench(PRINTER).hear(T, event(Step.STARTED, T, live=False))
    assert bench.found == []
    bench.hear(T, event(Step.STARTED, T)).hear(T + 5, event(Step.FINISHED, T + 5, live=False))
    assert bench.found == [(T, None, None, 0)]


def test_repeated_start_is_the_same_job():
    bench = Bench(PRINTER).hear(T, event(Step.STARTED, T)).hear(T + 20, event(Step.STARTED, T))
    assert bench.found == [(T, None, None, 0)]


def test_old_end_told_after_a_new_start_of_the_same_file_changes_nothing():
    bench = Bench(PRINTER).hear(T, event(Step.STARTED, T)).hear(T + 9, event(Step.FINISHED, T + 9))
    bench.hear(T + 20, event(Step.STARTED, T + 20)).hear(T + 21, event(Step.FINISHED, T + 9))
    assert bench.found == [(T, T + 9, "completed", 0), (T + 20, None, None, 0)]


def test_end_of_another_file_says_that_ours_is_over():
    bench = Bench(PRINTER).hear(T, event(Step.STARTED, T)).hear(T + 5, Evidence("a.gcode", 1, T + 5))
    bench.hear(T + 90, event(Step.FINISHED, T + 90, "b.gcode"))
    assert bench.found == [(T, T + 5, "unknown", 0)]


def test_job_cancelled_while_paused_counts_the_pause_to_its_end():
    bench = Bench(PRINTER).hear(T, event(Step.STARTED, T)).hear(T + 10, event(Step.PAUSED, T + 10))
    bench.hear(T + 22, event(Step.CANCELLED, T + 22))
    assert bench.found == [(T, T + 22, "cancelled", 12)]


def test_two_pauses_add_up_and_a_repeated_pause_counts_once():
    bench = Bench(PRINTER).hear(T, event(Step.STARTED, T))
    for step, at in [(Step.PAUSED, 10), (Step.PAUSED, 14), (Step.RESUMED, 20), (Step.PAUSED, 30), (Step.RESUMED, 33)]:
        bench.hear(T + at, event(step, T + at))
    assert bench.hear(T + 60, event(Step.FINISHED, T + 60)).found == [(T, T + 60, "completed", 13)]


def test_offline_printer_is_given_up_after_a_quarter_of_an_hour_at_its_last_evidence():
    bench = Bench(PRINTER).hear(T, event(Step.STARTED, T)).hear(T + 40, Evidence("a.gcode", 3, T + 40))
    bench.hear(T + 60, Availability(online=False)).wait(T + 60 + 899)
    assert bench.found == [(T, None, None, 0)]
    assert bench.wait(T + 60 + 901).found == [(T, T + 40, "unknown", 0)]


def test_silence_while_the_bridge_was_away_does_not_count():
    bench = Bench(PRINTER).hear(T, event(Step.STARTED, T)).wait(T + 7200, listening_since=T + 7100)
    assert bench.found == [(T, None, None, 0)]


def test_slow_print_is_waited_for_three_times_as_long_as_one_percent_takes():
    bench = Bench(PRINTER).hear(T, event(Step.STARTED, T)).hear(T + 1500, Evidence("a.gcode", 1, T + 1500))
    bench.wait(T + 1500 + 4400)
    assert bench.found == [(T, None, None, 0)]
    assert bench.wait(T + 1500 + 4600).found == [(T, T + 1500, "unknown", 0)]


def test_paused_print_waits_for_a_hand_longer_than_half_an_hour():
    bench = Bench(PRINTER).hear(T, event(Step.STARTED, T)).hear(T + 60, event(Step.PAUSED, T + 60)).wait(T + 7200)
    bench.hear(T + 7260, event(Step.RESUMED, T + 7260)).hear(T + 7300, event(Step.FINISHED, T + 7300))
    assert bench.found == [(T, T + 7300, "completed", 7200)]


def test_job_given_up_goes_on_when_its_progress_is_heard_again():
    bench = Bench(PRINTER).hear(T, event(Step.STARTED, T)).hear(T + 60, Evidence("a.gcode", 30, T + 60))
    bench.hear(T + 70, Availability(online=False)).wait(T + 1000)
    assert bench.found == [(T, T + 60, "unknown", 0)]
    bench.hear(T + 1200, Evidence("a.gcode", 80, T + 1200)).hear(T + 1300, event(Step.FINISHED, T + 1300))
    assert bench.found == [(T, T + 1300, "completed", 0)]


def test_end_of_a_job_given_up_corrects_it():
    bench = Bench(PRINTER).hear(T, event(Step.STARTED, T)).hear(T + 70, Availability(online=False)).wait(T + 1000)
    bench.hear(T + 1300, event(Step.FINISHED, T + 1300))
    assert bench.found == [(T, T + 1300, "completed", 0)]


def test_progress_that_falls_means_that_another_job_runs():
    bench = Bench(PRINTER).hear(T, event(Step.STARTED, T)).hear(T + 60, Evidence("a.gcode", 64, T + 60))
    bench.hear(T + 200, Evidence("a.gcode", 3, T + 200)).hear(T + 210, Evidence("a.gcode", 70, T + 210))
    assert bench.found == [(T, T + 60, "unknown", 0)]


def test_progress_delivered_out_of_order_closes_nothing():
    bench = Bench(PRINTER).hear(T, event(Step.STARTED, T)).hear(T + 60, Evidence("a.gcode", 64, T + 60))
    assert bench.hear(T + 61, Evidence("a.gcode", 50, T + 50)).found == [(T, None, None, 0)]


def test_restart_told_by_an_old_message_leaves_the_new_job_alone():
    bench = Bench(PRINTER).hear(T, event(Step.STARTED, T)).hear(T + 1, Restarted(T - 30))
    assert bench.found == [(T, None, None, 0)]


def test_message_that_waited_in_the_broker_keeps_its_own_time():
    late = {"late_since": T - 3600}
    bench = Bench(PRINTER).hear(T, event(Step.STARTED, T - 3500), **late)
    bench.hear(T + 1, event(Step.FINISHED, T - 1800), **late)
    assert bench.found == [(T - 3500, T - 1800, "completed", 0)]


def test_first_of_january_1970_is_not_believed():
    bench = Bench(PRINTER).hear(T, event(Step.STARTED, 12.0))
    assert (bench.found, bench.state.open.estimated, bench.anomalies) == ([(T, None, None, 0)], True, ["clock_off"])


def test_box_resends_after_an_outage_and_its_own_clock_counts():
    bench = Bench(BOX).hear(T, event(Step.STARTED, T, "7", mark="b/1"))
    bench.hear(T + 7200, event(Step.FINISHED, T + 3600, "7", mark="b/2"))
    assert bench.found == [(T, T + 3600, "completed", 0)]


def test_box_repeats_a_sequence_number_and_is_heard_once():
    bench = Bench(BOX).hear(T, event(Step.STARTED, T, "7", mark="b/1")).hear(T, event(Step.PAUSED, T, "7", mark="b/2"))
    bench.hear(T + 5, event(Step.RESUMED, T + 5, "7", mark="b/3")).hear(T + 9, event(Step.PAUSED, T, "7", mark="b/2"))
    assert bench.hear(T + 60, event(Step.FINISHED, T + 60, "7", mark="b/4")).found == [(T, T + 60, "completed", 5)]


def test_box_that_reboots_in_a_job_goes_on_with_it():
    bench = Bench(BOX).hear(T, event(Step.STARTED, T, "7", mark="b/1", key="b/7"))
    bench.hear(T + 30, event(Step.STARTED, T, "7", mark="c/1", key="c/7"))
    bench.hear(T + 60, event(Step.FINISHED, T + 60, "7", mark="c/2", key="c/7"))
    assert bench.found == [(T, T + 60, "completed", 0)]


def test_box_whose_next_start_overtook_the_end_gives_two_whole_uses():
    bench = Bench(BOX).hear(T, event(Step.STARTED, T, "7", mark="b/1", key="b/7"))
    bench.hear(T + 61, event(Step.STARTED, T + 60, "8", mark="b/3", key="b/8"))
    bench.hear(T + 62, event(Step.FINISHED, T + 50, "7", mark="b/2", key="b/7"))
    bench.hear(T + 90, event(Step.FINISHED, T + 90, "8", mark="b/4", key="b/8"))
    assert bench.found == [(T, T + 50, "completed", 0), (T + 60, T + 90, "completed", 0)]


def test_printer_whose_end_overtook_its_start_gives_one_closed_use():
    bench = Bench(PRINTER).hear(T + 20, event(Step.FINISHED, T + 20)).hear(T + 21, event(Step.STARTED, T))
    assert bench.found == [(T, T + 20, "completed", 0)]


def test_failure_told_after_a_cancel_does_not_end_the_next_print_of_the_file():
    bench = Bench(PRINTER).hear(T, event(Step.STARTED, T)).hear(T + 9, event(Step.CANCELLED, T + 9))
    bench.hear(T + 9.1, event(Step.FAILED, T + 9)).hear(T + 40, event(Step.STARTED, T + 5))
    assert bench.found == [(T, T + 9, "cancelled", 0), (T + 5, None, None, 0)]


def test_end_by_a_clock_that_was_set_back_is_taken_on_arrival():
    about = {"job": "7", "key": "b/7"}
    bench = Bench(BOX).hear(T, event(Step.STARTED, T + 30, mark="b/1", **about))
    bench.hear(T + 60, event(Step.FINISHED, T + 20, mark="b/2", **about))
    assert bench.found == [(T + 30, T + 60, "completed", 0)]


def test_box_tells_the_end_before_the_start():
    bench = Bench(BOX).hear(T + 60, event(Step.FINISHED, T + 60, "7", mark="b/2"))
    assert bench.hear(T + 61, event(Step.STARTED, T, "7", mark="b/1")).found == [(T, T + 60, "completed", 0)]


def test_stale_last_will_is_overruled_by_a_machine_that_speaks():
    bench = Bench(PRINTER).hear(T, Availability(online=False, live=False))
    assert bench.state.measured == "offline"
    assert bench.hear(T + 1, event(Step.STARTED, T + 1)).state.measured == "in_use"


# -- power -------------------------------------------------------------------------------------------------------------


def watts(bench: Bench, *readings: tuple[float, float]) -> Bench:
    for after, value in readings:
        bench.hear(T + after, PowerReading(value, None, T + after))
    return bench


def test_steady_power_starts_by_the_clock_back_to_the_first_reading():
    bench = watts(Bench(PLUG), (0, 8), (10, 400)).wait(T + 14)
    assert bench.found == []
    assert bench.wait(T + 15).found == [(T + 10, None, None, 0)]


def test_short_peak_is_no_job():
    assert watts(Bench(PLUG), (0, 400), (4, 96)).wait(T + 60).found == []


def test_gap_shorter_than_the_hold_does_not_split_the_job():
    bench = watts(Bench(PLUG), (0, 400), (10, 400), (60, 96), (104, 300), (200, 96)).wait(T + 245)
    assert bench.found == [(T, T + 200, "completed", 0)]


def test_gap_as_long_as_the_hold_ends_the_job_even_if_nobody_looked_meanwhile():
    bench = watts(Bench(PLUG), (0, 400), (10, 400), (60, 96), (106, 300), (120, 300))
    assert bench.found == [(T, T + 60, "completed", 0), (T + 106, None, None, 0)]


def test_relay_off_ends_the_job_at_once():
    bench = watts(Bench(PLUG), (0, 400), (10, 400)).hear(T + 30, Switched(on=False))
    assert bench.found == [(T, T + 30, "completed", 0)]


def test_silent_plug_is_given_up_after_ten_minutes_at_its_last_working_reading():
    bench = watts(Bench(PLUG), (0, 400), (10, 400)).wait(T + 609)
    assert bench.found == [(T, None, None, 0)]
    assert bench.wait(T + 611).found == [(T, T + 10, "unknown", 0)]
    assert bench.state.measured == "offline"


def test_start_seen_before_a_long_absence_of_the_bridge_is_forgotten():
    bench = watts(Bench(PLUG), (0, 400)).wait(T + 5000, listening_since=T + 4999)
    assert bench.found == []


def test_missing_number_is_not_zero_watts():
    bench = watts(Bench(PLUG), (0, 400), (10, 400))
    bench.hear(T + 20, PowerReading(None, 5.0, T + 20)).wait(T + 90)
    assert bench.found == [(T, None, None, 0)]


def test_counter_that_falls_is_a_reset_and_loses_no_energy_seen():
    bench = Bench(PLUG)
    for after, value, total in [(0, 400, 900), (10, 400, 910), (20, 400, 0), (30, 400, 7), (40, 8, 7)]:
        bench.hear(T + after, PowerReading(value, float(total), T + after))
    _state, effects = tick(bench.state, PLUG, T + 90, T)
    assert [effect.energy_wh for effect in effects if isinstance(effect, CloseUsage)] == [17.0]
    assert bench.anomalies == ["counter_reset"]


def test_plug_beside_a_printer_only_adds_energy_to_its_job():
    printer, plug = listener("octoprint", "p", "m", 1), listener("tasmota", "t", "m", 2, companion=True)
    started = Message("p/event/PrintStarted", b'{"path":"a","_timestamp":%d}' % T, T)
    readings = [
        Message("tele/t/SENSOR", b'{"ENERGY":{"Power":400,"Total":%.3f}}' % total, T + number)
        for number, total in enumerate([1.0, 1.25, 1.5], 1)
    ]
    store = played([started, *readings, silence(60, readings)], [printer, plug])
    ((source, use),) = store.uses.items()
    assert (source[0], use.energy_wh) == ("octoprint:p", 500.0)


# -- invariants --------------------------------------------------------------------------------------------------------

MOMENTS = st.one_of(st.none(), st.floats(0, 4e9), st.floats(T - 400, T + 4000))
JOBS = st.sampled_from(["a", "b"])
READINGS = st.one_of(
    st.builds(
        JobEvent,
        step=st.sampled_from(Step),
        job=JOBS,
        at=MOMENTS,
        live=st.booleans(),
        key=st.sampled_from(["", "k", "l"]),
        mark=st.sampled_from(["", "1", "2", "3"]),
    ),
    st.builds(Evidence, job=st.sampled_from(["", "a"]), progress=st.one_of(st.none(), st.integers(0, 100)), at=MOMENTS),
    st.builds(Restarted, at=MOMENTS, live=st.booleans()),
    st.builds(Availability, online=st.booleans(), machine=st.booleans(), live=st.booleans()),
    st.builds(
        PowerReading,
        watts=st.one_of(st.none(), st.floats(0, 3680)),
        total_wh=st.one_of(st.none(), st.floats(0, 1e6)),
        at=MOMENTS,
        live=st.booleans(),
    ),
    st.builds(Switched, on=st.booleans(), at=MOMENTS, live=st.booleans()),
)


@given(
    st.sampled_from([PRINTER, PLUG, BOX, replace(PLUG, companion=True)]),
    st.lists(st.tuples(st.floats(0, 2000), st.lists(READINGS, max_size=3)), max_size=30),
)
def test_at_most_one_open_use_and_no_end_before_its_start(rules, steps):
    state, now, running, starts = State(), T, None, {}
    for pause, readings in steps:
        now += pause
        state, first = tick(state, rules, now, T)
        state, second = fold(state, readings, rules, now)
        for effect in [*first, *second]:
            if isinstance(effect, OpenUsage):
                assert running is None
                assert effect.key not in starts
                running, starts[effect.key] = effect.key, effect.started_at
            elif isinstance(effect, ReopenUsage):
                assert running is None
                assert effect.key in starts
                running = effect.key
            elif isinstance(effect, CloseUsage):
                assert effect.ended_at >= starts[effect.key]
                assert 0 <= effect.paused_seconds <= effect.ended_at - starts[effect.key] + 1
                running = None if running == effect.key else running
        assert (state.open.key if state.open else None) == running
        assert State.from_json(json.loads(json.dumps(state.to_json()))) == state
