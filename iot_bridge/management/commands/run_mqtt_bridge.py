"""Run the bridge between the broker and the database until SIGINT or SIGTERM."""

import logging
import signal
import sys
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from iot_bridge.address import Address, read_address
from iot_bridge.client import NotConnected
from iot_bridge.heartbeat import EVERY_S, Heartbeat, Unheard
from iot_bridge.lock import WriterLock, identity
from iot_bridge.loop import Bridge
from iot_bridge.moving import subscribe_ahead
from iot_bridge.share import Share

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

        parser.add_argument("--partition", type=int, default=0, help="which part of the devices, from 0")
        parser.add_argument("--partitions", type=int, default=1, help="into how many parts the devices are divided")
        once = parser.add_mutually_exclusive_group()
        once.add_argument("--subscribe-only", action="store_true", help="open the session at the broker, and end")
        once.add_argument("--drain", action="store_true", help="leave: take what the broker has kept, and end")

    def handle(self, *, partition: int, partitions: int, **options: Any) -> None:
        try:
            share = Share(partition, partitions)
        except ValueError as wrong:
            raise CommandError(str(wrong)) from wrong
        self._run(share, **options)

    def _run(
        self,
        share: Share,
        *,
        client_id: str,
        heartbeat: float,
        subscribe_only: bool,
        drain: bool,
        **_options: Any,
    ) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_args: stop.set())
        address = read_address(settings.MQTT_URL, settings.MQTT_CA_FILE)
        name = share.client_id(client_id)
        if subscribe_only:
            _subscribe(address, share, name)
            return
        lock, heart = WriterLock(identity(), share), Heartbeat(name, heartbeat)
        try:
            Bridge(address, lock, stop, name, heart, leaving=drain).run()
        except Unheard as silence:
            log.critical("The bridge does not hear itself (%s): it ends, to be started again.", silence)
            sys.exit(UNHEARD)


def _subscribe(address: Address, share: Share, name: str) -> None:
    try:
        subscribe_ahead(address, share, name)
    except NotConnected as refused:
        raise CommandError(f"Broker not reachable at {address} ({refused}).") from refused
