"""Messages off the wire, however the network cuts them; paho must go on giving us the two methods we lean on."""

import random
import socket

import pytest
from paho.mqtt.client import Client, MQTTProtocolVersion
from paho.mqtt.enums import CallbackAPIVersion

from iot_bridge.wire import BrokenPacket, Publish, Wire, length_at, published


def packet(first: int, body: bytes) -> bytes:
    length, rest = b"", len(body)
    while True:
        rest, low = divmod(rest, 128)
        length += bytes([low | (0x80 if rest else 0)])
        if not rest:
            return bytes([first]) + length + body


def publish(topic: bytes, payload: bytes, number: int = 0, first: int = 0x30, properties: bytes = b"\0") -> bytes:
    body = len(topic).to_bytes(2, "big") + topic + (number.to_bytes(2, "big") if number else b"") + properties
    return packet(first, body + payload)


@pytest.fixture
def line():
    """A client of MQTT 5 and the other end of its socket."""
    client = Wire(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True)
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    client._sock, client.properties = ours, True
    yield client, theirs
    client._sock = None
    ours.close()
    theirs.close()


def test_messages_come_whole_however_they_were_cut(line) -> None:
    client, theirs = line
    told = [(b"a/%d" % number, bytes(number % 7) * (number * 3), number) for number in range(1, 120)]
    stream = b"".join(publish(topic, payload, number, 0x32) for topic, payload, number in told)
    dice, found = random.Random(1), []
    while stream:
        cut = dice.randint(1, 700)
        theirs.sendall(stream[:cut])
        stream = stream[cut:]
        found += client.gulp(dice.randint(1, 5))
    found += client.gulp(1000)
    assert found == [Publish(topic, payload, number, 1, retain=False, dup=False) for topic, payload, number in told]
    assert not client.ready


def test_no_more_than_asked_is_given_and_the_rest_is_ready(line) -> None:
    client, theirs = line
    theirs.sendall(publish(b"a", b"1") + publish(b"a", b"2") + publish(b"a", b"3"))
    assert [one.payload for one in client.gulp(2)] == [b"1", b"2"]
    assert client.ready
    assert [one.payload for one in client.gulp(2)] == [b"3"]


def test_flags_properties_and_other_packets(line) -> None:
    client, theirs = line
    heard = []
    client.on_subscribe = lambda *about: heard.append(about[2])
    suback = packet(0x90, b"\x00\x07\x00\x01")
    property_of_a_user = b"\x07\x26\x00\x01k\x00\x01v"
    theirs.sendall(publish(b"a", b"x", 9, 0x3B, property_of_a_user) + suback + publish(b"b", b""))
    assert list(client.gulp(10)) == [
        Publish(b"a", b"x", 9, 1, retain=True, dup=True),
        Publish(b"b", b"", 0, 0, retain=False, dup=False),
    ]
    assert heard == [7]


def test_acknowledgements_go_out_together(line) -> None:
    client, theirs = line
    client.acknowledge([1, 258])
    assert theirs.recv(100) == b"\x40\x02\x00\x01\x40\x02\x01\x02"
    client.acknowledge([])
    theirs.settimeout(0)
    with pytest.raises(BlockingIOError):
        theirs.recv(1)


def test_end_of_the_connection_is_told_by_paho(line) -> None:
    client, theirs = line
    told = []
    client.on_disconnect = lambda *about: told.append(about)
    theirs.sendall(publish(b"a", b"1"))
    theirs.close()
    assert [one.payload for one in client.gulp(10)] == [b"1"]
    assert len(told) == 1


@pytest.mark.parametrize("body", [b"\x00\x09abc", b"\x00\x01a", b"\x00\x01a\x05x"])
def test_packet_that_says_more_than_it_holds_is_refused(body) -> None:
    with pytest.raises(BrokenPacket):
        published(0x30, body, properties=True)


def test_length_that_never_ends_is_refused() -> None:
    assert length_at(b"\x80\x80", 0) is None
    with pytest.raises(BrokenPacket):
        length_at(b"\x80\x80\x80\x80\x01", 0)


def test_paho_still_has_what_is_leant_on() -> None:
    assert callable(Client._sock_recv)
    assert callable(Client._packet_queue)


@pytest.mark.parametrize(
    ("properties", "identifier"),
    [
        (b"", 0),
        (b"\x0b\x01", 1),
        (b"\x01\x01\x02\x00\x00\x00\x3c\x0b\x81\x01", 129),
        (b"\x03\x00\x04text\x26\x00\x01a\x00\x02bc\x08\x00\x01r\x0b\x07", 7),
        (b"\x26\x00\x01a\x00\x02\x0b\x09", 0),
        (b"\x09\xff\xff", 0),
    ],
)
def test_subscription_identifier_is_found_among_other_properties(properties: bytes, identifier: int) -> None:
    body = b"\x00\x01t" + bytes([len(properties)]) + properties + b"payload"
    found = published(0x30, body, properties=True)
    assert (found.topic, found.payload, found.identifier) == (b"t", b"payload", identifier)
