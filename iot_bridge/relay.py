"""Reports of printers that are their own broker (Bambu Lab, LAN mode), brought to the lab's broker.

A client of the printer over TLS, whose certificate is known by its fingerprint before a password is sent; and one of
the lab's broker, which keeps what cannot be delivered and says for the printer whether it is there. Knows no Django.
"""

import hashlib
import json
import logging
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from typing import Any

from paho.mqtt.client import Client, MQTTMessage, MQTTProtocolVersion
from paho.mqtt.enums import CallbackAPIVersion

from iot_bridge.address import Address

log = logging.getLogger(__name__)

PORT, USER, KEEPALIVE_S = 8883, "bblp", 30
REFRESH_S = 5 * 60.0
"""The whole state is asked for when connected and at most this often: it is work for the small ones (P1)."""
KEPT = 10_000
"""Reports that wait for the lab's broker."""


@dataclass(frozen=True, slots=True)
class Printer:
    """Where a printer is; its text never shows the access code."""

    serial: str
    host: str
    access_code: str
    fingerprint: str
    port: int = PORT

    def __str__(self) -> str:
        return f"{self.serial} at {self.host}"


class OtherCertificate(ssl.SSLError):
    """Whoever answers is not the printer that was noted."""


class _PinnedSocket(ssl.SSLSocket):
    """A connection that ends before a word is said when the certificate is not the one noted."""

    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        wanted = getattr(self.context, "fingerprint", "")
        if fingerprint_of(self) != wanted:
            raise OtherCertificate("its certificate is not the one noted")


def fingerprint_of(connection: ssl.SSLSocket) -> str:
    """Return the SHA-256 of the other side's certificate, in hexadecimal."""
    return hashlib.sha256(connection.getpeercert(binary_form=True) or b"").hexdigest()


def seen_fingerprint(host: str, port: int = PORT, timeout: float = 5.0) -> str:
    """Return the fingerprint of who answers there, telling it nothing. Raises OSError."""
    with socket.create_connection((host, port), timeout) as plain, _unverified().wrap_socket(plain) as connection:
        return fingerprint_of(connection)


def _unverified() -> ssl.SSLContext:
    """Printers sign their own certificates: they are known by their fingerprint, not by an authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _pinned(fingerprint: str) -> ssl.SSLContext:
    context = _unverified()
    context.sslsocket_class = _PinnedSocket
    context.fingerprint = fingerprint  # type: ignore[attr-defined]
    return context


class Relay:
    """One printer's reports, from `start` until `stop`; both connections come back by themselves."""

    def __init__(self, printer: Printer, lab: Address) -> None:
        self.printer, self._lab = printer, lab
        self._asked_at = -REFRESH_S
        self._stopped = threading.Event()
        self._to = self._of_lab(lab)
        self._from = self._of_printer()
        self._thread = threading.Thread(target=self._listen, name=f"relay {printer.serial}", daemon=True)

    def start(self) -> None:
        self._to.connect_async(self._lab.host, self._lab.port, KEEPALIVE_S)
        self._to.loop_start()
        self._thread.start()

    def stop(self) -> None:
        """Say that the printer is no longer heard, and leave."""
        self._stopped.set()
        self._from.disconnect()
        self._thread.join(timeout=5)
        self._say("offline").wait_for_publish(2)
        self._to.disconnect()
        self._to.loop_stop()

    def _of_lab(self, lab: Address) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2, f"relay-{self.printer.serial}", protocol=MQTTProtocolVersion.MQTTv311
        )
        client.max_queued_messages_set(KEPT)
        client.will_set(f"device/{self.printer.serial}/availability", "offline", qos=1, retain=True)
        if lab.username:
            client.username_pw_set(lab.username, lab.password)
        if lab.tls:
            client.tls_set(ca_certs=lab.ca_file or None)
        return client

    def _of_printer(self) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311)
        client.username_pw_set(USER, self.printer.access_code)
        client.tls_set_context(_pinned(self.printer.fingerprint))
        client.reconnect_delay_set(2, 60)
        client.on_connect, client.on_disconnect, client.on_message = self._connected, self._lost, self._reported
        return client

    def _listen(self) -> None:
        """Try again and again; paho itself would end at a certificate that is refused."""
        wait = 2.0
        while not self._stopped.is_set():
            try:
                self._from.connect(self.printer.host, self.printer.port, KEEPALIVE_S)
                self._from.loop_forever()
                wait = 2.0
            except (OSError, ValueError) as error:
                log.warning("%s: %s; trying again in %d s.", self.printer, error, wait)
            self._stopped.wait(wait)
            wait = min(2 * wait, 60.0)

    def _say(self, word: str) -> Any:
        return self._to.publish(f"device/{self.printer.serial}/availability", word, qos=1, retain=True)

    def _connected(self, client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            log.warning("%s: %s.", self.printer, reason)
            return
        log.info("%s: connected.", self.printer)
        client.subscribe(f"device/{self.printer.serial}/report", qos=0)
        self._say("online")
        if time.monotonic() - self._asked_at >= REFRESH_S:
            self._asked_at = time.monotonic()
            whole = {"pushing": {"sequence_id": "0", "command": "pushall"}}
            client.publish(f"device/{self.printer.serial}/request", json.dumps(whole), qos=0)

    def _lost(self, _client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not self._stopped.is_set():
            log.warning("%s: connection lost (%s).", self.printer, reason)
            self._say("offline")

    def _reported(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self._to.publish(message.topic, message.payload, qos=1)
