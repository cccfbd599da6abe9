"""Several bridge processes: every machine has one, none is left out, and moving them loses nothing."""

import threading
import time

import pytest
from django.utils import timezone

from iot_bridge.lock import WriterLock
from iot_bridge.models import BridgeLock
from iot_bridge.share import WHOLE, Share
from tests.drills.judge import SESSIONS, read
from tests.drills.stand import Stand, stand
from tests.drills.stream import streaming

TWO = ("--partitions", "2", "--partition")
THREE = ("--partitions", "3", "--partition")


def test_every_machine_is_in_one_part_and_parts_are_alike_in_size() -> None:
    parts = [Share(number, 4) for number in range(4)]
    counts = [sum(part.has(machine) for machine in range(1, 1001)) for part in parts]
    assert sum(counts) == 1000
    assert min(counts) > 200
    assert all(WHOLE.has(machine) for machine in range(100))
    assert [machine for machine in range(1, 9) if Share(0, 2).has(machine)] == [4, 5, 6, 7]


def test_part_that_does_not_exist_is_refused_and_each_has_its_name() -> None:
    for number, of in ((2, 2), (-1, 2), (0, 0)):
        with pytest.raises(ValueError, match="there is no partition"):
            Share(number, of)
    assert (WHOLE.client_id("bridge"), Share(1, 3).client_id("bridge")) == ("bridge", "bridge-1-of-3")


@pytest.mark.django_db
def test_bridges_that_divide_otherwise_wait_for_each_other() -> None:
    whole, half, now = WriterLock("one"), WriterLock("two", Share(1, 2)), timezone.now()
    assert whole.acquire(now)
    assert not half.acquire(now)
    whole.release()
    assert half.acquire(now)
    assert not whole.acquire(now)
    assert WriterLock("three", Share(0, 2)).acquire(now)
    BridgeLock.objects.update(beat_at=now - timezone.timedelta(seconds=11))
    assert whole.acquire(now)


@pytest.mark.django_db
@pytest.mark.mqtt
@pytest.mark.parallel
def test_two_processes_share_the_machines_and_a_standby_takes_over_one_part(committed_db) -> None:
    with stand(committed_db.url) as place:
        first, _second = (place.bridge(*TWO, str(number)) for number in range(2))
        standby = place.bridge(*TWO, "0", until="standing by")
        with streaming(place.broker.port, place.boxes(6), 60) as stream:
            publishing = threading.Thread(target=stream.run)
            publishing.start()
            time.sleep(1)
            place.kill(first)
            began = time.monotonic()
            standby.wait_for("Connected to the broker", 15)
            assert time.monotonic() - began < 15
            publishing.join()
            result = place.judged(stream)
    assert (result.sent, result.committed) == (210, 210)
    assert result.held, result


@pytest.mark.django_db
@pytest.mark.mqtt
def test_devices_move_from_two_processes_to_three_without_loss(committed_db) -> None:
    """The documented steps, while the boxes go on talking."""
    with stand(committed_db.url) as place:
        old = [place.bridge(*TWO, str(number)) for number in range(2)]
        with streaming(place.broker.port, place.boxes(25), 30) as stream:
            publishing = threading.Thread(target=stream.run)
            publishing.start()
            _move(place, old)
            publishing.join()
            result = place.judged(stream)
    assert (result.lost, result.ghosts, result.wrong) == (0, 0, 0), result
    assert len(read(committed_db.url, SESSIONS)) == 125


def _move(place: Stand, old: list) -> None:
    assert [process.end() for process in old] == [0, 0]
    ahead = [place.bridge(*THREE, str(number), "--subscribe-only", until="The broker keeps") for number in range(3)]
    assert [process.popen.wait(20) for process in ahead] == [0, 0, 0]
    leaving = [place.bridge(*TWO, str(number), "--drain") for number in range(2)]
    assert [process.popen.wait(20) for process in leaving] == [0, 0]
    for number in range(3):
        place.bridge(*THREE, str(number))
