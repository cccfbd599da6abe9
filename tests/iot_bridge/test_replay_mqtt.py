"""`replay_mqtt` as the contract promises: JSON alone on stdout, log on stderr, nothing stored unless asked."""

import json

import pytest
from django.core.management import CommandError, call_command

from iot_bridge.models import Device, MachineMessage
from machines.models import Machine, UsageSession
from tests.factories.iot_bridge import CAPTURES, DeviceFactory, PlugFactory
from tests.factories.machines import MachineFactory

pytestmark = pytest.mark.django_db
PRINT = CAPTURES / "octoprint_01_startup_upload_print_pause_resume_done.jsonl"
LASER = CAPTURES / "tasmota_laser_doc.jsonl"
OUTAGE = CAPTURES / "octoprint_09_broker_outage_swallows_PrintDone.jsonl"


@pytest.fixture
def replay(capsys):
    """Run the command; return its standard output and error."""

    def run(*arguments) -> tuple[str, str]:
        call_command("replay_mqtt", *map(str, arguments))
        return capsys.readouterr()

    return run


def test_json_is_alone_on_stdout_and_says_exactly_what_is_promised(replay):
    MachineFactory(slug="imprimante-1")
    out, err = replay(PRINT, "--device", "octoprint:octoPrint:imprimante-1", "--json")
    assert json.loads(out) == {
        "usage_sessions": [
            {
                "machine": "imprimante-1",
                "started_at": "2026-11-22T01:16:33.000+00:00",
                "ended_at": "2026-11-22T01:17:12.000+00:00",
                "outcome": "completed",
                "source": "octoprint:octoPrint",
                "job_name": "bracket_v2.gcode",
                "estimated": False,
                "energy_wh": None,
            }
        ],
        "anomalies": [],
        "rejected": 0,
    }
    assert err == ""


def test_people_get_a_table(replay):
    MachineFactory(slug="imprimante-1")
    out, _err = replay(PRINT, "--device", "octoprint:octoPrint:imprimante-1")
    heading, row, counts = out.splitlines()
    assert heading.split() == ["machine", "started", "ended", "outcome", "paused", "job", "source"]
    assert "completed" in row
    assert counts == "1 sessions, 0 anomalies, 0 messages rejected"


def test_session_still_open_has_no_end(replay):
    MachineFactory(slug="imprimante-1")
    out, _err = replay(OUTAGE, "--device", "octoprint:octoPrint:imprimante-1", "--json")
    assert [use["ended_at"] for use in json.loads(out)["usage_sessions"]] == [None]


def recorded(path, *messages: tuple[float, str, dict | str]):
    """Write a recording of (seconds, topic, payload)."""
    lines = [
        json.dumps(
            {"t": 1795310000 + at, "topic": topic, "payload": told if isinstance(told, str) else json.dumps(told)}
        )
        for at, topic, told in messages
    ]
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize(("last", "ended"), [(144.9, [None]), (145.0, ["2026-11-22T01:15:00.000+00:00"])])
def test_time_passes_up_to_the_last_message_and_no_further(replay, tmp_path, last, ended):
    MachineFactory(slug="m")
    power = "tele/p/SENSOR"
    file = recorded(
        tmp_path / "file",
        *((at, power, {"ENERGY": {"Power": watts}}) for at, watts in ((0, 200), (60, 200), (100, 50))),
        (last, "nobody/listens", ""),
    )
    out, _err = replay(file, "--device", "tasmota:p:m", "--json")
    assert [use["ended_at"] for use in json.loads(out)["usage_sessions"]] == ended


def test_a_report_whose_parts_come_last_is_acted_upon(replay, tmp_path):
    MachineFactory(slug="m")
    state, count = (f"v/klipper/state/print_stats/{name}" for name in ("state", "total_duration"))
    file = recorded(
        tmp_path / "file",
        (0, state, {"eventtime": 1, "value": "printing"}),
        (60, count, {"eventtime": 61, "value": 60.0}),
        (90, count, {"eventtime": 91, "value": 90.0}),
        (90, state, {"eventtime": 91, "value": "complete"}),
    )
    out, _err = replay(file, "--device", "moonraker:v:m", "--json")
    assert [use["outcome"] for use in json.loads(out)["usage_sessions"]] == ["completed"]


def test_nothing_is_stored_without_commit(replay):
    machine = DeviceFactory().machine
    replay(PRINT)
    assert (UsageSession.objects.count(), MachineMessage.objects.count()) == (0, 0)
    assert Device.objects.get().state == {}
    machine.refresh_from_db()
    assert machine.measured_state == ""


