"""What the bridge counts, writes down now and then, and shows."""

import time

import pytest
from django.db import OperationalError
from django.utils import timezone

from fablab import exposition
from iot_bridge import store
from iot_bridge.lock import LostWriter
from iot_bridge.messages import Message
from iot_bridge.models import BridgeLock, BridgeReport
from iot_bridge.services import Ingest
from iot_bridge.showing import shown
from tests.factories.iot_bridge import BoxFactory, DeviceFactory, PlugFactory
from tests.iot_bridge.live import READY, processes, publisher
from tests.services import wait_until

T = 1_795_000_000.0
GOOD = Message("octoPrint/mqtt", b"connected", T)


def counted(ingest: Ingest) -> tuple[int, ...]:
    told = ingest.counters
    return told.received, told.committed, told.late, told.repeated, told.unknown, told.rejected.total()


@pytest.mark.django_db
def test_each_message_is_counted_by_what_became_of_it():
    DeviceFactory()
    ingest = Ingest()
    ingest.ingest([GOOD, GOOD._replace(dup=True), GOOD._replace(late_since=T - 9), GOOD._replace(payload=b"\xff")])
    ingest.ingest([Message("nobody/here", b"", T), GOOD._replace(payload=b"what")])
    assert counted(ingest) == (6, 6, 1, 1, 1, 2)
    assert dict(ingest.counters.rejected) == {"not UTF-8": 1, "expected connected or disconnected": 1}


@pytest.mark.django_db
def test_a_batch_that_is_not_committed_is_only_received(monkeypatch):
    DeviceFactory()
    ingest = Ingest()
    monkeypatch.setattr(store.writing, "insert_messages", lambda _rows: (_ for _ in ()).throw(OperationalError("gone")))
    with pytest.raises(OperationalError):
        ingest.ingest([GOOD, GOOD._replace(payload=b"\xff")])
    assert counted(ingest) == (2, 0, 0, 0, 0, 0)


@pytest.mark.django_db
def test_poison_is_counted_once_by_its_kind(monkeypatch):
    DeviceFactory()
    monkeypatch.setattr("iot_bridge.pipeline.fold", lambda *_given: 1 / 0)
    ingest = Ingest()
    ingest.ingest([GOOD])
    assert dict(ingest.counters.rejected) == {"ZeroDivisionError": 1}


@pytest.mark.django_db
def test_only_the_writer_writes_its_report(django_assert_num_queries):
    ingest = Ingest()
    ingest.counters.received = 7
    ingest.report(0)
    with django_assert_num_queries(3):
        ingest.report(0)
    assert BridgeReport.objects.get().received == 7

    def lost() -> None:
        raise LostWriter("x")

    with pytest.raises(LostWriter):
        Ingest(lost).report(0)
    assert BridgeReport.objects.get().received == 7


def reported(**about) -> BridgeReport:
    known = {"received": 12_345_678, "committed": 12_345_670, "late": 3, "repeated": 2, "unknown": 1, "reconnects": 4}
    known |= {
        "connected": True,
        "backlog": False,
        "lag_seconds": 0.25,
        "rejected": {'say "x"\n': 5},
        "partition": 0,
        **about,
    }
    return BridgeReport.objects.create(started_at=timezone.now(), written_at=timezone.now(), **known)


@pytest.mark.django_db
def test_the_metrics_are_text_that_prometheus_reads():
    BoxFactory()
    PlugFactory(active=False)
    reported()
    lines = exposition.text(timezone.now()).splitlines()
    assert "fablab_bridge_messages_received_total 12345678.0" in lines
    assert 'fablab_bridge_messages_rejected_total{reason="say \\"x\\"\\n"} 5.0' in lines
    assert "fablab_bridge_connected 1.0" in lines
    assert 'fablab_devices_in_trouble{trouble="never_seen"} 1.0' in lines
    assert "fablab_devices 1.0" in lines
    assert "# TYPE fablab_bridge_messages_received_total counter" in lines
    assert len({line for line in lines if line.startswith("# TYPE")}) == sum(
        line.startswith("# TYPE") for line in lines
    )


