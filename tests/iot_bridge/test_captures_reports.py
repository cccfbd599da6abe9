"""Firmware that tells what a machine is at: Klipper behind Moonraker, Bambu Lab, LaserLink. One test per trap."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from iot_bridge.memory import MemoryStore
from iot_bridge.messages import Message
from tests.factories.iot_bridge import capture, listener, played, silence, summary

KLIPPER = [listener("moonraker", "voron1", "imprimante-2")]
BAMBU = [listener("bambu", "01S00A123456789", "imprimante-4")]
GRBL = [listener("laserlink", "laser", "diode")]
T = 1795311000.0


def whole(at: float, *, retain: bool = False, webhooks: str | None = None, **print_stats: Any) -> Message:
    """A JSON status of Moonraker."""
    status: dict[str, Any] = {"print_stats": print_stats} if print_stats else {}
    if webhooks:
        status["webhooks"] = {"state": webhooks}
    return Message("voron1/klipper/status", json.dumps({"eventtime": 5.0, "status": status}).encode(), at, 1, retain)


def part(at: float, field: str, value: Any, stamp: float, *, retain: bool = False) -> Message:
    """One field of a split status."""
    payload = json.dumps({"eventtime": stamp, "value": value}).encode()
    return Message(f"voron1/klipper/state/{field}", payload, at, 1, retain)


def server(at: float, word: str) -> Message:
    return Message("voron1/moonraker/status", json.dumps({"server": word}).encode(), at, 1)


def report(at: float, *, retain: bool = False, **fields: Any) -> Message:
    """What a Bambu printer pushes."""
    body = {"print": {"command": "push_status", **fields}}
    return Message("device/01S00A123456789/report", json.dumps(body).encode(), at, 1, retain)


def klipper(messages: Iterable[Message]) -> list[tuple]:
    return rounded(played(messages, KLIPPER))


def rounded(store: MemoryStore) -> list[tuple]:
    """Uses with moments in whole seconds after T."""
    return [
        (round(start - T), None if end is None else round(end - T), *others)
        for start, end, *others in summary(store.uses.values())
    ]


def running(since: float, *seconds: float) -> list[Message]:
    return [whole(since + second, total_duration=second) for second in seconds]


# --- Moonraker ---


def test_a_pause_is_kept_in_json_and_in_split_mode():
    assert rounded(played(capture("moonraker_01"), KLIPPER)) == [(-28, 10, "completed", 8, False)]
    assert rounded(played(capture("moonraker_03"), KLIPPER)) == [(42, 80, "completed", 8, False)]


def test_the_same_file_printed_again_is_not_named_in_the_delta_and_still_a_job():
    assert klipper(capture("moonraker_02")) == [(18, 24, "cancelled", 0, False)]


def test_an_error_in_the_gcode_fails_the_job():
    assert klipper(capture("moonraker_04")) == [(88, 94, "failed", 0, False)]


def test_a_full_state_after_reconnecting_whose_parts_arrive_one_by_one_opens_nothing():
    split = [
        part(T, "print_stats/total_duration", 5.6, 1.0),
        part(T, "print_stats/filename", "a.gcode", 1.0),
        part(T + 0.01, "print_stats/state", "cancelled", 1.0),
    ]
    assert klipper(split) == []


def test_an_emergency_stop_looks_like_a_pause_and_is_a_failure():
    stop = [whole(T + 60, state="paused", total_duration=60.0), whole(T + 60.2, webhooks="shutdown")]
    after = [whole(T + 90, webhooks="ready", state="standby", total_duration=0.0)]
    messages = [whole(T, state="printing", total_duration=0.1, filename="a"), *running(T, 20, 40), *stop, *after]
    assert klipper(messages) == [(0, 60, "failed", 0, False)]


def test_an_emergency_stop_told_before_the_pause_is_the_same_failure():
    messages = [
        whole(T, state="printing", total_duration=0.1),
        whole(T + 60, webhooks="shutdown"),
        whole(T + 61, state="paused", total_duration=60.0),
    ]
    assert klipper(messages) == [(0, 60, "failed", 0, False)]


def test_klipper_killed_is_interrupted_at_its_last_count_when_it_is_back():
    assert klipper(capture("moonraker_06")) == [(177, 180, "interrupted", 0, True)]


def test_klipper_killed_and_never_back_is_closed_by_the_watchdog_at_its_last_count():
    messages = [whole(T, state="printing", total_duration=0.1, filename="a"), *running(T, 20, 40)]
    store = played([*messages, silence(11 * 60, messages)], KLIPPER)
    assert rounded(store) == [(0, 40, "unknown", 0, True)]


def test_a_paused_job_of_a_dead_klipper_does_not_wait_for_a_hand():
    messages = [whole(T, state="printing", total_duration=0.1), whole(T + 20, state="paused", total_duration=20.0)]
    store = played([*messages, silence(11 * 60, messages)], KLIPPER)
    assert [use[2] for use in rounded(store)] == ["unknown"]


def test_moonraker_killed_while_klipper_prints_on_is_one_session():
    messages = [
        whole(T, state="printing", total_duration=0.1, filename="a.gcode"),
        *running(T, 2, 4),
        server(T + 4.1, "offline"),
        server(T + 14, "online"),
        whole(T + 14.5, webhooks="ready", state="printing", total_duration=14.5, filename="a.gcode"),
        *running(T, 20, 30),
        whole(T + 38, state="complete", total_duration=38.0),
    ]
    assert klipper(messages) == [(0, 38, "completed", 0, False)]


def test_a_restart_hidden_between_two_reports_shows_in_the_count_that_fell():
    messages = [
        whole(T, state="printing", total_duration=0.1, filename="a.gcode"),
        *running(T, 2, 4, 7.79),
        *running(T + 8, 0.72, 5),
        whole(T + 20, state="complete", total_duration=12.0),
    ]
    assert klipper(messages) == [(0, 8, "unknown", 0, True), (8, 20, "completed", 0, False)]


def test_a_job_that_ended_and_another_that_began_while_moonraker_was_away_are_two():
    messages = [
        whole(T, state="printing", total_duration=0.1, filename="a.gcode"),
        *running(T, 10),
        server(T + 11, "offline"),
        server(T + 500, "online"),
        whole(T + 501, state="printing", total_duration=101.0, filename="a.gcode"),
        whole(T + 600, state="complete", total_duration=200.0),
    ]
    assert klipper(messages) == [(0, 10, "unknown", 0, True), (400, 600, "completed", 0, False)]


def test_a_late_joiner_of_a_split_state_counts_from_the_true_start():
    assert klipper(capture("moonraker_08")) == [(236, None, None, 0, False)]


def test_a_late_joiner_of_json_reports_counts_from_the_true_start():
    messages = [*running(T, 100, 101), whole(T + 200, state="complete", total_duration=200.0)]
    assert klipper(messages) == [(0, 200, "completed", 0, False)]


def test_a_stored_printing_state_of_a_dead_printer_opens_nothing():
    stored = [
        part(T, "print_stats/state", "printing", 1.0, retain=True),
        part(T, "print_stats/total_duration", 300.0, 1.0, retain=True),
    ]
    others = [part(T + 5, "virtual_sdcard/progress", 0.5, 2.0), part(T + 9, "webhooks/state", "ready", 3.0)]
    assert klipper([*stored, *others]) == []


def test_what_waited_in_the_broker_is_timed_by_the_count_of_the_printer():
    late = [
        message._replace(received_at=T + 400, late_since=T)
        for message in (*running(T, 60, 120), whole(T, state="complete", total_duration=180.0))
    ]
    messages = [whole(T, state="printing", total_duration=0.1, filename="a"), *late]
    assert klipper(messages) == [(0, 180, "completed", 0, False)]


def test_json_rpc_answers_on_the_broker_are_nobodys_use():
    assert klipper(capture("moonraker_10")) == []


# --- Bambu Lab ---


def test_the_documented_stream_of_a_bambu_printer():
    """Deltas, a pause, FINISH to RUNNING without IDLE, a cancel that is told as a failure, calibration, power lost."""
    t = 1768464000.0
    assert summary(played(capture("bambu"), BAMBU).uses.values()) == [
        (t + 30, t + 2075, "completed", 120, False),
        (t + 2375, t + 2576, "cancelled", 0, False),
        (t + 2638, t + 2738, "failed", 0, False),
        (t + 2848, t + 2848, "interrupted", 0, True),
    ]


def test_a_print_under_way_when_first_heard_of_has_an_estimated_start():
    messages = [report(T, gcode_state="RUNNING", subtask_name="a", mc_percent=40), report(T + 60, gcode_state="FINISH")]
    assert rounded(played(messages, BAMBU)) == [(0, 60, "completed", 0, True)]


def test_two_prints_of_the_local_network_both_called_zero_are_two():
    job = {"gcode_state": "RUNNING", "subtask_id": "0", "subtask_name": "a"}
    messages = [
        report(T - 9, gcode_state="IDLE"),
        report(T, **job),
        report(T + 60, gcode_state="FINISH"),
        report(T + 90, **job),
        report(T + 120, gcode_state="FINISH"),
    ]
    assert rounded(played(messages, BAMBU)) == [(0, 60, "completed", 0, False), (90, 120, "completed", 0, False)]


def test_a_print_whose_end_was_missed_ends_where_it_was_last_seen_when_another_is_told():
    messages = [
        report(T - 9, gcode_state="IDLE"),
        report(T, gcode_state="RUNNING", subtask_id="71", subtask_name="a"),
        report(T + 60, mc_percent=50),
        report(T + 300, subtask_id="72", subtask_name="b", mc_percent=2),
        report(T + 400, gcode_state="FINISH"),
    ]
    assert rounded(played(messages, BAMBU)) == [(0, 60, "unknown", 0, True), (300, 400, "completed", 0, True)]


def test_the_printer_that_comes_back_within_a_print_goes_on_with_it():
    gone = Message("device/01S00A123456789/availability", b"offline", T + 70)
    messages = [
        report(T - 9, gcode_state="IDLE"),
        report(T, gcode_state="RUNNING", subtask_id="71", subtask_name="a"),
        gone,
        report(T + 2000, gcode_state="RUNNING", subtask_id="71", subtask_name="a", mc_percent=60),
        report(T + 2100, gcode_state="FINISH"),
    ]
    assert rounded(played(messages, BAMBU)) == [(0, 2100, "completed", 0, False)]


@pytest.mark.parametrize("body", [{"info": {}}, {"mc_print": {"param": "x"}}, {"print": {"command": "pause"}}])
def test_answers_and_log_lines_of_a_bambu_printer_say_nothing(body):
    message = Message("device/01S00A123456789/report", json.dumps(body).encode(), T)
    store = played([message], BAMBU)
    assert (store.uses, [row[2] for row in store.rows]) == ({}, ["ignored"])


# --- LaserLink ---


def test_framing_and_moving_are_no_job_and_a_hold_is_a_pause():
    assert summary(played(capture("laserlink"), GRBL).uses.values()) == [
        (1768464006.5, 1768464030.0, "completed", 2, False)
    ]


def laser(at: float, state: str, *, busy: bool) -> Message:
    return Message("laser/status", json.dumps({"state": state, "job_in_progress": busy, "timestamp": at}).encode(), at)


def test_a_lost_bluetooth_link_is_no_end():
    messages = [
        laser(T - 1, "Idle", busy=False),
        laser(T, "Run", busy=True),
        laser(T + 10, "Offline", busy=False),
        laser(T + 60, "Run", busy=True),
        laser(T + 90, "Idle", busy=False),
    ]
    assert rounded(played(messages, GRBL)) == [(0, 90, "completed", 0, False)]


def test_an_alarm_of_grbl_is_a_failure():
    messages = [laser(T - 1, "Idle", busy=False), laser(T, "Run", busy=True), laser(T + 10, "Alarm:1", busy=True)]
    assert rounded(played(messages, GRBL)) == [(0, 10, "failed", 0, False)]
