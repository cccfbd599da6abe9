"""What each firmware's words mean, and that no broken payload is taken for one."""

import json
from datetime import UTC, datetime

import pytest

from iot_bridge.adapters import ADAPTERS
from iot_bridge.cards import digest
from iot_bridge.messages import Message
from iot_bridge.readings import (
    Availability,
    BadgeShown,
    Evidence,
    JobEvent,
    PowerReading,
    Rejected,
    Restarted,
    Step,
    Switched,
)
from iot_bridge.topics import Routes, matches
from tests.factories.iot_bridge import PARIS, listener

T = 1_795_000_000.0
AT = datetime.fromtimestamp(T, UTC).isoformat()
JOB = {"event": "started", "job": "7", "at": AT, "seq": 1, "boot": "b"}


def read(kind: str, base: str, topic: str, payload: bytes | str | dict, *, retain: bool = False) -> list:
    raw = json.dumps(payload) if isinstance(payload, dict) else payload
    data = raw.encode() if isinstance(raw, str) else raw
    return ADAPTERS[kind].parse(base, Message(topic, data, T, retain=retain), PARIS)


def octoprint(leaf: str, payload: bytes | str | dict, **about) -> list:
    return read("octoprint", "lab/octo", f"lab/octo/{leaf}", payload, **about)


def box(leaf: str, payload: bytes | str | dict, **about) -> list:
    return read("native", "box-1", f"fablab/v1/box-1/{leaf}", payload, **about)


def plug(topic: str, payload: bytes | str | dict, **about) -> list:
    return read("tasmota", "t", topic, payload, **about)


def energy(**about) -> list:
    return plug("tele/t/SENSOR", {"Time": "2026-01-15T09:00:00", "ENERGY": about})


# -- OctoPrint ---------------------------------------------------------------------------------------------------------


def test_octoprint_start_is_keyed_by_file_and_time():
    (event,) = octoprint("event/PrintStarted", {"path": "a/b.gcode", "name": "b.gcode", "_timestamp": 1795000000})
    assert event == JobEvent(Step.STARTED, "a/b.gcode", "b.gcode", T, key="a/b.gcode@1795000000")


def test_octoprint_failure_because_of_a_cancel_is_a_cancel():
    (event,) = octoprint("event/PrintFailed", {"path": "a", "reason": "cancelled", "_timestamp": 5})
    assert event.step is Step.CANCELLED


@pytest.mark.parametrize(
    ("leaf", "payload", "expected"),
    [
        ("mqtt", "connected", [Availability(online=True)]),
        ("mqtt", "disconnected", [Availability(online=False)]),
        ("progress/printing", {"path": "", "progress": 0, "_timestamp": 5}, [Restarted(5.0)]),
        ("progress/printing", {"path": "a", "progress": 18, "_timestamp": 5}, [Evidence("a", 18, 5.0)]),
        ("event/Shutdown", {"_timestamp": 5}, [Restarted(5.0)]),
        ("event/ZChange", {"new": 0.4, "_timestamp": 5}, [Evidence(at=5.0)]),
        ("event/Disconnected", {"_timestamp": 5}, [Availability(online=False, machine=True)]),
        ("event/PrinterStateChanged", {"state_id": "PAUSED", "_timestamp": 5}, [Evidence(at=5.0)]),
        ("event/PrinterStateChanged", {"state_id": "OFFLINE"}, [Availability(online=False, machine=True)]),
        ("event/Upload", {"path": "a"}, []),
    ],
)
def test_octoprint_words(leaf, payload, expected):
    assert octoprint(leaf, payload) == expected


@pytest.mark.parametrize("payload", [{"progress": 0}, {"path": None, "progress": 0}, b'{"_timestamp": 1e999}'])
def test_octoprint_progress_that_names_no_path_is_no_restart(payload):
    with pytest.raises(Rejected):
        octoprint("progress/printing", payload)


@pytest.mark.parametrize("leaf", ["progress/printing", "event/PausedForUser", "event/PrintStarted"])
def test_octoprint_stored_messages_say_nothing(leaf):
    assert octoprint(leaf, {"path": "", "_timestamp": 5}, retain=True) == []


# -- Tasmota -----------------------------------------------------------------------------------------------------------


