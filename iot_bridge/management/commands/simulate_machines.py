"""Play the demonstration's machines against the broker."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from iot_bridge.simulator import speed


class Command(BaseCommand):
    help = "Publish what an OctoPrint printer, a laser on a Tasmota plug and a native box publish."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--speed", type=speed, default=1.0, help="how many times as fast as real machines")
        parser.add_argument("--once", action="store_true", help="one job each, then end")

    def handle(self, *, speed: float, once: bool, **_options: Any) -> None:
        """Become the simulator, which needs no Django: the memory of this process is given back."""
        command = [sys.executable, "-m", "iot_bridge.simulator", "--speed", str(speed), *(["--once"] if once else [])]
        told = {"MQTT_URL": settings.MQTT_URL, "MQTT_CA_FILE": settings.MQTT_CA_FILE, "TIME_ZONE": settings.TIME_ZONE}
        path = os.pathsep.join(filter(None, [str(settings.BASE_DIR), os.environ.get("PYTHONPATH")]))
        os.execve(sys.executable, command, {**os.environ, **told, "PYTHONPATH": path})  # noqa: S606 -- no shell
