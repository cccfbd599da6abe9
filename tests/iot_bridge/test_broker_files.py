"""The files for Mosquitto: what they say, and what a real Mosquitto makes of them."""

import stat
import subprocess
import time
from pathlib import Path

import pytest
from django.core.management import CommandError
from paho.mqtt.client import MQTTProtocolVersion

from iot_bridge import accounts, broker_files
from iot_bridge.address import read_address
from iot_bridge.client import Connection
from iot_bridge.management.commands.broker_files import is_mosquitto
from iot_bridge.models import BrokerAccount, Device, DeviceHealth, MachineMessage
from machines.models import StartRequest, UsageSession
from tests.factories.iot_bridge import BoxFactory, DeviceFactory, PlugFactory, capture
from tests.iot_bridge.live import at_pace, processes
from tests.services import wait_until
from tests.services.guarded import GuardedBroker, visitor

pytestmark = pytest.mark.django_db
JOB = '{"event": "started", "job": "1", "seq": 1, "boot": "b", "at": "2026-11-25T14:00:00+01:00", "badge": "x"}'
FORGED = (
    *(f"fablab/v1/box/{leaf}" for leaf in ("status", "job", "telemetry", "badge", "access", "set")),
    "tele/tasmota_laser1/SENSOR",
    "fablab/bridge/fablab-bridge/beat",
    "fablab/v1/other/job/more",
    "cmnd/tasmota_laser1/POWER",
)
STARTED = '{"path": "a", "_timestamp": 1}'


# --- Names, hashes and text -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "kind", "taken", "name"),
    [
        ("tasmota_laser1", "tasmota", (), "tasmota_laser1"),
        ("octoprint/mk3 s", "octoprint", (), "octoprint-mk3-s"),
        ("laser1", "shelly", ("laser1",), "shelly-laser1"),
        ("laser1", "shelly", ("laser1", "shelly-laser1"), "shelly-laser1-2"),
        ("bridge", "native", (), "native-bridge"),
        ("a:b\nuser bridge", "native", (), "a-b-user-bridge"),
        ("é", "native", (), "native"),
    ],
)
def test_a_device_signs_in_under_its_own_name(base, kind, taken, name):
    assert broker_files.account_name(base, kind, taken) == name


def test_passwords_are_long_typed_without_doubt_and_never_twice_the_same():
    made = {broker_files.new_password() for _again in range(50)}
    assert len(made) == 50
    assert {len(one) for one in made} == {24}
    assert not set("".join(made)) & set("lIoO01:$ ")


def test_only_the_hash_is_kept(tmp_path):
    device = DeviceFactory()
    name, password = accounts.renew_password(actor=None, device=device)
    kept = BrokerAccount.objects.get(name=name)
    assert (kept.device, kept.password[:8]) == (device, "$7$5000$")
    assert password not in str(BrokerAccount.objects.values())
    again = accounts.renew_password(actor=None, device=device)
    assert (again[0], again[1] == password) == (name, False)


def test_each_device_writes_what_its_adapter_reads_and_reads_what_its_machine_is_told():
    box = BoxFactory(machine__slug="box")
    PlugFactory(machine__slug="laser")
    DeviceFactory(active=False)
    accounts.give_missing_passwords()
    told = {account.name: account for account in accounts.accounts()}
    assert list(told) == ["bridge", box.base, "tasmota_laser1"]
    assert set(told["box"].writes) == {f"fablab/v1/box/{leaf}" for leaf in ("status", "job", "telemetry", "badge")}
    assert told["box"].reads == ("fablab/v1/box/access", "fablab/v1/box/set")
    assert told["tasmota_laser1"].reads[:2] == ("fablab/v1/laser/access", "fablab/v1/laser/set")
    assert told["tasmota_laser1"].reads[2:] == ("cmnd/tasmota_laser1/POWER",)
    assert "tele/tasmota_laser1/SENSOR" in told["tasmota_laser1"].writes


def test_a_name_with_a_line_break_gives_no_right():
    DeviceFactory(base="x\ntopic write #")
    accounts.give_missing_passwords()
    assert "topic write #" not in broker_files.topic_lines(accounts.accounts()).splitlines()


# --- The command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def guarded():
    PlugFactory(machine__slug="laser")
    broker = GuardedBroker()
    yield broker
    broker.destroy()


def test_the_files_are_for_one_reader_and_the_password_is_shown_once(guarded):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in guarded.folder.iterdir()}
    assert {modes[name] for name in ("mosquitto.conf", "passwords", "topics")} == {0o600}
    assert set(modes) == {"mosquitto.conf", "passwords", "topics", "started.conf"}
    assert "shown once" in guarded.said
    shown = guarded.said.split()
    assert guarded.write() == {}
    hashes = (guarded.folder / "passwords").read_text()
    assert not [word for word in shown if len(word) == 24 and word in hashes]


