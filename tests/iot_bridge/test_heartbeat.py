"""The bridge hears itself, or ends: the broker that accepts everything and passes nothing on is no health."""

import time

import pytest

from iot_bridge.heartbeat import Heartbeat, Unheard
from iot_bridge.models import MachineMessage
from tests.factories.iot_bridge import BoxFactory
from tests.iot_bridge.live import READY, processes, publisher, telemetry
from tests.services import wait_until

SWALLOWS_BEATS = "topic read #\ntopic write fablab/v1/#\n"


class Echo:
    """A connection that gives back what is said on it, until it is told not to."""

    def __init__(self) -> None:
        self.said: list[bytes] = []
        self.unread: set[bytes] = set()
        self.deaf = False

    def listen_to_itself(self, topic: str) -> None:
        self.topic = topic

    def say(self, topic: str, payload: bytes) -> None:
        assert topic == self.topic
        self.said.append(payload)
        if not self.deaf:
            self.unread.add(payload)

    def heard_itself(self) -> set[bytes]:
        heard, self.unread = self.unread, set()
        return heard


@pytest.fixture
def heart():
    now = [0.0]
    echo = Echo()
    beat = Heartbeat("b", 30, lambda: now[0])
    beat.begin(echo)

    def check(at: float) -> None:
        now[0] = at
        beat.check(echo)

    return echo, check


def test_one_beat_each_half_minute_while_they_come_back(heart) -> None:
    echo, check = heart
    for second in range(601):
        check(second)
    assert (len(echo.said), echo.topic) == (21, "fablab/bridge/b/beat")


def test_ninety_seconds_after_the_last_beat_came_back_it_is_over(heart) -> None:
    echo, check = heart
    check(1)
    echo.deaf = True
    for second in range(2, 90):
        check(second)
    with pytest.raises(Unheard, match="fablab/bridge/b/beat for 90 s"):
        check(90)


def test_slow_work_is_no_silence_as_long_as_the_beat_lies_unread(heart) -> None:
    echo, check = heart
    check(30)
    check(400)
    check(800)
    assert len(echo.said) == 4


def test_beats_of_somebody_else_do_not_count(heart) -> None:
    echo, check = heart
    check(1)
    echo.deaf = True
    check(30)
    echo.unread = {b"another"}
    with pytest.raises(Unheard):
        check(90)


@pytest.mark.sqlite
@pytest.mark.django_db
@pytest.mark.mqtt
def test_swallowed_beat_ends_the_process_and_a_heard_one_never_does(committed_db, own_broker) -> None:
    BoxFactory(machine__slug="box")
    with processes() as running:
        running.bridge(committed_db.url, own_broker.url, "--heartbeat", "0.2")
        time.sleep(3)
        assert running[0].popen.poll() is None
        own_broker.stop()
        own_broker.restrict(SWALLOWS_BEATS)
        own_broker.start()
        assert running[0].popen.wait(20) == 3
        assert "does not hear itself (nothing came back on fablab/bridge/fablab-bridge/beat" in running[0].said
        assert "Traceback" not in running[0].said
        own_broker.stop()
        own_broker.restrict("topic readwrite #\n")
        own_broker.start()
        running.bridge(committed_db.url, own_broker.url, "--heartbeat", "0.2", until=READY)
        with publisher(own_broker.port) as client:
            client.publish("fablab/v1/box/telemetry", telemetry(1), qos=1)
            wait_until(MachineMessage.objects.exists, what="the row")
        assert MachineMessage.objects.count() == 1
        assert running[1].end() == 0
