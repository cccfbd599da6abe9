"""What is wrong with a device: judged from few facts, which a batch changes with few statements."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from iot_bridge import devices, queries
from iot_bridge.adapters import ADAPTERS
from iot_bridge.health import Facts, Finding, Trouble, findings
from iot_bridge.messages import Message
from iot_bridge.models import Device, DeviceHealth, DeviceRejection, MachineMessage
from iot_bridge.rules import Limits
from iot_bridge.services import Ingest
from members.models import AuditEntry
from tests.factories.iot_bridge import BoxFactory, DeviceFactory, PlugFactory, utc
from tests.factories.machines import MachineFactory

T = 1_795_000_000.0
PLUG, PRINTER = ADAPTERS["tasmota"].limits, ADAPTERS["octoprint"].limits


def troubles(facts: Facts, limits: Limits = PLUG, now: float = T) -> list[str]:
    return [found.trouble.value for found in findings(facts, limits, now)]


@pytest.mark.parametrize(
    ("facts", "limits", "told"),
    [
        (Facts(), PLUG, ["never_seen"]),
        (Facts(rejected=1, rejected_at=T), PLUG, ["never_seen"]),
        (Facts(T), PLUG, []),
        (Facts(T - 600), PLUG, []),
        (Facts(T - 601), PLUG, ["silent"]),
        (Facts(T - 9000), PRINTER, []),
        (Facts(T - 1801, at_work=True), PRINTER, ["silent"]),
        (Facts(T - 1000, offline_since=T - 901), PRINTER, ["silent"]),
        (Facts(T - 1000, offline_since=T - 899), PRINTER, []),
        (Facts(T, clock_offset=300), PLUG, []),
        (Facts(T, clock_offset=-300.5), PLUG, ["clock_off"]),
        (Facts(T, rejected=3, reason="not UTF-8", rejected_at=T - 86_399), PLUG, ["rejected"]),
        (Facts(T, rejected=3, reason="not UTF-8", rejected_at=T - 86_401), PLUG, []),
        (Facts(T - 601, clock_offset=3600, rejected=1, rejected_at=T), PLUG, ["silent", "clock_off", "rejected"]),
    ],
)
def test_what_is_wrong_follows_from_the_facts(facts, limits, told):
    assert troubles(facts, limits) == told


def test_the_figures_come_with_it():
    found = findings(Facts(T - 700, clock_offset=-3600, rejected=2, reason="not JSON", rejected_at=T), PLUG, T)
    assert found == [
        Finding(Trouble.SILENT, seconds=700),
        Finding(Trouble.CLOCK_OFF, seconds=-3600),
        Finding(Trouble.REJECTED, times=2, reason="not JSON"),
    ]


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_who_is_silent_stays_so_until_heard(silence, longer):
    before, after = troubles(Facts(T), now=T + silence), troubles(Facts(T), now=T + silence + longer)
    assert set(before) <= set(after)


# --- Kept with the batch ----------------------------------------------------------------------------------------------


def telemetry(number: int, at: float = T, ahead: float = 0, **about) -> Message:
    payload = b'{"at":"%s","power_w":%d}' % (utc(at + ahead).isoformat().encode(), number)
    return Message("fablab/v1/box/telemetry", payload, at, **about)


GARBAGE = Message("fablab/v1/box/telemetry", b"\xff", T + 5)


@pytest.mark.django_db
def test_a_batch_leaves_when_it_was_heard_the_clock_and_what_was_rejected():
    box = BoxFactory(machine__slug="box")
    Ingest().ingest([telemetry(1, ahead=-400), GARBAGE, GARBAGE, GARBAGE._replace(payload=b"[")])
    box = queries.devices_with_health().get(pk=box.pk)
    facts = queries.device_facts(box)
    assert (facts.heard_at, facts.clock_offset, facts.rejected) == (T + 5, pytest.approx(-400), 3)
    assert set(box.rejections.values_list("reason", "times")) == {("not UTF-8", 2), ("not JSON", 1)}
    told = queries.device_findings(box, utc(T + 6))
    assert [found.trouble for found in told] == [Trouble.CLOCK_OFF, Trouble.REJECTED]


@pytest.mark.django_db
def test_stored_and_late_messages_say_nothing_about_the_clock():
    BoxFactory(machine__slug="box")
    late = telemetry(1, ahead=-9000, late_since=T - 9000)
    Ingest().ingest([late, telemetry(1, ahead=-9000, retain=True)])
    assert DeviceHealth.objects.get().clock_offset is None


@pytest.mark.django_db
def test_a_day_without_rejections_begins_the_count_anew():
    BoxFactory(machine__slug="box")
    ingest = Ingest()
    for at in (T, T + 86_000, T + 173_000):
        ingest.ingest([GARBAGE._replace(received_at=at)])
        assert DeviceRejection.objects.get().last_at.timestamp() == at
    assert DeviceRejection.objects.get().times == 1


@pytest.mark.django_db
def test_a_flood_is_counted_whole_with_few_statements():
    BoxFactory(machine__slug="box")
    ingest = Ingest()
    ingest.ingest([telemetry(0)])
    with CaptureQueriesContext(connection) as asked:
        for _again in range(10):
            ingest.ingest([GARBAGE] * 400)
    touched = [query for query in asked.captured_queries if "rejection" in query["sql"] or "health" in query["sql"]]
    assert len(touched) <= 2 * 10
    ingest.tick(T + 10, T)
    assert DeviceRejection.objects.get().times == 4000


@pytest.mark.django_db
def test_a_message_that_fails_inside_is_counted_for_its_device(monkeypatch):
    device = DeviceFactory()
    monkeypatch.setattr("iot_bridge.pipeline.fold", lambda *_given: 1 / 0)
    Ingest().ingest([Message("octoPrint/event/PrintStarted", b'{"path": "a"}', T)])
    assert DeviceRejection.objects.values_list("device", "reason").get() == (device.pk, "ZeroDivisionError")
    assert MachineMessage.objects.get().device == device


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 9])
def test_the_health_of_all_takes_the_same_queries(count, django_assert_num_queries):
    for number in range(count):
        BoxFactory(machine__slug=f"box{number}")
        Ingest().ingest([Message(f"fablab/v1/box{number}/telemetry", b"", T)])
    with django_assert_num_queries(2):
        assert len([queries.device_findings(row, timezone.now()) for row in queries.devices_with_health()]) == count


# --- Described by people ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_saving_a_device_leaves_what_the_bridge_wrote_meanwhile():
    device = PlugFactory()
    opened = Device.objects.get(pk=device.pk)
    Device.objects.update(state={"watts": 7})
    opened.stop_watts = 40
    devices.save_device(actor=None, device=opened)
    device.refresh_from_db()
    assert (device.stop_watts, device.state) == (40, {"watts": 7})
    assert AuditEntry.objects.get().action == "device.updated"


@pytest.mark.django_db
def test_another_device_in_its_place_starts_without_its_memory():
    device = PlugFactory(state={"watts": 7}, last_seen_at=timezone.now())
    DeviceHealth.objects.create(device=device, heard_at=timezone.now())
    device.base = "other"
    devices.save_device(actor=None, device=device)
    found = queries.devices_with_health().get()
    assert (found.state, queries.device_facts(found)) == ({}, Facts())


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"base": "other"}, {"active": False}, {"machine": True}, None])
def test_what_reports_a_job_now_is_neither_replaced_nor_removed(change):
    device = DeviceFactory(state={"open": {"key": "1"}})
    if change is None:
        with pytest.raises(ValidationError):
            devices.remove_device(actor=None, device=device)
        return
    for name, value in change.items():
        setattr(device, name, MachineFactory() if value is True else value)
    with pytest.raises(ValidationError):
        devices.save_device(actor=None, device=device)


@pytest.mark.django_db
def test_a_device_that_is_removed_leaves_its_messages():
    device = DeviceFactory()
    Ingest().ingest([Message("octoPrint/mqtt", b"connected", T)])
    devices.remove_device(actor=None, device=device)
    assert (Device.objects.count(), MachineMessage.objects.get().device) == (0, None)


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"base": "a\nb"}, {"stop_watts": 200}, {"time_zone": "Paris"}, {"base": "#"}])
def test_a_description_that_cannot_be_is_told(wrong):
    device = Device(machine=MachineFactory(), **{"kind": "tasmota", "base": "plug", **wrong})
    with pytest.raises(ValidationError) as told:
        devices.save_device(actor=None, device=device)
    assert set(wrong) <= set(told.value.message_dict)


@pytest.mark.django_db
def test_what_is_not_listened_to_has_nothing_wrong():
    found = queries.devices_with_health().get(pk=PlugFactory(active=False).pk)
    assert queries.device_findings(found, timezone.now() + timedelta(days=9)) == []
