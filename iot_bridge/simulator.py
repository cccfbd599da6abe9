"""Invented machines that publish what real ones do: OctoPrint, a Tasmota plug on a laser, a box of our own.

Run by `manage.py simulate_machines`; imports no Django, so that it stays small.
"""

import argparse
import os
import signal
import socket
import sys
import threading
import time

from paho.mqtt.client import Client, MQTTProtocolVersion
from paho.mqtt.enums import CallbackAPIVersion

from iot_bridge.address import Address, read_address
from iot_bridge.invented import MACHINES, Machine, Talk

LONGEST_WAIT_S = 30.0
GOODBYE_S = 2.0


class Wire:
    """A machine's own connection, with its last will; comes back by itself when the broker does."""

    def __init__(self, machine: Machine, address: Address) -> None:
        self._machine = machine
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"simulated-{machine.name}-{os.getpid()}",
            protocol=MQTTProtocolVersion.MQTTv311,
        )
        will = machine.will()
        self._client.will_set(will.topic, will.payload, will.qos, will.retain)
        if address.username:
            self._client.username_pw_set(address.username, address.password)
        if address.tls:
            self._client.tls_set(ca_certs=address.ca_file or None)
        self._client.on_connect = self._greet
        self._address, self._greeted = address, False

    def open(self) -> None:
        """Connect now or, when the broker has gone, as soon as it is back."""
        self._client.connect_async(self._address.host, self._address.port, keepalive=20)
        self._client.loop_start()

    def say(self, talk: Talk) -> None:
        self._client.publish(talk.topic, talk.payload, talk.qos, talk.retain)

    def close(self, last_words: list[Talk]) -> None:
        """Say goodbye as the machine does when it is switched off properly."""
        if self._client.is_connected():
            sent = [self._client.publish(talk.topic, talk.payload, talk.qos, talk.retain) for talk in last_words]
            for one in sent:
                one.wait_for_publish(GOODBYE_S)
        self._client.disconnect()
        self._client.loop_stop()

    def _greet(self, *_about: object) -> None:
        """A machine that merely reconnects says only that it is there."""
        words = self._machine.greeting()
        for talk in words[:1] if self._greeted else words:
            self.say(talk)
        self._greeted = True


def wait_for_broker(address: Address, stop: threading.Event) -> None:
    """Return when the broker answers or `stop` is set, telling each failure in one line."""
    wait = 1.0
    while not stop.is_set():
        try:
            socket.create_connection((address.host, address.port), timeout=5).close()
        except OSError as error:
            _say(f"Broker not reachable at {address} ({error.strerror or error}): retrying in {wait:.0f} s.")
            stop.wait(wait)
            wait = min(2 * wait, LONGEST_WAIT_S)
        else:
            return


def live(machine: Machine, address: Address, stop: threading.Event, speed: float, *, once: bool) -> None:
    """Play a machine's days until stopped, or one job of it."""
    wire = Wire(machine, address)
    wire.open()
    while not stop.is_set():
        for step in machine.day(speed):
            for talk in step.talks:
                wire.say(talk)
            if stop.wait(step.seconds):
                break
        if once:
            break
    wire.close(machine.goodbye())


def main(arguments: list[str] | None = None) -> int:
    """Play every machine until SIGINT or SIGTERM."""
    options = _options(arguments)
    address = read_address(os.environ.get("MQTT_URL", ""), os.environ.get("MQTT_CA_FILE", ""))
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_args: stop.set())
    wait_for_broker(address, stop)
    threads = [
        threading.Thread(target=live, args=(made(), address, stop, options.speed), kwargs={"once": options.once})
        for made in MACHINES
    ]
    for thread in threads:
        thread.start()
    _say(f"Simulated machines talk to {address}, {options.speed:g} times as fast as real ones.")
    for thread in threads:
        while thread.is_alive():
            time.sleep(0.2)  # a join would hold signals back
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="iot_bridge.simulator", description="Play the demonstration's machines.")
    parser.add_argument("--speed", type=speed, default=1.0, help="how many times as fast as real machines")
    parser.add_argument("--once", action="store_true", help="one job each, then end")
    return parser.parse_args(arguments)


def speed(text: str) -> float:
    """Read a speed; raises what argparse tells as one line."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.1 <= value <= 1000:
        raise argparse.ArgumentTypeError("a number from 0.1 to 1000")
    return value


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