def test_the_check_tells_what_is_out_of_date(guarded):
    assert guarded.command("--check") == "Up to date.\n"
    device = Device.objects.get()
    device.base = "tasmota_renamed"
    device.save()
    with pytest.raises(CommandError, match=r"out of date: .*/topics"):
        guarded.command("--check")
    BoxFactory(machine__slug="box")
    with pytest.raises(CommandError, match="no password yet: native:box"):
        guarded.command("--check")
    assert list(guarded.write()) == ["box"]
    assert guarded.command("--check") == "Up to date.\n"
    assert "tele/tasmota_renamed/SENSOR" in (guarded.folder / "topics").read_text()
    device.delete()
    guarded.write()
    assert "tasmota" not in (guarded.folder / "passwords").read_text() + (guarded.folder / "topics").read_text()


def test_a_password_whose_file_cannot_be_written_is_not_kept(guarded, monkeypatch):
    before = list(BrokerAccount.objects.values())
    BoxFactory(machine__slug="box")
    monkeypatch.setattr(accounts.os, "fsync", lambda _number: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(CommandError, match="No space left"):
        guarded.write()
    assert list(BrokerAccount.objects.values()) == before
    assert not list(guarded.folder.glob(".*"))


def test_an_account_that_nobody_has_and_a_process_that_is_not_mosquitto_are_refused(guarded):
    with pytest.raises(CommandError, match="No account has the name 'x'"):
        guarded.write("--new-password", "x")
    for number in ("1", "-1", "x", ""):
        guarded.pid_file.write_text(number)
        with pytest.raises(CommandError, match="names no Mosquitto"):
            guarded.write("--reload", str(guarded.pid_file))
    assert not is_mosquitto(1)


# --- A real Mosquitto -------------------------------------------------------------------------------------------------


@pytest.fixture
def shop():
    """A broker over a plug and a box, and the passwords of all."""
    PlugFactory(machine__slug="laser")
    BoxFactory(machine__slug="box")
    broker = GuardedBroker()
    broker.start()
    yield broker, dict(broker.passwords)
    broker.destroy()


@pytest.mark.mqtt
def test_a_device_says_what_is_its_own_and_cannot_speak_for_another(shop):
    broker, passwords = shop
    with (
        visitor(broker.port, "bridge", passwords["bridge"]) as bridge,
        visitor(broker.port, "tasmota_laser1", passwords["tasmota_laser1"]) as plug,
    ):
        bridge.client.subscribe([("tele/#", 1), ("fablab/#", 1)])
        bridge.publish("fablab/bridge/heartbeat", "1")
        wait_until(lambda: len(bridge.messages) == 1, what="the bridge's own beat")
        assert plug.publish("fablab/v1/box/job", "{}") == 0
        assert plug.publish("tele/another/SENSOR", "{}") == 0
        plug.publish("tele/tasmota_laser1/SENSOR", "mine")
        wait_until(lambda: len(bridge.messages) == 2, what="the plug's own message")
    assert bridge.messages[1] == ("tele/tasmota_laser1/SENSOR", b"mine")


@pytest.mark.mqtt
def test_the_last_will_of_a_device_cannot_speak_for_another(shop):
    broker, passwords = shop
    with visitor(broker.port, "bridge", passwords["bridge"]) as bridge:
        bridge.client.subscribe([("tele/#", 1), ("fablab/#", 1)])
        for topic in ("fablab/v1/box/status", "tele/tasmota_laser1/LWT"):
            with visitor(broker.port, "tasmota_laser1", passwords["tasmota_laser1"], will=(topic, "Offline")) as plug:
                plug.vanish()
        wait_until(lambda: bridge.messages != [], what="the plug's own last will")
    assert bridge.messages == [("tele/tasmota_laser1/LWT", b"Offline")]


@pytest.mark.mqtt
def test_a_box_asks_and_tells_for_its_own_machine_alone_and_what_it_forges_leaves_no_row(committed_db):
    victim, _own = BoxFactory(machine__slug="box"), BoxFactory(machine__slug="other")
    PlugFactory(machine=victim.machine)
    broker = GuardedBroker()
    try:
        broker.start()
        with processes() as running:
            running.bridge(committed_db.url, f"mqtt://bridge:{broker.passwords['bridge']}@127.0.0.1:{broker.port}")
            with visitor(broker.port, "other", broker.passwords["other"]) as box:
                for topic in FORGED:
                    assert box.publish(topic, JOB) == 0
                box.publish("fablab/v1/other/job", JOB)
                wait_until(UsageSession.objects.exists, what="its own job")
    finally:
        broker.destroy()
    assert UsageSession.objects.get().machine.slug == "other"
    assert list(MachineMessage.objects.values_list("topic", flat=True)) == ["fablab/v1/other/job"]
    assert not StartRequest.objects.exists()
    assert list(DeviceHealth.objects.values_list("device__base", flat=True)) == ["other"]


@pytest.mark.mqtt
def test_a_device_hears_what_it_is_told_and_nothing_else(shop):
    broker, passwords = shop
    with (
        visitor(broker.port, "bridge", passwords["bridge"]) as bridge,
        visitor(broker.port, "box", passwords["box"]) as box,
    ):
        box.client.subscribe("#", 1)
        bridge.publish("fablab/v1/laser/set", "not yours")
        bridge.publish("fablab/bridge/heartbeat", "1")
        bridge.publish("fablab/v1/box/access", "yours")
        wait_until(lambda: box.messages != [], what="the answer")
    assert box.messages == [("fablab/v1/box/access", b"yours")]


@pytest.mark.mqtt
def test_strangers_and_wrong_passwords_stay_outside(shop):
    broker, passwords = shop
    for name, password in (("", ""), ("box", "wrong"), ("box", passwords["bridge"]), ("nobody", "x")):
        with visitor(broker.port, name, password) as stranger:
            assert stranger.answers[0] in {"Not authorized", "Bad user name or password"}


@pytest.mark.mqtt
def test_a_new_password_counts_at_once_and_the_others_stay_connected(shop):
    broker, passwords = shop
    with visitor(broker.port, "tasmota_laser1", passwords["tasmota_laser1"], clean_session=False) as plug:
        plug.client.subscribe("fablab/v1/laser/set", 1)
        fresh = broker.write("--new-password", "box", "--reload", str(broker.pid_file))
        wait_until(lambda: not _lets_in(broker, "box", passwords["box"]), what="the old password to stop")
        assert _lets_in(broker, "box", fresh["box"])
        with visitor(broker.port, "bridge", passwords["bridge"]) as bridge:
            bridge.publish("fablab/v1/laser/set", "on")
        wait_until(lambda: plug.messages != [], what="the message")
        assert plug.losses == []
        assert len(plug.answers) == 1


def _lets_in(broker: GuardedBroker, name: str, password: str) -> bool:
    with visitor(broker.port, name, password) as one:
        return one.answers[0] == "Success"


@pytest.mark.mqtt
def test_a_broker_with_tls_answers_who_trusts_its_authority(tmp_path):
    PlugFactory()
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    _certify(key, certificate)
    broker = GuardedBroker((certificate, key))
    try:
        broker.start()
        password = broker.passwords["bridge"]
        address = read_address(f"mqtts://bridge:{password}@localhost:{broker.port}", str(certificate))
        connection = Connection(address, "fablab-bridge")
        assert connection.alive
        connection.close()
    finally:
        broker.destroy()


def _certify(key: Path, certificate: Path) -> None:
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", *words, *names], check=True, capture_output=True)


@pytest.mark.mqtt
def test_octoprint_as_its_plugin_speaks_is_recorded_right_through_a_guarded_broker(committed_db):
    """MQTT 3.1, QoS 0, its own account; what another device says in its name leaves no row."""
    DeviceFactory(base="octoPrint")
    PlugFactory()
    broker = GuardedBroker()
    passwords = broker.passwords
    try:
        broker.start()
        with processes() as running:
            running.bridge(committed_db.url, f"mqtt://bridge:{passwords['bridge']}@127.0.0.1:{broker.port}")
            _print_and_be_spoofed(broker.port, passwords)
            assert "Traceback" not in running[0].said
    finally:
        broker.destroy()


def _print_and_be_spoofed(port: int, passwords: dict[str, str]) -> None:
    recorded = [message for message in capture("octoprint_01") if not message.retain]
    plan = at_pace(recorded, time.time() - 60, 1.0)
    with (
        visitor(port, "tasmota_laser1", passwords["tasmota_laser1"]) as plug,
        visitor(port, "octoPrint", passwords["octoPrint"], protocol=MQTTProtocolVersion.MQTTv31) as printer,
    ):
        assert plug.publish("octoPrint/event/PrintStarted", STARTED) == 0
        for _moment, message in plan:
            printer.publish(message.topic, message.payload, qos=0)
        wait_until(lambda: UsageSession.objects.filter(outcome="completed").exists(), what="the end of the print")
    assert UsageSession.objects.count() == 1
    assert STARTED.encode() not in {bytes(row) for row in MachineMessage.objects.values_list("payload", flat=True)}
