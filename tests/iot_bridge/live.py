"""Bridge processes, publishers and what they leave, for tests with a real broker."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from paho.mqtt.client import Client, MQTTProtocolVersion
from paho.mqtt.enums import CallbackAPIVersion

from iot_bridge.messages import Message
from tests.services import ROOT, wait_until

READY = "Connected to the broker"
AT_ANOTHER_TIME = """
import datetime, sys, time
from django.core.management import execute_from_command_line
from django.utils import timezone
told, now = time.time, timezone.now
time.time = lambda: told() + {0}
timezone.now = lambda: now() + datetime.timedelta(seconds={0})
execute_from_command_line(sys.argv)
"""
"""A program of Django whose clock is wrong by so many seconds."""


class Process:
    """A program of ours with its own log."""

    def __init__(self, *command: str, **environment: str) -> None:
        self.log = Path(tempfile.mkstemp(suffix=".log")[1])
        with self.log.open("w") as out:
            self.popen = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env={**os.environ, "DJANGO_SETTINGS_MODULE": "fablab.settings.test", **environment},
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.log.read_text()

    def wait_for(self, text: str, seconds: float = 60.0) -> "Process":
        wait_until(lambda: text in self.said or self.popen.poll() is not None, seconds, what=f"{text!r}")
        assert text in self.said, self.said
        return self

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self.popen.poll() is None:
            self.popen.send_signal(how)
        return self.popen.wait(timeout=10)


class Running:
    """The processes of one test, in the order of their starts."""

    def __init__(self) -> None:
        self.all: list[Process] = []

    def __getitem__(self, number: int) -> Process:
        return self.all[number]

    def start(self, *command: str, until: str = "", **environment: str) -> Process:
        """Start a program and wait until its log says something."""
        self.all.append(Process(*command, **environment))
        return self.all[-1].wait_for(until)

    def bridge(self, database: str, broker: str, *options: str, until: str = READY, clock: float = 0.0) -> Process:
        settings = {"DATABASE_URL": database, "TEST_DATABASE_URL": database, "MQTT_URL": broker}
        program = ["-c", AT_ANOTHER_TIME.format(clock)] if clock else ["manage.py"]
        return self.start(*program, "run_mqtt_bridge", *options, until=until, **settings)


@contextmanager
def processes() -> Iterator[Running]:
    """Give a place for processes; all of them are ended afterwards."""
    running = Running()
    try:
        yield running
    finally:
        for process in running.all:
            process.end(signal.SIGKILL)
            process.log.unlink()


@contextmanager
def publisher(port: int) -> Iterator[Client]:
    """A publisher that speaks as OctoPrint's plugin does: MQTT 3.1."""
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv31, client_id="octoprint-test")
    client.connect("127.0.0.1", port)
    client.loop_start()
    wait_until(client.is_connected, what="the publisher")
    yield client
    client.disconnect()
    client.loop_stop()


def at_pace(messages: list[Message], begin: float, pace: float) -> list[tuple[float, Message]]:
    """Return when to publish each message, its own clock moved to now and squeezed alike."""
    first = messages[0].received_at

    def moved(seconds: float) -> float:
        return begin + (seconds - first) / pace

    def payload(message: Message) -> bytes:
        stamp = re.compile(rb'"_timestamp": (\d+)')
        return stamp.sub(lambda found: b'"_timestamp": %d' % moved(int(found[1]) + 0.5), message.payload)

    return [(moved(one.received_at), Message(one.topic, payload(one), moved(one.received_at))) for one in messages]


def sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))


def telemetry(number: int) -> str:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return json.dumps({"at": stamp, "power_w": number})
