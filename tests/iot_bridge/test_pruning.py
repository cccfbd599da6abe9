"""Old raw messages go in small bites, and the bridge does not notice."""

import threading
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from iot_bridge import pruning, writing
from iot_bridge.messages import Message
from iot_bridge.models import MachineMessage
from iot_bridge.pipeline import Status
from tests.drills.stand import stand
from tests.drills.stream import streaming

pytestmark = pytest.mark.django_db
DAYS = timedelta(days=settings.RETENTION["machine_message_days"])


def remember(count: int, age: timedelta) -> None:
    at = (timezone.now() - age).timestamp()
    rows = (Message("old/topic", b"%d" % number, at) for number in range(count))
    writing.insert_messages(writing.Row(None, message, Status.IGNORED, "") for message in rows)


def test_only_what_has_had_its_time_is_forgotten_and_a_second_turn_finds_nothing(monkeypatch) -> None:
    monkeypatch.setattr(pruning, "BITE", 10)
    remember(25, DAYS + timedelta(minutes=1))
    remember(7, DAYS - timedelta(minutes=1))
    assert [pruning.forget_messages(timezone.now()) for _turn in range(2)] == [25, 0]
    assert MachineMessage.objects.count() == 7


def test_one_turn_is_bounded_and_takes_the_oldest_first(monkeypatch) -> None:
    monkeypatch.setattr(pruning, "BITE", 10)
    monkeypatch.setattr(pruning, "BITES", 2)
    remember(5, DAYS + timedelta(days=1))
    remember(30, DAYS + timedelta(days=2))
    assert pruning.forget_messages(timezone.now()) == 20
    ages = MachineMessage.objects.values_list("received_at", flat=True)
    assert sum(at < timezone.now() - DAYS - timedelta(hours=25) for at in ages) == 10


@pytest.mark.mqtt
@pytest.mark.parallel
def test_bridge_commits_while_a_long_log_is_forgotten(committed_db) -> None:
    with stand(committed_db.url) as place:
        remember(30_000, DAYS + timedelta(days=1))
        place.bridge()
        with streaming(place.broker.port, place.boxes(20), 150) as stream:
            publishing = threading.Thread(target=stream.run)
            publishing.start()
            time.sleep(0.3)
            assert pruning.forget_messages(timezone.now()) == 30_000
            publishing.join()
            result = place.judged(stream)
        assert result.held, result
        assert result.committed == result.sent
        assert "retrying" not in place.running[0].said
