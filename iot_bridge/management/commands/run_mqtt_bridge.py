"""Run the bridge between the broker and the database until SIGINT or SIGTERM."""

import logging
import signal
import sys
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from iot_bridge.address import read_address
from iot_bridge.heartbeat import EVERY_S, Heartbeat, Unheard
from iot_bridge.lock import WriterLock, identity
from iot_bridge.loop import Bridge

log = logging.getLogger(__name__)
UNHEARD = 3


class Command(BaseCommand):
    help = "Listen to the machines and record what they do; a second one stands by and takes over."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--client-id", default="fablab-bridge", help="name of the bridge at the broker")
        parser.add_argument(
            "--heartbeat", type=float, default=EVERY_S, help="seconds between beats on the wire; three lost end it"
        )

    def handle(self, *, client_id: str, heartbeat: float, **_options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_args: stop.set())
        address = read_address(settings.MQTT_URL, settings.MQTT_CA_FILE)
        try:
            Bridge(address, WriterLock(identity()), stop, client_id, Heartbeat(client_id, heartbeat)).run()
        except Unheard as silence:
            log.critical("The bridge does not hear itself (%s): it ends, to be started again.", silence)
            sys.exit(UNHEARD)
