"""The bridge as a process, a real Mosquitto, and what happens to both."""

import signal
import threading
import time
from contextlib import ExitStack

import pytest
from django.db import connection

from iot_bridge.loop import commit_to_disk
from iot_bridge.models import Device, MachineMessage
from machines.models import UsageSession
from tests.drills.stream import Box, streaming
from tests.factories.iot_bridge import BoxFactory, DeviceFactory, capture
from tests.iot_bridge.live import READY, at_pace, processes, publisher, sleep_until, telemetry
from tests.services import answers, free_port, wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.mqtt]


@pytest.fixture
def running():
    with processes() as started:
        yield started


def rows() -> int:
    return MachineMessage.objects.count()


def test_print_published_live_survives_three_kills_of_the_bridge(committed_db, own_broker, running, soak):
    """QoS 0 from the printer, kept by the broker, committed once: one session, on time, with its pause."""
    DeviceFactory()
    pace = 1.0 if soak else 2.0
    recorded = [message for message in capture("octoprint_01") if not message.retain]
    running.bridge(committed_db.url, own_broker.url)
    plan = at_pace(recorded, time.time() + 0.5, pace)
    kills = [plan[0][0] + share * (plan[-1][0] - plan[0][0]) for share in (0.25, 0.5, 0.75)]
    with publisher(own_broker.port) as client:
        for moment, message in plan:
            while kills and moment >= kills[0]:
                sleep_until(kills.pop(0))
                running[-1].end(signal.SIGKILL)
                running.bridge(committed_db.url, own_broker.url, until="")
            sleep_until(moment)
            client.publish(message.topic, message.payload, qos=0)
    wait_until(lambda: UsageSession.objects.filter(outcome="completed").exists(), 20, what="the end of the session")
    session = UsageSession.objects.get()
    told = {message.topic.rpartition("/")[2]: moment for moment, message in plan}
    assert len(running.all) == 4
    assert session.started_at.timestamp() == pytest.approx(told["PrintStarted"], abs=2)
    assert session.ended_at.timestamp() == pytest.approx(told["PrintDone"], abs=2)
    assert session.paused_seconds == pytest.approx(told["PrintResumed"] - told["PrintPaused"], abs=2)
    assert session.paused_seconds > 0
    assert not session.estimated


def test_standby_takes_over_and_nothing_is_lost_or_doubled(committed_db, own_broker, running):
    box = BoxFactory(machine__slug="box")
    topic = "fablab/v1/box/telemetry"
    running.bridge(committed_db.url, own_broker.url)
    running.bridge(committed_db.url, own_broker.url, until="standing by")
    with publisher(own_broker.port) as client:
        for number in range(300):
            client.publish(topic, telemetry(number), qos=1)
            if number == 100:
                wait_until(lambda: rows() > 50, what="rows")
                running[0].end(signal.SIGKILL)
                began = time.monotonic()
        running[1].wait_for(READY, 15)
        assert time.monotonic() - began < 15
        wait_until(lambda: MachineMessage.objects.exclude(reason="sent again").count() >= 300, 15, what="every row")
    known = [bytes(payload) for payload in MachineMessage.objects.values_list("payload", flat=True)]
    watts = sorted(int(payload.rpartition(b" ")[2].rstrip(b"}")) for payload in set(known))
    assert watts == list(range(300))
    assert MachineMessage.objects.filter(device=box, status="rejected").count() == 0


def test_garbage_on_the_wire_and_new_devices_do_not_stop_the_bridge(committed_db, own_broker, running):
    DeviceFactory()
    running.bridge(committed_db.url, own_broker.url)
    with publisher(own_broker.port) as client:
        for payload in [b"", b"\xff\xfe", b"[" * 3000, b'{"path": NaN}', b"x" * 100_000]:
            client.publish("octoPrint/event/PrintStarted", payload, qos=0)
        wait_until(lambda: rows() == 5, what="five rejected rows")
        assert set(MachineMessage.objects.values_list("status", flat=True)) == {"rejected"}
        BoxFactory(machine__slug="later")
        running[0].wait_for("The devices have changed: 4 topics more, 0 less.")
        client.publish("fablab/v1/later/telemetry", telemetry(1), qos=1)
        wait_until(lambda: rows() == 6, what="the new device's row")
    assert UsageSession.objects.count() == 0


def test_message_alone_is_committed_at_once_and_the_end_is_quiet(committed_db, own_broker, running):
    DeviceFactory()
    running.bridge(committed_db.url, own_broker.url)
    with publisher(own_broker.port) as client:
        began = time.monotonic()
        stamp = int(time.time())
        client.publish("octoPrint/event/PrintStarted", f'{{"path": "a", "_timestamp": {stamp}}}', qos=0)
        wait_until(UsageSession.objects.exists, 5, what="the session")
        assert time.monotonic() - began < 2
    began = time.monotonic()
    assert running[0].end() == 0
    assert time.monotonic() - began < 5
    assert "Traceback" not in running[0].said


