"""Read what a broker publishes in large gulps, and acknowledge in one stroke; the rest of MQTT is paho's.

paho reads every packet in three calls of the system and acknowledges each with another: more than all that the bridge
does with a message. Only PUBLISH is read here; every other packet goes to paho as it came. This leans on two methods
that paho does not promise (`_sock_recv`, `_packet_queue`): test_wire.py says so when a new version moves them.
"""

import ssl
from collections.abc import Generator, Iterator
from typing import NamedTuple

from paho.mqtt.client import Client

PUBLISH, PUBACK = 0x30, 0x40
GULP = 1 << 16
LONGEST_LENGTH = 4
SUBSCRIPTION_IDENTIFIER, USER_PROPERTY = 0x0B, 0x26
FIXED = {0x01: 1, 0x02: 4, 0x23: 2}
"""Properties of a PUBLISH with a size of their own; the others begin with their length (a user property is two)."""
NOTHING_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class BrokenPacket(ValueError):
    """What came is not MQTT."""


class Publish(NamedTuple):
    """One published message as it stands on the wire; `identifier`: of the subscription it came by, 0 without one."""

    topic: bytes
    payload: bytes
    number: int
    qos: int
    retain: bool
    dup: bool
    identifier: int = 0


def length_at(data: bytes | bytearray, start: int) -> tuple[int, int] | None:
    """Return a length as MQTT writes it and where it ends, None when it is not all there; raises BrokenPacket."""
    value = 0
    for place, byte in enumerate(data[start : start + LONGEST_LENGTH]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, start + place + 1
    if len(data) - start >= LONGEST_LENGTH:
        raise BrokenPacket("a length without an end")
    return None


def packet_at(data: bytearray, start: int) -> tuple[int, int] | None:
    """Return where the body of the packet at `start` begins and ends, None when it is not all there."""
    found = length_at(data, start + 1) if start < len(data) else None
    if found is None or found[1] + found[0] > len(data):
        return None
    return found[1], found[1] + found[0]


def published(first: int, body: bytes, *, properties: bool) -> Publish:
    """Read the body of a PUBLISH packet whose first byte is given; raises BrokenPacket."""
    qos, at = (first >> 1) & 3, 2 + int.from_bytes(body[:2], "big")
    topic, number, identifier = body[2:at], 0, 0
    if qos:
        number, at = int.from_bytes(body[at : at + 2], "big"), at + 2
    if properties:
        length, start = length_at(body, at) or (len(body), 1)
        at = start + length
        identifier = identifier_in(body[start:at]) if length else 0
    if at > len(body):
        raise BrokenPacket("a packet shorter than it says")
    return Publish(topic, body[at:], number, qos, bool(first & 1), bool(first & 8), identifier)


def identifier_in(properties: bytes) -> int:
    """Return the subscription identifier among the properties of a PUBLISH (MQTT 5, 2.2.2.2), 0 without one."""
    at = 0
    while at < len(properties):
        kind, at = properties[at], at + 1
        if kind == SUBSCRIPTION_IDENTIFIER:
            found = length_at(properties, at)
            return found[0] if found else 0
        for _text in range(2 if kind == USER_PROPERTY else 1):
            at += FIXED.get(kind) or 2 + int.from_bytes(properties[at : at + 2], "big")
    return 0


class Wire(Client):
    """paho's client, read by `gulp` instead of its own loop."""

    properties = False
    """MQTT 5: messages carry properties."""

    @property
    def ready(self) -> bool:
        """Tell whether something can be had without asking the network."""
        return packet_at(self.unread, 0) is not None or (
            isinstance(self._sock, ssl.SSLSocket) and bool(self._sock.pending())
        )

    def gulp(self, most: int) -> Iterator[Publish]:
        """Give what has been published, about `most` messages; hand everything else to paho. Does not wait."""
        given = yield from self._take(most)
        while given < most and self._swallow():
            given += yield from self._take(most - given)

    def acknowledge(self, numbers: list[int]) -> None:
        """Acknowledge messages of QoS 1 with one write."""
        if numbers:
            self._packet_queue(PUBACK, b"".join(b"\x40\x02" + number.to_bytes(2, "big") for number in numbers), 0, 0)

    @property
    def unread(self) -> bytearray:
        """What has come and not been given yet."""
        if not hasattr(self, "_unread"):
            self._unread = bytearray()
        return self._unread

    def _swallow(self) -> bool:
        """Read what has come; tell whether there was any. An end is left for paho to notice."""
        if self._sock is None:
            return False
        try:
            data = self._sock.recv(GULP)
        except NOTHING_YET:
            return False
        except OSError:
            data = b""
        if not data:
            self.loop_read()
        self.unread.extend(data)
        return bool(data)

    def _take(self, most: int) -> Generator[Publish, None, int]:
        """Give the whole packets among what has been read; return how many messages they were."""
        data, start, given = self.unread, 0, 0
        try:
            while given < most and (found := packet_at(data, start)) is not None:
                first, body, end = data[start], *found
                if first & 0xF0 == PUBLISH:
                    yield published(first, bytes(data[body:end]), properties=self.properties)
                    given += 1
                else:
                    self._hand_over(bytes(data[start:end]))
                start = end
        finally:
            del data[:start]
        return given

    def _hand_over(self, packet: bytes) -> None:
        self._for_paho = packet
        self.loop_read()
        self._for_paho = b""

    def _sock_recv(self, bufsize: int) -> bytes:
        """Let paho read the packet handed over, else the socket (where only an end is left to be read)."""
        packet: bytes = getattr(self, "_for_paho", b"")
        if not packet:
            return super()._sock_recv(bufsize)
        self._for_paho = packet[bufsize:]
        return packet[:bufsize]
