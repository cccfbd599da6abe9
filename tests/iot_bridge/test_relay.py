"""A Bambu Lab printer is its own broker: here a Mosquitto over TLS stands in for it."""

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from iot_bridge.address import read_address
from iot_bridge.link_models import PrinterLink
from iot_bridge.relay import Printer, Relay, seen_fingerprint
from iot_bridge.relaying import Relays
from tests.factories.iot_bridge import DeviceFactory
from tests.services import wait_until
from tests.services.broker import Broker

pytestmark = pytest.mark.mqtt
SERIAL = "01S00A123456789"
CONFIG = "listener {port} 127.0.0.1\nallow_anonymous true\nlog_type none\ncertfile {folder}/crt\nkeyfile {folder}/key\n"


def certificate(folder: Path) -> None:
    """Sign one for itself, as printers do."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, SERIAL)])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(7).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *private))
    (folder / "crt").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


class Lookout:
    """What a broker carries, and somebody who publishes on it."""

    def __init__(self, port: int, *, tls: bool = False) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.client = Client(CallbackAPIVersion.VERSION2)
        if tls:
            self.client.tls_set(cert_reqs=0)
            self.client.tls_insecure_set(value=True)
        self.client.on_message = lambda _c, _d, message: self.heard.append((message.topic, message.payload))
        self.client.on_connect = lambda client, *_about: client.subscribe("device/#")
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        wait_until(self.client.is_connected, what="the lookout")

    def topics(self) -> list[str]:
        return [topic.rpartition("/")[2] for topic, _payload in self.heard]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def printer() -> Iterator[Broker]:
    broker = Broker()
    certificate(broker.folder)
    user = "user root\n" if os.geteuid() == 0 else ""
    broker.config.write_text(CONFIG.format(port=broker.port, folder=broker.folder) + user)
    broker.start()
    yield broker
    broker.destroy()


@pytest.fixture
def relay(printer, broker) -> Iterator[Relay]:
    one = Printer(SERIAL, "127.0.0.1", "code-of-the-printer", seen_fingerprint("127.0.0.1", printer.port), printer.port)
    made = Relay(one, read_address(broker.url))
    made.start()
    yield made
    made.stop()


def test_reports_reach_the_labs_broker_and_the_whole_state_is_asked_for_once(printer, relay, broker):
    lab, own = Lookout(broker.port), Lookout(printer.port, tls=True)
    wait_until(lambda: (f"device/{SERIAL}/availability", b"online") in lab.heard, what="the printer")
    report = json.dumps({"print": {"gcode_state": "RUNNING", "command": "push_status"}}).encode()
    own.client.publish(f"device/{SERIAL}/report", report)
    wait_until(lambda: (f"device/{SERIAL}/report", report) in lab.heard, what="the report")
    assert own.topics().count("request") <= 1
    lab.close()
    own.close()


def test_a_printer_that_is_switched_off_is_said_to_be_gone(printer, relay, broker):
    lab = Lookout(broker.port)
    wait_until(lambda: (f"device/{SERIAL}/availability", b"online") in lab.heard, what="the printer")
    printer.kill()
    wait_until(lambda: lab.heard[-1] == (f"device/{SERIAL}/availability", b"offline"), what="its end")
    lab.close()


def test_somebody_else_at_the_printers_address_hears_no_access_code(printer, broker):
    made = Relay(Printer(SERIAL, "127.0.0.1", "code-of-the-printer", "0" * 64, printer.port), read_address(broker.url))
    lab, own = Lookout(broker.port), Lookout(printer.port, tls=True)
    made.start()
    time.sleep(1)
    made.stop()
    assert (f"device/{SERIAL}/availability", b"online") not in lab.heard
    assert own.heard == []
    assert "code-of-the-printer" not in repr(str(made.printer))
    lab.close()
    own.close()


@pytest.mark.django_db
def test_without_a_fingerprint_nobody_connects_and_the_one_seen_is_written_down(printer, broker, monkeypatch):
    monkeypatch.setattr(
        "iot_bridge.relaying.seen_fingerprint", lambda _host: seen_fingerprint("127.0.0.1", printer.port)
    )
    device = DeviceFactory(kind="bambu", base=SERIAL)
    link = PrinterLink.objects.create(device=device, host="127.0.0.1", access_code="code-of-the-printer")
    relays = Relays(read_address(broker.url))
    assert relays.follow()
    assert (relays._running, len(PrinterLink.objects.get(pk=link.pk).seen_fingerprint)) == ({}, 64)


@pytest.mark.django_db
def test_without_printers_there_is_nothing_to_relay(broker):
    assert Relays(read_address(broker.url)).follow() is False