def test_missing_broker_is_one_line_and_the_bridge_waits_for_it(committed_db, own_broker, running):
    own_broker.stop()
    running.bridge(committed_db.url, own_broker.url, until="")
    running[0].wait_for(f"Broker not reachable at 127.0.0.1:{own_broker.port} (Connection refused): retrying in 1 s.")
    own_broker.start()
    running[0].wait_for(READY)
    assert "Traceback" not in running[0].said


def test_broker_killed_and_started_again_is_come_back_to(committed_db, own_broker, running):
    BoxFactory(machine__slug="box")
    running.bridge(committed_db.url, own_broker.url)
    own_broker.kill()
    running[0].wait_for("Connection to the broker lost")
    own_broker.start()
    wait_until(lambda: running[0].said.count(READY) == 2, what="the connection")
    with publisher(own_broker.port) as client:
        client.publish("fablab/v1/box/telemetry", telemetry(1), qos=1)
        wait_until(lambda: rows() == 1, what="the row")


@pytest.mark.sqlite
def test_bridge_waits_for_the_disk(committed_db, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", dict(connection.settings_dict["OPTIONS"]))
    commit_to_disk()
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)


@pytest.mark.sqlite
def test_embedded_broker_without_mosquitto_serves_the_bridge(committed_db, running):
    """amqtt speaks 3.1.1 only: the bridge finds out by itself."""
    BoxFactory(machine__slug="imprimante-3")
    port = free_port()
    url = f"mqtt://127.0.0.1:{port}"
    running.start("-m", "iot_bridge.embedded", "--port", str(port), "--broker", "amqtt")
    running[0].wait_for(f"Broker: amqtt on 127.0.0.1:{port} (MQTT 3.1.1; for demonstration only")
    running.bridge(committed_db.url, url, until=f"{READY} at 127.0.0.1:{port} (MQTT 3.1.1).")
    running.start("-m", "iot_bridge.simulator", "--speed", "60", MQTT_URL=url)
    wait_until(UsageSession.objects.exclude(ended_at=None).exists, 60, what="a session")
    assert [process.end() for process in running.all] == [0, 0, 0]
    assert "Traceback" not in running[0].said


@pytest.mark.sqlite
def test_embedded_broker_without_mosquitto_ends_while_boxes_go_on_talking(running):
    port = free_port()
    running.start("-m", "iot_bridge.embedded", "--port", str(port), "--broker", "amqtt", until="Broker: amqtt on")
    wait_until(lambda: answers(port), what="amqtt")
    with ExitStack() as boxes:
        streams = [boxes.enter_context(streaming(port, [Box(f"box-{n}", 200)], 1000.0)) for n in range(4)]
        talking = [threading.Thread(target=stream.run) for stream in streams]
        for thread in talking:
            thread.start()
        wait_until(lambda: sum(len(stream.sent) for stream in streams) > 500, what="the boxes")
        assert running[0].end() == 0
        assert any(thread.is_alive() for thread in talking)
        for thread in talking:
            thread.join()
    assert "Traceback" not in running[0].said


def test_embedded_mosquitto_keeps_to_this_machine_and_refuses_a_taken_port(tmp_path, running):
    port = free_port()
    data = ["--data", str(tmp_path)]
    running.start("-m", "iot_bridge.embedded", "--port", str(port), *data, until="Broker: Mosquitto on")
    wait_until(lambda: answers(port), what="Mosquitto")
    with publisher(port):
        again = running.start("-m", "iot_bridge.embedded", "--port", str(port), *data)
        assert again.popen.wait(10) == 1
    assert again.said == f"Port {port} is already taken on 127.0.0.1.\n"
    assert f"listener {port} 127.0.0.1" in (tmp_path / "mosquitto.conf").read_text()
    assert running[0].end() == 0


@pytest.mark.sqlite
def test_simulated_machines_give_one_session_each(committed_db, own_broker, running):
    DeviceFactory()
    BoxFactory(machine__slug="imprimante-3")
    running.bridge(committed_db.url, own_broker.url)
    command = ["manage.py", "simulate_machines", "--speed", "60"]
    running.start(*command, until="60 times as fast", MQTT_URL=own_broker.url)
    wait_until(lambda: UsageSession.objects.exclude(ended_at=None).count() >= 2, 30, what="two sessions")
    assert running[1].end() == 0
    wait_until(lambda: set(Device.objects.values_list("available", flat=True)) == {False}, what="goodbye")
    ended = UsageSession.objects.exclude(ended_at=None).values_list("source", flat=True)
    assert set(ended) == {"octoprint:octoPrint", "native:imprimante-3"}
    assert MachineMessage.objects.filter(status="rejected").count() == 0
    assert "Traceback" not in running[1].said


def test_simulator_without_a_broker_says_so_in_one_line(running):
    port = free_port()
    running.start("-m", "iot_bridge.simulator", MQTT_URL=f"mqtt://127.0.0.1:{port}")
    running[0].wait_for("retrying in 1 s.")
    assert running[0].said == f"Broker not reachable at 127.0.0.1:{port} (Connection refused): retrying in 1 s.\n"
    assert running[0].end() == 0
