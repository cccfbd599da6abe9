"""A laser's messages, as they arrive, ask once a use whether somebody is there."""

from datetime import UTC, datetime, timedelta

import pytest

from iot_bridge.messages import Message
from iot_bridge.services import Ingest
from machines.models import Machine, PresenceCheck, UsageSession
from machines.presence_queries import waiting_checks
from tests.factories.iot_bridge import PlugFactory, capture

pytestmark = pytest.mark.django_db
MINUTES = 2


@pytest.fixture
def laser() -> Machine:
    machine = PlugFactory().machine
    Machine.objects.filter(pk=machine.pk).update(presence_minutes=MINUTES)
    return machine


def live(messages: list[Message], monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    """Take messages in as the bridge does, the clock of the lab at each arrival."""
    ingest = Ingest()
    for start in range(0, len(messages), batch):
        part = messages[start : start + batch]
        now = datetime.fromtimestamp(part[-1].received_at, UTC)
        monkeypatch.setattr("django.utils.timezone.now", lambda now=now: now)
        ingest.ingest(part)
        ingest.tick(part[-1].received_at, messages[0].received_at)


@pytest.mark.parametrize("batch", [1, 7])
def test_each_use_of_a_laser_is_asked_about_exactly_once(laser, monkeypatch, batch: int) -> None:
    stream = capture("tasmota_laser")
    live([twin for one in stream for twin in (one, one._replace(dup=True))], monkeypatch, batch)
    uses = UsageSession.objects.filter(machine=laser).order_by("started_at")
    asked = {check.session_id: check for check in PresenceCheck.objects.all()}
    assert len(uses) == 2
    assert PresenceCheck.objects.count() == 2
    for use in uses:
        check = asked[use.pk]
        assert check.asked_at == use.started_at
        assert check.due_at - use.started_at >= timedelta(minutes=MINUTES)
        assert check.due_at < use.ended_at  # while it ran, somebody should have answered


def test_a_whole_stream_delivered_late_rings_no_bell(laser, monkeypatch) -> None:
    stream = capture("tasmota_laser")
    much_later = datetime.fromtimestamp(stream[-1].received_at, UTC) + timedelta(days=1)
    ingest = Ingest()
    monkeypatch.setattr("django.utils.timezone.now", lambda: much_later)
    for one in stream:
        ingest.ingest([one])
        assert [check for check in waiting_checks(much_later) if check.due_at <= much_later] == []
    assert list(waiting_checks(much_later + timedelta(hours=1))) == []
    assert PresenceCheck.objects.count() == UsageSession.objects.count() == 2
