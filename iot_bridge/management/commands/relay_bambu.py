"""Bring the reports of Bambu Lab printers to the lab's broker until SIGINT or SIGTERM."""

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from iot_bridge.address import read_address
from iot_bridge.relaying import Relays

LOOK_S = 10.0


class Command(BaseCommand):
    help = "Bring the reports of Bambu Lab printers (LAN mode) to the lab's broker; ends at once when there are none."
    requires_system_checks: list[str] = []

    def handle(self, **_options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_args: stop.set())
        relays = Relays(read_address(settings.MQTT_URL, settings.MQTT_CA_FILE))
        while relays.follow() and not stop.wait(LOOK_S):
            pass
        relays.stop()