def test_tasmota_local_time_is_read_in_the_zone_of_the_plug():
    (reading,) = energy(Power=397, Total=412.341)
    moment = datetime(2026, 1, 15, 8, tzinfo=UTC).timestamp()
    assert reading == PowerReading(397.0, pytest.approx(412341.0), moment)


@pytest.mark.parametrize("hour", ["2026-10-25T02:30:00", "2026-03-29T02:30:00"])
def test_tasmota_hour_that_exists_twice_or_never_is_no_time(hour):
    (reading,) = plug("tele/t/SENSOR", {"Time": hour, "ENERGY": {"Power": 1}})
    assert reading.at is None


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [
        ("tele/t/LWT", "Online", [Availability(online=True)]),
        ("stat/t/POWER", "OFF", [Switched(on=False)]),
        ("stat/t/RESULT", {"POWER": "OFF"}, [Switched(on=False)]),
        ("stat/t/RESULT", {"TelePeriod": 10}, []),
        ("tele/t/SENSOR", {"Time": "x", "DS18B20": {"Temperature": 20}}, []),
    ],
)
def test_tasmota_words(topic, payload, expected):
    assert plug(topic, payload) == expected


def test_tasmota_without_a_number_reads_no_watts():
    assert energy(Total=1.5)[0].watts is None


@pytest.mark.parametrize("watts", ["397", True, -3, 3681, [1, 2], {"a": 1}, 10**400])
def test_tasmota_power_that_cannot_be_is_rejected(watts):
    with pytest.raises(Rejected, match="Power"):
        energy(Power=watts)


# -- native ------------------------------------------------------------------------------------------------------------


def test_box_job_carries_its_identity():
    (event,) = box("job", {**JOB, "name": "clip.3mf", "badge": "x", "grams": 3})
    seen = {"key": "b/7", "mark": "b/1", "card": digest("x"), "used": (3.0, "g", "")}
    assert event == JobEvent(Step.STARTED, "7", "clip.3mf", T, **seen)


def test_box_telemetry_is_a_sign_of_life_and_a_measure():
    readings = box("telemetry", {"at": AT, "power_w": 12.5, "energy_wh": 100, "progress": 41.7})
    assert readings == [Evidence(progress=41, at=T), PowerReading(12.5, 100.0, T)]


@pytest.mark.parametrize("read", ["abc", " abc\n", "https://lab.example/carte/abc/"])
def test_box_badge_is_a_question_with_a_digest_instead_of_the_card(read):
    (shown,) = box("badge", {"badge": read, "at": AT, "seq": 4, "boot": "b"})
    assert shown == BadgeShown(digest("abc"), "b", 4, T)
    assert box("badge", {"badge": read, "at": AT, "seq": 4, "boot": "b"}, retain=True) == []


@pytest.mark.parametrize(
    "wrong", [{"badge": ""}, {"badge": 7}, {"seq": None}, {"seq": -1}, {"at": "14:00"}, {"boot": ""}]
)
def test_box_badge_without_what_it_takes_is_rejected(wrong):
    with pytest.raises(Rejected):
        box("badge", {"badge": "abc", "at": AT, "seq": 4, "boot": "b", **wrong})


def test_switches_are_told_in_their_own_words():
    native, plug, printer = (ADAPTERS[kind] for kind in ("native", "tasmota", "octoprint"))
    assert native.switch("box", on=True) == ("fablab/v1/box/set", '{"power": "on"}')
    assert plug.switch("laser", on=False) == ("cmnd/laser/POWER", "OFF")
    assert (printer.switch, printer.answers, plug.answers) == (None, None, None)


@pytest.mark.parametrize("word", ["online", '"online"'])
def test_box_status_is_a_word_with_or_without_quotes(word):
    assert box("status", word, retain=True) == [Availability(online=True, live=False)]


def test_box_stored_job_is_no_event():
    assert box("job", JOB, retain=True) == []


@pytest.mark.parametrize("leaf", ["access", "set"])
def test_what_we_say_to_a_box_is_not_listened_to(leaf):
    assert Routes([listener("native", "box-1")]).find(f"fablab/v1/box-1/{leaf}") == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"event": "begun"}, "event"),
        ({"at": "2026-01-15T09:00:00"}, "offset"),
        ({"at": 1795000000}, "at"),
        ({"seq": "1"}, "seq"),
        ({"seq": -1}, "seq"),
        ({"boot": None}, "boot"),
        ({"job": ""}, "job"),
    ],
)
def test_box_job_out_of_contract_is_rejected(change, reason):
    with pytest.raises(Rejected, match=reason):
        box("job", {**JOB, **change})


