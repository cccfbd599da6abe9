"""Plugs of four brands give the work that really took place; each test is named after the trap."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from iot_bridge.memory import MemoryStore
from iot_bridge.messages import Message
from iot_bridge.pipeline import Listener, Status
from tests.factories.iot_bridge import capture, listener, played, silence

SHELLY = listener("shelly", "shellyplusplugs-a8032ab12345")
SHELLY1 = listener("shelly1", "shellyplug-s-DE2AA0")
ZIGBEE = listener("zigbee2mqtt", "zigbee2mqtt/laser3_plug")
ESPHOME = listener("esphome", "laser2-plug/sensor/power/total_energy:kWh")
T = 1768464000.0


def uses(messages: Iterable[Message], *devices: Listener) -> list[tuple]:
    """Start and end in seconds after T, outcome and Wh of each use."""
    return told(played(messages, devices))


def told(store: MemoryStore) -> list[tuple]:
    ordered = sorted(store.uses.values(), key=lambda use: use.started_at)
    return [
        (use.started_at - T, use.ended_at and use.ended_at - T, use.outcome, use.energy_wh and round(use.energy_wh, 3))
        for use in ordered
    ]


def say(at: float, topic: str, payload: str | dict[str, Any], *, retain: bool = False) -> Message:
    text = json.dumps(payload) if isinstance(payload, dict) else payload
    return Message(topic, text.encode(), T + at, 1, retain)


def rejected(store: MemoryStore) -> list[str]:
    return [reason for _device, _message, status, reason in store.rows if status is Status.REJECTED]


# --- Shelly, second generation and later ------------------------------------------------------------------------------


def notify(at: float, part: str = "switch:0", **status: Any) -> Message:
    body = {"method": "NotifyStatus", "params": {"ts": T + at, part: {"id": 0, **status}}}
    return say(at, "shellyplusplugs-a8032ab12345/events/rpc", body)


def test_shelly_minute_frames_without_power_are_not_zero_and_count_watt_hours():
    assert uses(capture("shelly"), SHELLY) == [(120, 690, "completed", 31.707)]


def test_shelly_that_trips_on_overpower_fails_the_work():
    tripped = notify(60, errors=["overpower"], output=False, apower=0.0)
    assert uses([notify(0, apower=200), tripped], SHELLY) == [(0, 60, "failed", None)]


def test_shelly_switched_off_by_hand_completes_the_work():
    assert uses([notify(0, apower=200), notify(60, output=False)], SHELLY) == [(0, 60, "completed", None)]


def test_shelly_snapshot_on_connecting_opens_only_after_the_hold():
    body = {"method": "NotifyFullStatus", "params": {"ts": T, "switch:0": {"output": True, "apower": 200}}}
    snapshot = say(0, "shellyplusplugs-a8032ab12345/events/rpc", body)
    assert uses([snapshot, notify(4, apower=6)], SHELLY) == []
    assert uses([snapshot, notify(6, apower=200)], SHELLY) == [(0, None, None, None)]


def test_shelly_with_two_channels_is_two_machines():
    second = listener("shelly", "shellyplusplugs-a8032ab12345/switch:1", number=2)
    stream = [notify(0, apower=200), notify(0, "switch:1", apower=5), notify(60, "switch:1", apower=300)]
    store = played([*stream, silence(10, stream)], [SHELLY, second])
    assert [(use.source, use.started_at - T) for use in store.uses.values()] == [
        ("shelly:shellyplusplugs-a8032ab12345", 0),
        ("shelly:shellyplusplugs-a8032ab12345/switch:1", 60),
    ]


def test_shelly_last_will_alone_closes_nothing_and_ten_silent_minutes_do():
    stream = [notify(0, apower=200), notify(10, apower=201), say(20, "shellyplusplugs-a8032ab12345/online", "false")]
    assert uses(stream, SHELLY) == [(0, None, None, None)]
    assert uses([*stream, silence(11 * 60, stream)], SHELLY) == [(0, 10, "unknown", None)]


def test_shelly_whose_method_is_no_word_is_rejected():
    store = played([say(0, "shellyplusplugs-a8032ab12345/events/rpc", {"method": []})], [SHELLY])
    assert rejected(store) == ["method is not a text"]


# --- Shelly, first generation -----------------------------------------------------------------------------------------


def gen1(at: float, leaf: str, word: str, *, retain: bool = False) -> Message:
    return say(at, f"shellies/shellyplug-s-DE2AA0/{leaf}", word, retain=retain)


def test_first_shelly_that_trips_before_the_hold_is_no_work():
    assert uses(capture("shelly"), SHELLY1) == []


def test_first_shelly_counts_watt_minutes():
    stream = [gen1(0, "relay/0/energy", "10800"), gen1(1, "relay/0/power", "180"), gen1(60, "relay/0/energy", "10980")]
    assert uses([*stream, gen1(61, "relay/0/power", "6"), gen1(110, "relay/0/power", "6")], SHELLY1) == [
        (1, 61, "completed", 3.0)
    ]


def test_first_shelly_whose_counter_begins_anew_at_boot_loses_only_what_it_did_not_tell():
    counts = [(0, "600"), (60, "660"), (70, "0"), (130, "120")]
    stream = [gen1(at, "relay/0/energy", count) for at, count in counts]
    power = [gen1(1, "relay/0/power", "180"), gen1(140, "relay/0/power", "5"), gen1(190, "relay/0/power", "5")]
    store = played(sorted([*stream, *power], key=lambda one: one.received_at), [SHELLY1])
    assert told(store) == [(1, 140, "completed", 3.0)]
    assert [anomaly.code for _device, anomaly in store.anomalies] == ["counter_reset"]


def test_first_shelly_that_trips_at_work_fails_it():
    stream = [gen1(0, "relay/0/power", "180"), gen1(30, "relay/0", "overpower")]
    assert uses(stream, SHELLY1) == [(0, 30, "failed", None)]


# --- Zigbee2MQTT ------------------------------------------------------------------------------------------------------


def zigbee(at: float, **state: Any) -> Message:
    return say(at, "zigbee2mqtt/laser3_plug", state)


def coordinator(at: float, word: str = '{"state":"online"}', *, retain: bool = False) -> Message:
    return say(at, "zigbee2mqtt/bridge/state", word, retain=retain)


def test_zigbee_cached_state_told_as_live_opens_nothing():
    assert uses(capture("zigbee2mqtt"), ZIGBEE) == [(100, 520, "completed", 210.0)]


def test_zigbee_plug_may_be_named_by_its_friendly_name_alone():
    plug = listener("zigbee2mqtt", "laser3_plug")
    assert (plug.filters, uses(capture("zigbee2mqtt"), plug)) == (ZIGBEE.filters, [(100, 520, "completed", 210.0)])


def test_zigbee_cached_state_whose_measure_is_older_than_the_start_opens_nothing():
    old = {"power": 311, "energy": 5.0, "last_seen": "2026-01-15T07:58:00+00:00"}
    assert uses([coordinator(0), zigbee(1, **old), zigbee(20, power=7, energy=5.0)], ZIGBEE) == []


def test_zigbee_cached_state_closes_nothing():
    running = [zigbee(at, power=300 + at, energy=5.0) for at in (0, 10, 20)]
    restart = [coordinator(30, '{"state":"offline"}'), coordinator(40), zigbee(41, state="OFF", power=5, energy=4.0)]
    assert uses([*running, *restart, zigbee(100, state="ON", power=301, energy=5.1)], ZIGBEE) == [(0, None, None, None)]


def test_zigbee_plug_that_never_tells_its_clock_is_believed_the_second_time():
    stream = [coordinator(0), zigbee(1, power=311), zigbee(11, power=312), zigbee(21, power=313)]
    assert uses(stream, ZIGBEE) == [(11, None, None, None)]


def test_zigbee_cached_state_said_again_stays_in_doubt_for_two_minutes():
    stream = [coordinator(0), *[zigbee(at, power=311) for at in (1, 60, 119)]]
    assert uses([*stream, silence(10, stream)], ZIGBEE) == []
    assert uses([*stream, zigbee(130, power=311), zigbee(140, power=311)], ZIGBEE) == [(130, None, None, None)]


def test_zigbee_name_may_hold_slashes_and_spaces():
    plug = listener("zigbee2mqtt", "zigbee2mqtt/salle 1/prise laser")
    stream = [say(at, "zigbee2mqtt/salle 1/prise laser", {"power": 300}) for at in (0, 10)]
    assert uses(stream, plug) == [(0, None, None, None)]


def test_zigbee_coordinator_speaks_for_all_its_plugs():
    plugs = [listener("zigbee2mqtt", f"zigbee2mqtt/{name}", number=number) for number, name in enumerate("ab", 1)]
    store = played([coordinator(0, "offline")], plugs)
    assert [store.states[number].online for number in (1, 2)] == [False, False]


def test_zigbee_stored_word_of_the_coordinator_does_not_make_a_silent_plug_reachable():
    away = say(0, "zigbee2mqtt/laser3_plug/availability", "offline", retain=True)
    store = played([away, coordinator(0, retain=True), zigbee(1, power=311)], [ZIGBEE])
    assert store.states[1].online is False


def test_zigbee_message_without_power_changes_no_power():
    stream = [*[zigbee(at, power=300) for at in (0, 10)], *[zigbee(at, linkquality=88) for at in (20, 60, 120)]]
    assert uses(stream, ZIGBEE) == [(0, None, None, None)]


# --- ESPHome ----------------------------------------------------------------------------------------------------------


def test_esphome_stored_power_opens_nothing_and_nan_and_the_log_are_not_heard():
    store = played(capture("esphome"), [ESPHOME])
    assert told(store) == [(60, 340, "completed", 19.0)]
    assert rejected(store) == []
    assert "laser2-plug/debug" not in {message.topic for _device, message, _status, _reason in store.rows}


def test_esphome_counter_that_nobody_named_is_not_guessed():
    assert uses(capture("esphome"), listener("esphome", "laser2-plug")) == [(60, 340, "completed", None)]


@pytest.mark.parametrize("device", [SHELLY, SHELLY1, ZIGBEE, ESPHOME], ids=lambda device: device.adapter.kind)
def test_every_message_twice_with_the_duplicate_flag_changes_nothing(device):
    name = {"shelly1": "shelly"}.get(device.adapter.kind, device.adapter.kind)
    twice = [twin for message in capture(name) for twin in (message, message._replace(dup=True))]
    assert uses(twice, device) == uses(capture(name), device)


@pytest.mark.parametrize("device", [SHELLY, SHELLY1, ZIGBEE, ESPHOME], ids=lambda device: device.adapter.kind)
def test_everything_stored_opens_and_closes_nothing(device):
    name = {"shelly1": "shelly"}.get(device.adapter.kind, device.adapter.kind)
    assert uses([message._replace(retain=True) for message in capture(name)], device) == []
