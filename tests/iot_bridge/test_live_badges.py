"""A box, a real broker and the bridge: a card is shown, answered, the machine starts, and the use is its person's."""

import json
import signal
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from iot_bridge.models import MachineMessage
from machines.models import Measured, PowerOrder, StartRequest, UsageSession
from machines.services.starts import start_by_page
from members.cards import qr_token
from place.models import OpeningKind, OpeningPeriod
from tests.factories.iot_bridge import BoxFactory
from tests.factories.members import CardFactory, MemberFactory
from tests.iot_bridge.live import processes, publisher
from tests.services import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.mqtt]


@pytest.fixture
def running():
    with processes() as started:
        yield started


@pytest.fixture
def heard():
    """What was said to the box: topic leaf, payload, and when it came."""
    return []


@pytest.fixture
def card(committed_db):
    now = timezone.now()
    OpeningPeriod.objects.create(
        starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=1),
        kind=OpeningKind.OPEN_LAB,
        label="Open lab",
    )
    BoxFactory(machine__slug="box", machine__switchable=True, machine__idle_off_minutes=1)
    return CardFactory(user=MemberFactory(first_name="Ines", last_name="Secret"))


def listen(client, heard: list) -> None:
    def arrived(_client, _data, message) -> None:
        heard.append((message.topic.rpartition("/")[2], json.loads(message.payload), time.monotonic()))

    client.on_message = arrived
    client.subscribe([("fablab/v1/box/access", 1), ("fablab/v1/box/set", 1)])


def say(client, leaf: str, seq: int, ago: float = 0, **about) -> None:
    at = (timezone.now() - timedelta(seconds=ago)).isoformat()
    client.publish(f"fablab/v1/box/{leaf}", json.dumps({"at": at, "boot": "b1", "seq": seq, **about}), qos=1)


def said(heard: list, leaf: str) -> list[dict]:
    return [payload for topic, payload, _at in heard if topic == leaf]


def test_card_is_answered_at_once_and_the_use_that_follows_is_its_persons(
    committed_db, own_broker, running, card, heard
):
    running.bridge(committed_db.url, own_broker.url)
    with publisher(own_broker.port) as client:
        listen(client, heard)
        client.publish("fablab/v1/box/status", "online", qos=1, retain=True)
        wait_until(MachineMessage.objects.exists, what="the box")
        began = time.monotonic()
        say(client, "badge", 1, badge=qr_token(card.nonce))
        wait_until(lambda: len(heard) == 2, 5, what="an answer and an order")
        assert max(at for _leaf, _payload, at in heard) - began < 1.5
        say(client, "badge", 1, badge=qr_token(card.nonce))
        wait_until(lambda: len(said(heard, "access")) == 2, 5, what="the same answer")
        say(client, "job", 2, event="started", job="17")
        wait_until(UsageSession.objects.exists, 5, what="the use")
    assert [leaf for leaf, _payload, _at in heard][:2] == ["access", "set"]
    first, again = said(heard, "access")
    assert first == again
    assert (first["granted"], first["member"], first["request_seq"]) == (True, "Ines", 1)
    assert said(heard, "set")[0] == {"power": "on"}
    use = UsageSession.objects.get()
    assert (use.member, use.attribution) == (card.user, "badge")
    assert StartRequest.objects.count() == 1
    assert "Secret" not in str(heard)
    assert "Traceback" not in running[0].said


def test_old_question_is_refused_when_the_bridge_comes_back_and_a_new_one_is_answered(
    committed_db, own_broker, running, card, heard
):
    running.bridge(committed_db.url, own_broker.url)
    with publisher(own_broker.port) as client:
        client.publish("fablab/v1/box/status", "online", qos=1, retain=True)
        wait_until(MachineMessage.objects.exists, what="the subscriptions of the first bridge")
        running[0].end(signal.SIGKILL)
        listen(client, heard)
        say(client, "badge", 1, ago=40, badge=qr_token(card.nonce))
        time.sleep(0.5)
        running.bridge(committed_db.url, own_broker.url)
        wait_until(lambda: said(heard, "access"), 15, what="the refusal")
        say(client, "badge", 2, badge=qr_token(card.nonce))
        wait_until(lambda: len(said(heard, "access")) == 2, 15, what="the yes to a new question")
    assert [(one["granted"], one["codes"]) for one in said(heard, "access")] == [(False, ["past"]), (True, [])]


def test_start_from_the_page_reaches_the_box_within_two_seconds(committed_db, own_broker, running, card, heard):
    box = BoxFactory._meta.model.objects.get()
    running.bridge(committed_db.url, own_broker.url)
    with publisher(own_broker.port) as client:
        listen(client, heard)
        client.publish("fablab/v1/box/status", "online", qos=1, retain=True)
        wait_until(MachineMessage.objects.exists, what="the box")
        began = time.monotonic()
        start_by_page(actor=card.user, machine=box.machine, now=timezone.now())
        wait_until(lambda: heard, 5, what="the order")
        assert time.monotonic() - began < 2.5
        assert said(heard, "set") == [{"power": "on"}]
        wait_until(lambda: PowerOrder.objects.get().fate == "sent", 5, what="the note")


@pytest.mark.sqlite
def test_forgotten_box_is_switched_off_and_one_that_works_is_not(committed_db, own_broker, running, card, heard):
    """The time somebody was given is over since ten minutes; a job that opens meanwhile keeps the machine on."""
    box, ago = BoxFactory._meta.model.objects.get(), timezone.now() - timedelta(minutes=10)
    machine = box.machine
    PowerOrder.objects.create(machine=machine, on=True, fate="sent", ordered_at=ago)
    running.bridge(committed_db.url, own_broker.url)
    with publisher(own_broker.port) as client:
        listen(client, heard)
        client.publish("fablab/v1/box/status", "online", qos=1, retain=True)
        say(client, "job", 1, event="started", job="1")
        wait_until(UsageSession.objects.exists, what="the use")
        type(machine).objects.update(measured_state=Measured.IDLE, measured_since=ago)
        time.sleep(12)
        assert heard == []
        say(client, "job", 2, event="finished", job="1")
        wait_until(UsageSession.objects.exclude(ended_at=None).exists, what="the end")
        type(machine).objects.update(measured_state=Measured.IDLE, measured_since=ago)
        wait_until(lambda: said(heard, "set") == [{"power": "off"}], 20, what="off")