@pytest.mark.django_db
def test_each_of_several_partitions_has_its_figures_and_a_missing_one_is_counted():
    now = timezone.now()
    for number in (0, 2):
        BridgeLock.objects.create(partition=number, partitions=3, holder="x", beat_at=now)
        reported(partition=number, received=number, connected=number == 0)
    reported(partition=3, received=99)  # of an earlier division
    lines = exposition.text(now).splitlines()
    assert "fablab_bridge_partitions_missing 1.0" in lines
    assert [line for line in lines if line.startswith("fablab_bridge_connected")] == [
        'fablab_bridge_connected{partition="0"} 1.0',
        'fablab_bridge_connected{partition="2"} 0.0',
    ]
    assert 'fablab_bridge_messages_rejected_total{partition="2",reason="say \\"x\\"\\n"} 5.0' in lines
    assert not [line for line in lines if " 99.0" in line]


@pytest.mark.django_db
def test_nothing_ever_ran_is_no_error():
    assert "fablab_devices 0.0" in exposition.text(timezone.now())


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 9])
def test_the_metrics_take_the_same_queries(count, django_assert_num_queries):
    for number in range(count):
        BoxFactory(machine__slug=f"box{number}")
    with django_assert_num_queries(4):
        exposition.text(timezone.now())


@pytest.mark.django_db
def test_the_metrics_are_closed_until_a_token_is_set_and_brought(client, settings):
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "secret"
    for brought in ("", "Bearer wrong", "secret", "Bearer sécret"):
        assert client.get("/metrics", headers={"Authorization": brought}).status_code == 401
    answer = client.get("/metrics", headers={"Authorization": "Bearer secret"})
    assert (answer.status_code, answer["Content-Type"]) == (200, exposition.CONTENT_TYPE)
    assert "no-store" in answer["Cache-Control"]


# --- A payload for people's eyes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "text", "is_text", "cut"),
    [
        (b"hello\nyou", "hello\nyou", True, False),
        ("é\x00\x1b[31m\u202e".encode(), "é\\x00\\x1b[31m\\u202e", True, False),
        (b"\xff\x00" * 20, "\n".join(["ff 00 " * 15 + "ff 00", "ff 00 ff 00 ff 00 ff 00"]), False, False),
        (b"", "", True, False),
    ],
)
def test_a_payload_is_shown_so_that_nothing_in_it_acts(payload, text, is_text, cut):
    assert shown(payload) == (text, len(payload), is_text, cut)


def test_a_long_payload_is_cut():
    assert (len(shown(b"x" * 60_000).text), shown(b"x" * 60_000).cut) == (2000, True)
    assert (shown(b"\xff" * 600).cut, len(shown(b"\xff" * 600).text.replace("\n", " ").split())) == (True, 512)


# --- The process ------------------------------------------------------------------------------------------------------


@pytest.mark.sqlite
@pytest.mark.django_db
@pytest.mark.mqtt
def test_the_bridge_writes_down_what_it_did_and_that_the_broker_is_gone(committed_db, own_broker):
    DeviceFactory()
    with processes() as running:
        running.bridge(committed_db.url, own_broker.url)
        with publisher(own_broker.port) as client:
            client.publish("octoPrint/event/PrintStarted", b"\xff", qos=0)
        wait_until(lambda: BridgeReport.objects.filter(committed=1).exists(), 15, what="the report")
        assert BridgeReport.objects.get().rejected == {"not UTF-8": 1}
        own_broker.kill()
        wait_until(lambda: BridgeReport.objects.filter(connected=False).exists(), 15, what="the loss")
        own_broker.start()
        wait_until(lambda: running[0].said.count(READY) == 2, what="the connection")
        wait_until(lambda: BridgeReport.objects.filter(connected=True, reconnects=1).exists(), what="the return")
        assert 0 <= BridgeReport.objects.get().lag_seconds < 5
        assert BridgeReport.objects.get().written_at.timestamp() == pytest.approx(time.time(), abs=15)
