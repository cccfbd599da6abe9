"""The fixtures themselves: what every other test relies on."""

import queue
import threading

import paho.mqtt.client as mqtt
import pytest
from django.db import connection, connections
from paho.mqtt import publish
from wagtail.models import Page, Site

from members.models import User


def test_migrated_rows_are_there(db):
    assert Page.objects.filter(depth=1).count() == 1


@pytest.mark.parametrize("turn", [1, 2])
def test_starting_site_stands_as_it_was_in_every_test_that_asks_for_it(home, turn):
    assert home.get_children().filter(slug="machines").count() == 1
    assert Site.objects.get().root_page_id == home.pk
    home.get_children().get(slug="machines").delete()


def test_starting_site_is_not_there_for_who_does_not_ask_for_it(db):
    assert not Page.objects.filter(slug="machines").exists()


@pytest.mark.parametrize("turn", [1, 2])
def test_plain_database_forgets_between_tests(db, turn):
    assert not User.objects.filter(username="ada").exists()
    User.objects.create(username="ada")


@pytest.mark.parametrize("turn", [1, 2])
def test_committed_database_is_seen_by_threads_and_restored(committed_db, turn):
    assert not User.objects.filter(username="ada").exists()
    User.objects.create(username="ada")
    seen = []

    def look() -> None:
        seen.append(User.objects.filter(username="ada").count())
        User.objects.create(username="bob")
        connections.close_all()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [1]
    assert User.objects.filter(username__in=["ada", "bob"]).count() == 2


@pytest.mark.django_db
def test_committed_database_has_no_transaction_around_it(committed_db):
    assert not connection.in_atomic_block


def test_database_is_the_one_asked_for(test_database, db):
    assert connection.vendor == test_database.vendor


@pytest.mark.mqtt
def test_broker_keeps_its_messages_through_a_restart(own_broker):
    publish.single("lab/kept", "42", qos=1, retain=True, hostname=own_broker.host, port=own_broker.port)
    own_broker.stop()
    own_broker.start()
    received = queue.Queue()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _data, message: received.put(message.payload)
    client.connect(own_broker.host, own_broker.port)
    client.subscribe("lab/kept")
    client.loop_start()
    try:
        assert received.get(timeout=10) == b"42"
    finally:
        client.loop_stop()
