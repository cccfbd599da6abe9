"""One connection to the broker: persistent session, manual acknowledgement, callbacks that only enqueue."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from paho.mqtt.client import Client, MQTTMessage, MQTTProtocolVersion
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from iot_bridge.address import Address
from iot_bridge.messages import Message

KEEPALIVE_S = 30
ANSWER_S = 4.0
"""How long the broker may take to answer a connection."""
SESSION_S = 7 * 86400
WINDOW = 100
"""Messages the broker sends before it waits for acknowledgements."""
NEW_ONLY = 1
"""Stored messages are sent for new subscriptions only (MQTT 5, retainHandling)."""
V5, V3 = MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311


class NotConnected(ConnectionError):
    """The broker cannot be used; the text says why, `old` when it may speak an older protocol only."""

    def __init__(self, reason: str, *, old: bool = False) -> None:
        super().__init__(reason)
        self.old = old


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as the network thread received it, to be acknowledged on the connection it came by."""

    connection: "Connection"
    raw: MQTTMessage
    received_at: float

    def message(self, late_since: float | None) -> Message:
        raw = self.raw
        return Message(_topic(raw), raw.payload, self.received_at, raw.qos, raw.retain, raw.dup, late_since)


def _topic(raw: MQTTMessage) -> str:
    try:
        return raw.topic
    except UnicodeDecodeError:
        return repr(raw._topic)


class Connection:
    """Connects when made; raises NotConnected. `alive` turns False once and for ever when the connection is lost."""

    def __init__(
        self, address: Address, client_id: str, inbox: SimpleQueue[Delivery], protocol: MQTTProtocolVersion = V5
    ) -> None:
        self.alive = self.resumed = False
        self.reason = ""
        self._inbox, self._protocol = inbox, protocol
        self._answered = threading.Event()
        self._client = self._made(address, client_id)
        self._connect(address)

    def subscribe(self, filters: Iterable[str]) -> None:
        """Ask for topics; asking again costs nothing and brings no stored message twice."""
        wanted: list[tuple[str, Any]] = [(pattern, self._subscription()) for pattern in filters]
        if wanted:
            self._client.subscribe(wanted)

    def unsubscribe(self, filters: Iterable[str]) -> None:
        dropped = list(filters)
        if dropped:
            self._client.unsubscribe(dropped)

    def acknowledge(self, deliveries: Iterable[Delivery]) -> None:
        """Tell the broker that these are committed; those of an earlier connection will come again."""
        for delivery in deliveries:
            if delivery.connection is self and self.alive and delivery.raw.qos:
                self._client.ack(delivery.raw.mid, delivery.raw.qos)

    def close(self) -> None:
        """Say goodbye; the broker keeps the session and what arrives meanwhile."""
        self.alive = False
        self._client.disconnect()
        self._client.loop_stop()

    # -- setting up ----------------------------------------------------------------------------------------------

    def _made(self, address: Address, client_id: str) -> Client:
        options: dict[str, Any] = {} if self._protocol == V5 else {"clean_session": False}
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=self._protocol,
            manual_ack=True,
            reconnect_on_failure=False,
            **options,
        )
        if address.username:
            client.username_pw_set(address.username, address.password)
        if address.tls:
            client.tls_set(ca_certs=address.ca_file or None)
        client.connect_timeout = ANSWER_S
        client.on_connect, client.on_disconnect, client.on_message = self._connected, self._lost, self._received
        return client

    def _connect(self, address: Address) -> None:
        try:
            self._client.connect(address.host, address.port, KEEPALIVE_S, **self._session())
        except (OSError, ValueError) as error:
            raise NotConnected(getattr(error, "strerror", None) or str(error)) from error
        self._client.loop_start()
        answered = self._answered.wait(ANSWER_S)
        if answered and self.alive:
            return
        reason = self.reason or "no answer"
        self.close()
        raise NotConnected(reason, old=not answered or "protocol" in reason.lower())

    def _session(self) -> dict[str, Any]:
        if self._protocol != V5:
            return {}
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_S
        properties.ReceiveMaximum = WINDOW
        return {"clean_start": False, "properties": properties}

    def _subscription(self) -> SubscribeOptions | int:
        return SubscribeOptions(qos=1, retainHandling=NEW_ONLY) if self._protocol == V5 else 1

    # -- callbacks, in the network thread ------------------------------------------------------------------------

    def _connected(self, _client: Client, _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        self.resumed, self.alive = flags.session_present, not reason.is_failure
        self.reason = str(reason) if reason.is_failure else ""
        self._answered.set()

    def _lost(self, _client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self.reason = self.reason or str(reason)
        self.alive = False
        self._answered.set()

    def _received(self, _client: Client, _data: Any, raw: MQTTMessage) -> None:
        self._inbox.put(Delivery(self, raw, time.time()))
