"""A real Mosquitto that lets in whom our own files say, for tests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from paho.mqtt.client import Client, MQTTProtocolVersion
from paho.mqtt.enums import CallbackAPIVersion

from tests.services import wait_until
from tests.services.broker import Broker

ADDED = "pid_file {folder}/pid\nlog_dest file {folder}/mosquitto.log\nlog_type all\n"


class GuardedBroker(Broker):
    """Its files are written by `manage.py broker_files`; `passwords` are those that the command has shown."""

    def __init__(self, tls: tuple[Path, Path] | None = None) -> None:
        super().__init__()
        self.tls, self.said = tls, ""
        self.passwords: dict[str, str] = {}
        self.pid_file = self.folder / "pid"
        self.config = self.folder / "started.conf"
        self.write()
        own = (self.folder / "mosquitto.conf").read_text() + ADDED.format(folder=self.folder)
        self.config.write_text(own + ("user root\n" if os.geteuid() == 0 else ""))

    def write(self, *words: str) -> dict[str, str]:
        """Run the command; return the passwords it has shown, by account."""
        self.said = self.command(*words)
        lines = [line.split() for line in self.said.splitlines() if line.startswith("  ")]
        shown = {line[0]: line[1] for line in lines}
        self.passwords |= shown
        return shown

    def command(self, *words: str) -> str:
        out = StringIO()
        port = ["--plain-port", str(self.port), "--plain-host", self.host]
        tls = ["--tls", *map(str, self.tls), "--tls-port", str(self.port)] if self.tls else port
        call_command("broker_files", str(self.folder), "--data", str(self.folder), *tls, *words, stdout=out)
        return out.getvalue()


class Visitor:
    """A client of the broker that remembers what happened to it."""

    def __init__(self, port: int, name: str = "", password: str = "", **options: Any) -> None:
        self.answers: list[str] = []
        self.losses: list[str] = []
        self.messages: list[tuple[str, bytes]] = []
        protocol, will = options.pop("protocol", MQTTProtocolVersion.MQTTv311), options.pop("will", None)
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=name or "x", protocol=protocol, **options)
        if name:
            self.client.username_pw_set(name, password)
        if will:
            self.client.will_set(*will, qos=1, retain=True)
        self.client.on_connect = lambda _c, _d, _f, reason, _p: self.answers.append(str(reason))
        self.client.on_disconnect = lambda _c, _d, _f, reason, _p: self.losses.append(str(reason))
        self.client.on_message = lambda _c, _d, raw: self.messages.append((raw.topic, raw.payload))
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        wait_until(lambda: bool(self.answers), what="an answer")

    def publish(self, topic: str, payload: str, qos: int = 1) -> int:
        """Publish and wait for the broker's answer; return what the library says."""
        told = self.client.publish(topic, payload, qos=qos)
        told.wait_for_publish(5)
        return told.rc

    def vanish(self) -> None:
        """Be gone without a goodbye: the broker speaks the last will."""
        self.client.loop_stop()
        self.client.socket().close()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def visitor(*args: Any, **options: Any) -> Iterator[Visitor]:
    found = Visitor(*args, **options)
    try:
        yield found
    finally:
        found.close()
