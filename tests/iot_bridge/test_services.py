"""Messages into the database: all of a batch or nothing, poison set aside, one writer, nothing twice."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from iot_bridge import queries, store
from iot_bridge.lock import LostWriter, WriterLock
from iot_bridge.messages import Message
from iot_bridge.models import BridgeLock, Device, MachineMessage
from iot_bridge.services import Ingest
from iot_bridge.share import Share
from machines.models import Machine, Measured, UsageSession
from tests.factories.iot_bridge import BoxFactory, DeviceFactory, PlugFactory, capture

pytestmark = pytest.mark.django_db
T = 1_795_000_000.0


def started(at: float = T, path: str = "a", **about) -> Message:
    return Message("octoPrint/event/PrintStarted", b'{"path":"%s","_timestamp":%d}' % (path.encode(), at), at, **about)


def progress(percent: int, at: float) -> Message:
    payload = b'{"path":"a","progress":%d,"_timestamp":%d}' % (percent, at)
    return Message("octoPrint/progress/printing", payload, at)


def test_garbage_is_kept_as_rejected_with_its_reason_and_nothing_else_happens():
    DeviceFactory()
    garbage = Message("octoPrint/event/PrintStarted", b"\xff\x00garbage", T)
    Ingest().ingest([garbage, started()])
    rows = MachineMessage.objects.order_by("id").values_list("status", "reason", "payload")
    assert [(status, reason, bytes(payload)) for status, reason, payload in rows] == [
        ("rejected", "not UTF-8", garbage.payload),
        ("applied", "", started().payload),
    ]
    assert UsageSession.objects.count() == 1


def test_poisonous_message_is_set_aside_and_the_others_are_taken(monkeypatch):
    device = DeviceFactory()
    real = store.usage.open_usage

    def poisoned(machine, **about):
        if about["job_name"] == "poison":
            raise ZeroDivisionError("boom")
        return real(machine, **about)

    monkeypatch.setattr(store.usage, "open_usage", poisoned)
    ingest = Ingest()
    ingest.ingest([started(T, "a"), started(T + 10, "poison"), progress(5, T + 20)])
    statuses = MachineMessage.objects.order_by("id").values_list("status", "reason")
    assert list(statuses) == [("applied", ""), ("rejected", "ZeroDivisionError: boom"), ("applied", "")]
    assert list(UsageSession.objects.values_list("job_name", "ended_at")) == [("a", None)]
    assert Device.objects.get(pk=device.pk).state["open"]["progress"] == 5


def test_state_survives_the_process():
    device = DeviceFactory()
    Ingest().ingest([started(), progress(40, T + 60)])
    Ingest().ingest([Message("octoPrint/event/PrintDone", b'{"path":"a","_timestamp":%d}' % (T + 90), T + 90)])
    session = UsageSession.objects.get(machine=device.machine)
    assert (session.outcome, session.ended_at.timestamp()) == ("completed", T + 90)


def test_batch_that_cannot_be_committed_leaves_no_trace_even_in_memory(monkeypatch):
    device = DeviceFactory()
    ingest = Ingest()
    with monkeypatch.context() as patch:
        patch.setattr(store.writing, "insert_messages", lambda _rows: (_ for _ in ()).throw(OperationalError("gone")))
        with pytest.raises(OperationalError):
            ingest.ingest([started()])
    assert (UsageSession.objects.count(), Device.objects.get(pk=device.pk).state) == (0, {})
    ingest.ingest([started()])
    assert UsageSession.objects.count() == 1


def test_message_sent_again_is_ignored_only_with_the_flag_and_a_known_content():
    DeviceFactory()
    ingest = Ingest()
    ingest.ingest([progress(1, T), progress(2, T)._replace(dup=True)])
    ingest.ingest([progress(2, T)._replace(dup=True), progress(2, T)])
    rows = MachineMessage.objects.order_by("id").values_list("status", "reason")
    assert list(rows) == [("applied", ""), ("applied", ""), ("ignored", "sent again"), ("applied", "")]


def test_unknown_topics_are_counted_not_kept():
    DeviceFactory()
    ingest = Ingest()
    ingest.ingest([Message("nobody/here", b"x", T)])
    assert (ingest.pipeline.unknown_topics, MachineMessage.objects.count()) == (1, 0)


def test_same_recording_twice_gives_the_same_rows():
    DeviceFactory()
    for _again in range(2):
        Ingest().ingest(capture("octoprint_01"))
    assert UsageSession.objects.count() == 1


def test_machine_shows_what_it_does():
    machine = DeviceFactory().machine
    ingest = Ingest()
    ingest.ingest([Message("octoPrint/mqtt", b"disconnected", T, retain=True)])
    machine.refresh_from_db()
    assert machine.measured_state == Measured.OFFLINE
    ingest.ingest([started(T + 1), progress(12, T + 5)])
    machine.refresh_from_db()
    assert (machine.measured_state, machine.progress) == (Measured.IN_USE, 12)
    assert (machine.measured_since.timestamp(), machine.last_contact_at.timestamp()) == (T + 1, T)
    paused = Message("octoPrint/event/PrintPaused", b'{"path":"a","_timestamp":%d}' % (T + 9), T + 9)
    ingest.ingest([paused])
    machine.refresh_from_db()
    assert machine.measured_state == Measured.PAUSED
    ingest.ingest([Message("octoPrint/event/PrintDone", b'{"path":"a","_timestamp":%d}' % (T + 20), T + 20)])
    machine.refresh_from_db()
    assert (machine.measured_state, machine.progress) == (Measured.IDLE, None)
    assert UsageSession.objects.get().paused_seconds == 11


def test_time_that_passes_closes_what_nobody_ended():
    DeviceFactory()
    ingest = Ingest()
    ingest.ingest([started(), progress(3, T + 60)])
    ingest.tick(T + 60 + 3600, T)
    session = UsageSession.objects.get()
    assert (session.outcome, session.ended_at.timestamp(), session.estimated) == ("unknown", T + 60, True)


def test_tick_without_anything_due_asks_the_database_nothing():
    DeviceFactory()
    ingest = Ingest()
    ingest.ingest([started()])
    with CaptureQueriesContext(connection) as asked:
        ingest.tick(T + 5, T)
    assert len(asked) == 0


def test_number_of_queries_does_not_grow_with_the_batch():
    BoxFactory(machine__slug="box")
    ingest = Ingest()
    telemetry = [
        Message("fablab/v1/box/telemetry", b'{"at":"2026-11-18T08:26:40Z","power_w":%d}' % number, T)
        for number in range(300)
    ]
    ingest.ingest(telemetry[:1])
    with CaptureQueriesContext(connection) as few:
        ingest.ingest(telemetry[:30])
    with CaptureQueriesContext(connection) as many:
        ingest.ingest(telemetry)
    assert len(few) == len(many)


def test_new_and_changed_devices_are_noticed():
    ingest = Ingest()
    assert not ingest.changed()
    device = DeviceFactory()
    assert ingest.changed()
    ingest.reload()
    assert not ingest.changed()
    device.base = "other"
    device.save()
    assert ingest.changed()


def test_device_removed_under_a_running_bridge_costs_no_message(committed_db):
    device, other = DeviceFactory(), PlugFactory()
    ingest = Ingest()
    Device.objects.filter(pk=device.pk).delete()
    ingest.ingest([started(), Message("stat/tasmota_laser1/POWER", b"ON", T)])
    assert list(MachineMessage.objects.values_list("device", flat=True)) == [other.pk]


def test_only_one_bridge_writes_and_the_next_takes_over_from_a_dead_one():
    first, second, now = WriterLock("first"), WriterLock("second"), timezone.now()
    assert first.acquire(now)
    assert not second.acquire(now + timedelta(seconds=9))
    assert second.acquire(now + timedelta(seconds=11))
    with pytest.raises(LostWriter):
        first.fence()
    second.fence()


def test_released_place_is_free_at_once():
    first, second = WriterLock("first"), WriterLock("second")
    assert first.acquire()
    first.release()
    assert second.acquire()


def test_bridge_that_lost_its_place_writes_nothing():
    DeviceFactory()
    lock = WriterLock("first")
    assert lock.acquire()
    ingest = Ingest(lock.fence)
    BridgeLock.objects.update(holder="second")
    with pytest.raises(LostWriter):
        ingest.ingest([started()])
    assert (UsageSession.objects.count(), MachineMessage.objects.count()) == (0, 0)


def test_age_of_the_last_beat():
    assert queries.bridge_beats(timezone.now()) == queries.Beats(None)
    lock, now = WriterLock("first"), timezone.now()
    lock.acquire(now)
    told = queries.bridge_beats(now + timedelta(seconds=7))
    assert (told.age, told.missing, told.fresh) == (timedelta(seconds=7), (), True)


def test_a_part_that_was_never_started_is_missing_and_one_that_fell_silent_counts():
    now = timezone.now()
    for number, ago in ((0, 2), (2, 30)):
        assert WriterLock(f"part {number}", Share(number, 3)).acquire(now - timedelta(seconds=ago))
    told = queries.bridge_beats(now)
    assert (told.missing, told.of, told.age, told.fresh) == ((1,), 3, timedelta(seconds=30), False)
    assert WriterLock("part 1", Share(1, 3)).acquire(now)
    assert queries.bridge_beats(now).fresh


def test_parts_of_an_earlier_division_are_nobody_s_loss():
    now = timezone.now()
    for number in range(3):
        assert WriterLock(f"part {number}", Share(number, 3)).acquire(now - timedelta(hours=1))
    assert WriterLock("whole").acquire(now)
    assert queries.bridge_beats(now) == queries.Beats(timedelta(0))


def test_plug_of_a_machine_that_tells_its_jobs_is_a_companion():
    printer = DeviceFactory()
    PlugFactory(machine=printer.machine)
    companions = {found.source: found.rules.companion for found, _row in queries.listeners()}
    assert companions == {"octoprint:octoPrint": False, "tasmota:tasmota_laser1": True}


def test_energy_of_a_companion_plug_reaches_the_job():
    printer = DeviceFactory()
    PlugFactory(machine=printer.machine)
    readings = [
        Message("tele/tasmota_laser1/SENSOR", b'{"ENERGY":{"Power":90,"Total":%.3f}}' % total, T + number)
        for number, total in enumerate([1.0, 1.1, 1.2], 1)
    ]
    Ingest().ingest([started(), *readings])
    assert UsageSession.objects.get().energy_wh == pytest.approx(200.0)
    assert Machine.objects.get(pk=printer.machine_id).measured_state == Measured.IN_USE
