"""From the wire to the wall: a real broker, a real bridge process, a real browser."""

import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from iot_bridge.models import MachineMessage
from machines.models import UsageSession
from tests.conftest import Site
from tests.factories.iot_bridge import BoxFactory
from tests.iot_bridge.live import processes, publisher
from tests.services import wait_until
from tests.services.broker import Broker

TOPIC = "fablab/v1/solo/job"


def job(event: str, seq: int) -> str:
    at = (timezone.now() - timedelta(seconds=1)).isoformat()
    return json.dumps({"event": event, "job": "j1", "name": "vase", "at": at, "seq": seq, "boot": "b1"})


@pytest.mark.e2e
@pytest.mark.mqtt
def test_a_message_committed_is_on_the_wall_within_two_seconds(desktop: Page, site: Site, own_broker: Broker) -> None:
    BoxFactory(base="solo", machine__slug="solo", machine__name="Solo")
    desktop.goto(f"{site.url}/tableau/")
    solo = desktop.get_by_role("listitem").filter(has_text="Solo")
    with processes() as running, publisher(own_broker.port) as client:
        running.bridge(site.database.url, own_broker.url)
        client.publish(TOPIC, job("started", 1), qos=1)
        wait_until(UsageSession.objects.filter(ended_at=None).exists, what="the use in the database")
        committed = time.monotonic()
        expect(solo).to_contain_text("sans réservation", timeout=2000)
        assert time.monotonic() - committed < 2
        client.publish(TOPIC, job("finished", 2), qos=1)
        wait_until(lambda: MachineMessage.objects.count() == 2, what="the second message in the database")
        expect(solo).not_to_contain_text("sans réservation", timeout=2000)
    assert UsageSession.objects.get().outcome == "completed"