def test_stored_devices_are_used_without_device(replay):
    PlugFactory(machine__slug="decoupe-laser", start_hold_seconds=0, stop_hold_seconds=0)
    out, _err = replay(LASER, "--json")
    assert len(json.loads(out)["usage_sessions"]) == 5


def test_named_device_takes_the_power_rule_of_the_machine(replay):
    machine = MachineFactory(slug="decoupe-laser")
    arguments = (LASER, "--device", "tasmota:tasmota_laser1:decoupe-laser", "--json")
    assert len(json.loads(replay(*arguments)[0])["usage_sessions"]) == 2
    PlugFactory(machine=machine, base="another", stop_hold_seconds=10)
    assert len(json.loads(replay(*arguments)[0])["usage_sessions"]) == 5


def test_commit_stores_sessions_messages_and_state_and_twice_changes_nothing(replay):
    device = DeviceFactory()
    first, _err = replay(PRINT, "--commit", "--json")
    second, _err = replay(PRINT, "--commit", "--json")
    assert first == second
    session = UsageSession.objects.get()
    assert (session.outcome, session.paused_seconds, session.started_at.timestamp()) == ("completed", 7, 1795310193)
    assert MachineMessage.objects.filter(device=device).exists()
    assert Device.objects.get().last_seen_at.timestamp() == pytest.approx(1795310235.29, abs=0.01)
    assert Machine.objects.get(pk=device.machine_id).measured_state == "idle"


def test_commit_of_an_open_job_is_gone_on_with_by_the_next_file(replay, tmp_path):
    DeviceFactory()
    lines = PRINT.read_text().splitlines(keepends=True)
    (tmp_path / "first").write_text("".join(lines[:60]))
    (tmp_path / "second").write_text("".join(lines[60:]))
    replay(tmp_path / "first", "--commit")
    assert UsageSession.objects.get().ended_at is None
    replay(tmp_path / "second", "--commit")
    assert UsageSession.objects.get().ended_at.timestamp() == 1795310232


def test_commit_of_the_past_leaves_the_present_alone(replay):
    device = DeviceFactory()
    replay(OUTAGE, "--commit")
    running = UsageSession.objects.get()
    replay(PRINT, "--commit")
    running.refresh_from_db()
    assert running.ended_at is None
    assert list(UsageSession.objects.values_list("outcome", flat=True)) == [None, "completed"]
    assert Machine.objects.get(pk=device.machine_id).measured_state == "in_use"


def test_bad_lines_are_counted_and_named_by_number(replay, tmp_path):
    MachineFactory(slug="m")
    good = '{"t": 1795310000, "topic": "octoPrint/event/PrintStarted", "qos": 0, "retain": false, "payload": "{"}'
    bad = ["nonsense", "[1]", '{"t": 1}', '{"t": "later", "topic": "a", "payload": ""}', '{"t": 1, "topic": "a"}']
    (tmp_path / "file").write_text("\n".join([*bad, "", good]))
    out, err = replay(tmp_path / "file", "--device", "octoprint:octoPrint:m", "--json")
    assert json.loads(out)["rejected"] == 6
    assert [line.split(":")[0] for line in err.splitlines()] == [f"line {number}" for number in range(1, 6)]


def test_payload_in_base64_and_iso_time_are_read(replay, tmp_path):
    MachineFactory(slug="m")
    line = {"t": "2026-11-22T01:16:33Z", "topic": "octoPrint/event/PrintStarted", "payload_b64": "eyJwYXRoIjoiYSJ9"}
    (tmp_path / "file").write_text(json.dumps(line))
    out, _err = replay(tmp_path / "file", "--device", "octoprint:octoPrint:m", "--json")
    (use,) = json.loads(out)["usage_sessions"]
    assert (use["started_at"], use["job_name"]) == ("2026-11-22T01:16:33.000+00:00", "a")


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("prusa:01S:m", ["prusa", "native, octoprint, moonraker"]),
        ("octoprint:octoPrint:nowhere", ["nowhere", "m"]),
        ("octoprint:octoPrint", ["KIND:BASE:MACHINE"]),
        ("octoprint:octo/+:m", ["KIND:BASE:MACHINE"]),
    ],
)
def test_device_that_cannot_be_is_one_sentence_and_exit_2(device, words):
    MachineFactory(slug="m")
    with pytest.raises(CommandError) as refused:
        call_command("replay_mqtt", str(PRINT), "--device", device)
    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)
    assert all(word in str(refused.value) for word in words)


def test_unreadable_file_is_one_sentence_and_exit_2(tmp_path):
    with pytest.raises(CommandError, match="cannot be read") as refused:
        call_command("replay_mqtt", str(tmp_path / "missing"))
    assert refused.value.returncode == 2
