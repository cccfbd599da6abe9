"""A Tasmota plug on a bad day; each test is named after the trap."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from iot_bridge.memory import MemoryStore
from iot_bridge.messages import Message
from iot_bridge.pipeline import Status
from tests.factories.iot_bridge import PARIS, listener, played, silence

PLUG = listener("tasmota", "t")
T = 1768464000.0
"""2026-01-15 08:00 UTC."""
DST = datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()
"""02:30 in Paris, for the first time of two."""
WORK = [(0, 300.0), (10, 300.0), (20, 300.0)]
REST = [(30, 8.0), (80, 8.0)]


def wall(moment: float) -> str:
    return datetime.fromtimestamp(moment, PARIS).replace(tzinfo=None).isoformat()


def sensor(at: float, energy: Any, time: Any = None, **about: Any) -> Message:
    body = {"Time": wall(T + at) if time is None else time, "ENERGY": energy}
    return Message("tele/t/SENSOR", json.dumps(body).encode(), T + at, 1, **about)


def power(readings: Iterable[tuple[float, float]], **about: Any) -> list[Message]:
    return [sensor(at, {"Power": watts, "Total": 1 + at / 1000}, **about) for at, watts in readings]


def raw(at: float, payload: bytes, topic: str = "tele/t/SENSOR") -> Message:
    return Message(topic, payload, T + at, 1)


def uses(messages: Iterable[Message]) -> list[tuple]:
    return told(played(messages, [PLUG]))


def told(store: MemoryStore, since: float = T) -> list[tuple]:
    ordered = sorted(store.uses.values(), key=lambda use: use.started_at)
    return [
        (use.started_at - since, use.ended_at and use.ended_at - since, use.outcome, use.estimated) for use in ordered
    ]


ONE_JOB = [(0, 30, "completed", False)]


def test_stored_state_on_connecting_opens_nothing():
    stored = [sensor(0, {"Power": 300}, retain=True), Message("stat/t/POWER", b"ON", T, 1, retain=True)]
    assert uses([*stored, silence(60, stored)]) == []


def test_stored_off_closes_nothing():
    stored = Message("stat/t/POWER", b"OFF", T + 25, 1, retain=True)
    assert uses([*power(WORK), stored, *power([(40, 300)])]) == [(0, None, None, False)]


def test_message_sent_twice_with_the_flag_counts_once():
    stream = [twin for message in power([*WORK, *REST]) for twin in (message, message._replace(dup=True))]
    store = played(stream, [PLUG])
    assert told(store) == ONE_JOB
    assert [use.energy_wh for use in store.uses.values()] == [30.0]


def test_message_with_the_flag_that_was_never_seen_is_taken():
    assert uses(power([*WORK, *REST], dup=True)) == ONE_JOB


def test_same_words_without_the_flag_are_said_again():
    on_off = [raw(at, word, "tele/t/LWT") for at, word in ((1, b"Offline"), (2, b"Online"), (3, b"Offline"))]
    assert played(on_off, [PLUG]).states[1].online is False


def test_reading_out_of_order_is_not_the_newest():
    stream = power([*WORK, (30, 8)])
    late = sensor(15, {"Power": 300, "Total": 1.015})._replace(received_at=T + 31)
    assert uses([*stream, late, *power([(80, 8)])]) == ONE_JOB


UNREADABLE = {
    "truncated": b'{"Time":"2026-01-15T09:00:25","ENERGY":{"Total":1.0,"Pow',
    "not UTF-8": b'{"Time":"2026-01-15T09:00:25","ENERGY":{"Power":\xff\xfe}}',
    "BOM": b'\xef\xbb\xbf{"ENERGY":{"Power":0}}',
    "empty": b"",
    "NaN": b'{"ENERGY":{"Power":NaN}}',
    "inf": b'{"ENERGY":{"Power":Infinity}}',
    "inf by its size": b'{"ENERGY":{"Power":1e999}}',
    "text": b'{"ENERGY":{"Power":"0"}}',
    "negative": b'{"ENERGY":{"Power":-5}}',
    "spike": b'{"ENERGY":{"Power":65535}}',
    "array": b'{"ENERGY":{"Power":[0,0]}}',
    "array of everything": b"[1, 2, 3]",
    "nested 3000 deep": b'{"ENERGY":' + b"[" * 3000 + b"]" * 3000 + b"}",
    "5000 digits": b'{"ENERGY":{"Power":' + b"9" * 5000 + b"}}",
    "256 KiB": b'{"ENERGY":{"Power":0},"x":"' + b"x" * 262_144 + b'"}',
}


@pytest.mark.parametrize("payload", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_unreadable_message_in_a_job_is_kept_as_rejected_and_changes_nothing(payload):
    store = played([*power(WORK), raw(25, payload), *power(REST)], [PLUG])
    assert told(store) == ONE_JOB
    assert [status for *_others, status, _reason in store.rows].count(Status.REJECTED) == 1


@pytest.mark.parametrize("energy", [{"Power": None}, {}, None])
def test_missing_power_in_a_job_is_not_zero(energy):
    assert uses([*power(WORK), *[sensor(at, energy) for at in (25, 60, 100)]]) == [(0, None, None, False)]


@pytest.mark.parametrize("time", ["1970-01-01T01:00:09", "2026-01-15T10:00:00", "soon", 5, [1]])
def test_clock_that_cannot_be_is_replaced_by_the_arrival(time):
    """1970 before the plug has the time, one hour ahead in the wrong zone, and no time at all."""
    stream = [sensor(at, {"Power": watts}, time) for at, watts in [*WORK, *REST]]
    assert [use[:3] for use in uses(stream)] == [(0, 30, "completed")]


def test_hour_that_exists_twice_is_timed_by_arrival():
    moments = [(at + shift, watts) for shift in (0, 3600) for at, watts in [*WORK, *REST]]
    stream = [sensor(at, {"Power": watts}, wall(DST + at))._replace(received_at=DST + at) for at, watts in moments]
    assert told(played(stream, [PLUG]), DST) == [(0, 30, "completed", False), (3600, 3630, "completed", False)]


def test_counter_that_begins_anew_counts_what_it_gained_on_both_sides():
    totals = [(0, 300, 412.300), (10, 300, 412.320), (20, 300, 0.0), (30, 300, 0.015), (40, 8, 0.020), (90, 8, 0.020)]
    store = played([sensor(at, {"Power": watts, "Total": total}) for at, watts, total in totals], [PLUG])
    assert [round(use.energy_wh or 0, 3) for use in store.uses.values()] == [40.0]
    assert [anomaly.code for _device, anomaly in store.anomalies] == ["counter_reset"]


def test_power_cut_in_a_job_ends_it_at_the_last_reading_after_ten_silent_minutes():
    will = raw(35, b"Offline", "tele/t/LWT")
    stream = [*power(WORK), will]
    assert uses([*stream, silence(300, stream)]) == [(0, None, None, False)]
    assert uses([*stream, silence(11 * 60, stream)]) == [(0, 20, "unknown", True)]


def test_steady_power_told_once_is_work_by_the_clock_alone():
    stream = power([(0, 300), (100, 8)])
    assert uses([*stream, silence(60, stream)]) == [(0, 100, "completed", False)]


def test_standby_load_is_no_work_and_short_gaps_are_one_job():
    chiller, cut, gap = 96.0, 300.0, 96.0
    stream = [(0, chiller), (60, chiller), (120, cut), (150, gap), (190, cut), (220, gap), (270, gap)]
    assert uses(power(stream)) == [(120, 220, "completed", False)]
