"""One connection to the broker: persistent session, manual acknowledgement, callbacks that only keep.

Reading, committing and acknowledging take turns in one thread: a network thread beside it would halve the throughput
(both want the interpreter), and the broker's window keeps what arrives meanwhile.
"""

import select
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from paho.mqtt.client import Client, MQTTProtocolVersion
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from iot_bridge.address import Address
from iot_bridge.messages import Message
from iot_bridge.wire import BrokenPacket, Publish, Wire

KEEPALIVE_S = 30
ANSWER_S = 4.0
"""How long the broker may take to answer a connection."""
SESSION_S = 7 * 86400
WINDOW = 100
"""Messages the broker sends before it waits for acknowledgements."""
ANNOUNCING = 1
"""Marks what comes by a subscription for devices that nobody has set up."""
NEW_ONLY = 1
"""Stored messages are sent for new subscriptions only (MQTT 5, retainHandling)."""
V5, V3 = MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311


class NotConnected(ConnectionError):
    """The broker cannot be used; the text says why, `old` when it may speak an older protocol only."""

    def __init__(self, reason: str, *, old: bool = False) -> None:
        super().__init__(reason)
        self.old = old


class Delivery(NamedTuple):
    """A message as it arrived, to be acknowledged by its number on the connection it came by."""

    connection: "Connection"
    number: int
    message: Message


def _topic(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return repr(raw)


class Connection:
    """Connects when made; raises NotConnected. `alive` turns False once and for ever when the connection is lost.

    `late_since` marks what arrives as having waited in the broker since then; None: it arrives as it is said.
    """

    def __init__(
        self, address: Address, client_id: str, protocol: MQTTProtocolVersion = V5, late_since: float | None = None
    ) -> None:
        self.alive, self.late_since = False, late_since
        self.reason = ""
        self._answered = False
        self._received: list[Delivery] = []
        self._own_topic, self._own_words = "", set[bytes]()
        self._protocol = protocol
        self._client = self._made(address, client_id)
        self._connect(address)

    def receive(self, timeout: float, most: int) -> list[Delivery]:
        """Return what has arrived: at once when something has, else what the next `timeout` seconds bring."""
        self._read(timeout, most)
        batch, self._received = self._received, []
        return batch

    def subscribe(self, filters: Iterable[str], *, announcing: bool = False) -> None:
        """Ask for topics; asking again costs nothing and brings no stored message twice.

        With MQTT 5, Mosquitto sends a message once for each subscription that covers it: what comes by an `announcing`
        one is marked.
        """
        wanted: list[tuple[str, Any]] = [(pattern, self._subscription()) for pattern in filters]
        if wanted:
            self._client.subscribe(wanted, properties=self._mark() if announcing else None)

    def unsubscribe(self, filters: Iterable[str]) -> None:
        dropped = list(filters)
        if dropped:
            self._client.unsubscribe(dropped)

    def publish(self, topic: str, payload: str) -> bool:
        """Hand a message of ours to the broker (QoS 1); tell whether it was taken."""
        return self.alive and self._client.publish(topic, payload, qos=1).rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def listen_to_itself(self, topic: str) -> None:
        """Ask for a topic of our own; what comes on it is no message of a device (see `heard_itself`)."""
        self._own_topic = topic
        self._client.subscribe(topic, 0)

    def say(self, topic: str, payload: bytes) -> None:
        """Publish once, without asking whether it arrived."""
        self._client.publish(topic, payload, 0)

    def heard_itself(self) -> set[bytes]:
        """Return what came on our own topic since the last call."""
        heard, self._own_words = self._own_words, set()
        return heard

    def acknowledge(self, deliveries: Iterable[Delivery]) -> None:
        """Tell the broker that these are committed; those of an earlier connection will come again."""
        if self.alive:
            ours = (delivery for delivery in deliveries if delivery.connection is self)
            self._client.acknowledge([delivery.number for delivery in ours if delivery.message.qos])

    def close(self) -> None:
        """Say goodbye; the broker keeps the session and what arrives meanwhile."""
        self.alive = False
        self._client.disconnect()

    def _read(self, timeout: float, most: int) -> None:
        """Read every packet that is there; keep the connection alive."""
        wire = self._client.socket()
        if wire is None:
            return
        if not self._client.ready:
            select.select([wire], [wire] if self._client.want_write() else [], [], timeout)
        now = time.time()
        try:
            for published in self._client.gulp(most):
                self._arrived(published, now)
        except BrokenPacket as broken:
            self.reason = str(broken)
            self.close()
        if self._client.want_write():
            self._client.loop_write()
        self._client.loop_misc()

    # -- setting up ----------------------------------------------------------------------------------------------

    def _made(self, address: Address, client_id: str) -> Wire:
        options: dict[str, Any] = {} if self._protocol == V5 else {"clean_session": False}
        client = Wire(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=self._protocol,
            manual_ack=True,
            reconnect_on_failure=False,
            **options,
        )
        client.properties = self._protocol == V5
        if address.username:
            client.username_pw_set(address.username, address.password)
        if address.tls:
            client.tls_set(ca_certs=address.ca_file or None)
        client.connect_timeout = ANSWER_S
        client.on_connect, client.on_disconnect = self._connected, self._lost
        return client

    def _connect(self, address: Address) -> None:
        try:
            self._client.connect(address.host, address.port, KEEPALIVE_S, **self._session())
        except (OSError, ValueError) as error:
            raise NotConnected(getattr(error, "strerror", None) or str(error)) from error
        deadline = time.monotonic() + ANSWER_S
        while not self._answered and time.monotonic() < deadline:
            self._read(ANSWER_S / 20, 1)
        if self.alive:
            return
        reason = self.reason or "no answer"
        old = not self._answered or "protocol" in reason.lower()
        self.close()
        raise NotConnected(reason, old=old)

    def _session(self) -> dict[str, Any]:
        if self._protocol != V5:
            return {}
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_S
        properties.ReceiveMaximum = WINDOW
        return {"clean_start": False, "properties": properties}

    def _subscription(self) -> SubscribeOptions | int:
        return SubscribeOptions(qos=1, retainHandling=NEW_ONLY) if self._protocol == V5 else 1

    def _mark(self) -> Properties | None:
        if self._protocol != V5:
            return None
        properties = Properties(PacketTypes.SUBSCRIBE)
        properties.SubscriptionIdentifier = ANNOUNCING
        return properties

    # -- callbacks: they only keep --------------------------------------------------------------------------------

    def _connected(self, _client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._answered, self.alive = True, not reason.is_failure
        self.reason = str(reason) if reason.is_failure else ""

    def _lost(self, _client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self.reason = self.reason or str(reason)
        self._answered, self.alive = True, False

    def _arrived(self, raw: Publish, now: float) -> None:
        topic = _topic(raw.topic)
        if topic == self._own_topic:
            self._own_words.add(raw.payload)
            return
        told = (raw.qos, raw.retain, raw.dup, self.late_since, raw.identifier == ANNOUNCING)
        message = Message(topic, raw.payload, now, *told)
        self._received.append(Delivery(self, raw.number, message))
