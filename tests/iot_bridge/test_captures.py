"""Recorded and derived streams give the sessions that really took place; each test is named after the trap."""

import json

import pytest

from iot_bridge.adapters import ADAPTERS
from iot_bridge.memory import MemoryStore
from iot_bridge.messages import Message
from iot_bridge.replay import FINE_STEP
from iot_bridge.services import Ingest
from iot_bridge.turn import CLOCK_TOLERANCE
from machines.models import UsageSession
from tests.factories.iot_bridge import (
    CAPTURES,
    DeviceFactory,
    capture,
    listener,
    played,
    shifted,
    silence,
    summary,
)

OCTOPRINT = [listener("octoprint", "octoPrint", "imprimante-1")]
LASER = [listener("tasmota", "tasmota_laser1", "decoupe-laser")]
BASES = {
    "octoprint": "octoPrint",
    "moonraker": "voron1",
    "bambu": "01S00A123456789",
    "laserlink": "laser",
    "tasmota": "tasmota_laser1",
    "shelly": "shellyplusplugs-a8032ab12345",
    "zigbee2mqtt": "zigbee2mqtt/laser3_plug",
    "esphome": "laser2-plug/sensor/power/total_energy:kWh",
}
T = 1795310000.0


def octoprint(name: str, *more: Message) -> MemoryStore:
    return played([*capture(name), *more], OCTOPRINT)


def sessions(name: str) -> list[tuple]:
    return summary(octoprint(name).uses.values())


def test_pause_is_kept_and_the_late_hundred_percent_opens_nothing():
    assert sessions("octoprint_01") == [(T + 193, T + 232, "completed", 7, False)]


def test_cancel_followed_by_fail_is_one_cancelled_job():
    assert sessions("octoprint_02") == [(T + 245, T + 252, "cancelled", 0, False)]


def test_serial_disconnect_waits_for_the_failure_that_follows():
    assert sessions("octoprint_03") == [(T + 263, T + 268, "failed", 0, False)]


def test_serial_drop_waits_for_the_failure_that_follows():
    assert sessions("octoprint_04") == [(T + 280, T + 285, "failed", 0, False)]


def test_killed_octoprint_is_interrupted_at_its_last_evidence_when_it_is_back():
    assert sessions("octoprint_06") == [(T + 365, T + 370, "interrupted", 0, True)]


def test_last_will_alone_closes_nothing():
    until_will = [message for message in capture("octoprint_06") if message.received_at < T + 371]
    (use,) = played(until_will, OCTOPRINT).uses.values()
    assert (until_will[-1].payload, use.ended_at) == (b"disconnected", None)


def test_will_then_continuation_is_one_session():
    messages = capture("octoprint_01")
    middle = next(i for i, message in enumerate(messages) if b'"progress": 56' in message.payload)
    at = messages[middle].received_at
    will = [Message("octoPrint/mqtt", b"disconnected", at), Message("octoPrint/mqtt", b"connected", at)]
    store = played([*messages[:middle], *will, *messages[middle:]], OCTOPRINT)
    assert summary(store.uses.values()) == [(T + 193, T + 232, "completed", 7, False)]


def test_clean_shutdown_in_a_job_interrupts_it():
    assert sessions("octoprint_07") == [(T + 393, T + 399, "interrupted", 0, True)]


def test_end_swallowed_by_a_broker_outage_stays_open():
    assert sessions("octoprint_09") == [(T + 535, None, None, 0, False)]


def test_end_swallowed_by_a_broker_outage_is_closed_by_the_watchdog_at_the_last_evidence():
    messages = capture("octoprint_09")
    store = octoprint("octoprint_09", silence(31 * 60, messages))
    assert summary(store.uses.values()) == [(T + 535, T + 559, "unknown", 0, True)]
    assert [anomaly.code for _device, anomaly in store.anomalies] == ["no_evidence"]


def test_late_joiner_in_a_job_sees_no_session():
    assert sessions("octoprint_10_") == []


def test_late_joiner_of_an_idle_printer_sees_no_session():
    assert sessions("octoprint_10b") == []


def test_all_recordings_in_a_row_are_the_jobs_that_took_place():
    names = sorted(path.name for path in CAPTURES.glob("octoprint_*.jsonl"))
    messages = [message for name in names for message in capture(name)]
    outcomes = [use.outcome for use in played(messages, OCTOPRINT).uses.values()]
    assert outcomes == ["completed", "cancelled", "failed", "failed", "interrupted", "interrupted", None]


def test_every_message_twice_with_the_duplicate_flag_changes_nothing():
    messages = [twin for message in capture("octoprint_01") for twin in (message, message._replace(dup=True))]
    assert summary(played(messages, OCTOPRINT).uses.values()) == sessions("octoprint_01")


def test_whole_recording_delivered_again_later_changes_nothing():
    messages = capture("octoprint_01")
    again = shifted(messages, 100)
    assert summary(played([*messages, *again], OCTOPRINT).uses.values()) == sessions("octoprint_01")


def test_printer_with_a_wrong_clock_is_timed_by_arrival():
    late = shifted(capture("octoprint_02"), 2 * CLOCK_TOLERANCE)
    (start, end, outcome, _paused, estimated), *others = summary(played(late, OCTOPRINT).uses.values())
    assert (others, outcome, estimated) == ([], "cancelled", True)
    assert (start, end) == pytest.approx((T + 845.35, T + 852.55), abs=0.02)


def test_laser_behind_a_plug_gives_the_two_true_jobs_to_the_second():
    truth = json.loads((CAPTURES / "tasmota_laser_doc.truth.json").read_text())
    uses = played(capture("tasmota_laser"), LASER).uses.values()
    found = [(start, end, outcome) for start, end, outcome, _paused, _estimated in summary(uses)]
    assert found == [(job["start"], job["end"], "completed") for job in truth["ground_truth_jobs"]]


def test_laser_energy_is_what_the_counter_gained_between_the_edges():
    uses = played(capture("tasmota_laser"), LASER).uses.values()
    assert [use.energy_wh for use in uses] == [68.0, 22.0]


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(path.stem for path in CAPTURES.glob("*.jsonl")))
def test_memory_and_database_give_equal_sessions(name):
    kind = name.split("_")[0]
    device = DeviceFactory(kind=kind, base=BASES[kind], role=ADAPTERS[kind].role)
    messages = capture(name)
    remembered = played(messages, [listener(kind, device.base)])
    ingest = Ingest()
    for start in range(0, len(messages), 7):
        ingest.ingest(messages[start : start + 7])
        ingest.tick(messages[start : start + 7][-1].received_at, messages[0].received_at)
    ingest.tick(messages[-1].received_at + FINE_STEP, messages[0].received_at)
    kept = [
        (
            row.started_at.timestamp(),
            row.ended_at and row.ended_at.timestamp(),
            row.outcome,
            row.paused_seconds,
            row.estimated,
        )
        for row in UsageSession.objects.filter(machine=device.machine).order_by("started_at")
    ]
    assert kept == summary(remembered.uses.values())