def test_box_message_over_16_kib_is_rejected_where_foreign_firmware_may_send_64():
    long = {**JOB, "name": "x" * 17_000}
    with pytest.raises(Rejected, match="16384"):
        box("job", long)
    assert octoprint("event/Upload", long) == []
    with pytest.raises(Rejected, match="65536"):
        octoprint("event/Upload", {"x": "x" * 66_000})


# -- hygiene, for all --------------------------------------------------------------------------------------------------

WIRE = [("octoprint", "o", topic) for topic in ("o/mqtt", "o/progress/printing", "o/event/PrintStarted")]
WIRE += [("octoprint", "o", topic) for topic in ("o/event/PrintFailed", "o/event/PrinterStateChanged", "o/event/X")]
WIRE += [("tasmota", "t", topic) for topic in ("tele/t/SENSOR", "tele/t/STATE", "tele/t/LWT", "stat/t/POWER")]
WIRE += [("moonraker", "v", f"v/{leaf}") for leaf in ("klipper/status", "klipper/state/print_stats/state")]
WIRE += [("moonraker", "v", "v/moonraker/status"), ("bambu", "1", "device/1/report")]
WIRE += [
    ("bambu", "1", "device/1/availability"),
    ("laserlink", "l", "l/status"),
    ("laserlink", "l", "l/status/availability"),
]
WIRE += [("shelly", "p", topic) for topic in ("p/online", "p/events/rpc", "p/status/switch:0")]
WIRE += [("shelly1", "q", f"shellies/q/{leaf}") for leaf in ("online", "relay/0", "relay/0/power", "relay/0/energy")]
WIRE += [("zigbee2mqtt", "z/a b", topic) for topic in ("z/a b", "z/a b/availability", "z/bridge/state")]
WIRE += [("esphome", "e/sensor/w/x:Wh", topic) for topic in ("e/status", "e/sensor/w/state", "e/sensor/x/state")]
WIRE += [("native", "b", f"fablab/v1/b/{leaf}") for leaf in ("status", "job", "telemetry")]

BROKEN = {
    "empty": b"",
    "not UTF-8": b"\xff\xfe{}",
    "BOM": b"\xef\xbb\xbf{}",
    "truncated": b'{"path": "a',
    "NaN": b'{"progress": NaN, "path": "a", "ENERGY": {"Power": NaN}}',
    "infinite": b'{"_timestamp": -Infinity}',
    "array": b"[1, 2]",
    "null": b"null",
    "nested 3000 deep": b"[" * 3000,
    "a number of 5000 digits": b'{"progress": ' + b"9" * 5000 + b"}",
    "256 KiB": b"x" * 262_144,
}


@pytest.mark.parametrize("payload", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize(("kind", "base", "topic"), WIRE)
def test_broken_payload_is_rejected(kind, base, topic, payload):
    with pytest.raises(Rejected):
        read(kind, base, topic, payload)


# -- topics ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "topic", "covered"),
    [
        ("a/b", "a/b", True),
        ("a/+", "a/b", True),
        ("a/+", "a/b/c", False),
        ("a/#", "a/b/c", True),
        ("a/b", "a", False),
        ("a/b/c", "a/b", False),
    ],
)
def test_subscription_covers(pattern, topic, covered):
    assert matches(pattern, topic) is covered


def test_devices_whose_names_begin_alike_are_told_apart():
    devices = [listener("octoprint", "octo", number=1), listener("octoprint", "octo/2", number=2)]
    routes = Routes(devices)
    assert [one.id for base in ("octo", "octo/2") for one in routes.find(f"{base}/mqtt")] == [1, 2]
    assert routes.find("octo/3/mqtt") == ()


def test_flood_of_invented_topics_does_not_fill_the_memory():
    routes = Routes([listener("octoprint", "octo")])
    for number in range(10_000):
        routes.find(f"octo/event/{number}")
    assert len(routes._known) < 5_000
