"""Run the bridge between the broker and the database until SIGINT or SIGTERM."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from iot_bridge.address import read_address
from iot_bridge.lock import WriterLock, identity
from iot_bridge.loop import Bridge


class Command(BaseCommand):
    help = "Listen to the machines and record what they do; a second one stands by and takes over."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--client-id", default="fablab-bridge", help="name of the bridge at the broker")

    def handle(self, *, client_id: str, **_options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_args: stop.set())
        address = read_address(settings.MQTT_URL, settings.MQTT_CA_FILE)
        Bridge(address, WriterLock(identity()), stop, client_id).run()
