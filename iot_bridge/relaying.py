"""Which printers are relayed: those of the database, looked at again and again."""

import logging

from iot_bridge.address import Address
from iot_bridge.devices import note_fingerprint
from iot_bridge.link_models import PrinterLink
from iot_bridge.relay import Printer, Relay, seen_fingerprint

log = logging.getLogger(__name__)


class Relays:
    """The running relays, one a printer."""

    def __init__(self, lab: Address) -> None:
        self._lab = lab
        self._running: dict[Printer, Relay] = {}

    def follow(self) -> bool:
        """Start and stop relays so that they are those of the links; tell whether there is anything to relay."""
        links = list(PrinterLink.objects.filter(device__active=True, device__kind="bambu").select_related("device"))
        wanted = {_printer(link) for link in links if link.fingerprint}
        for printer in self._running.keys() - wanted:
            self._running.pop(printer).stop()
        for printer in wanted - self._running.keys():
            self._running[printer] = Relay(printer, self._lab)
            self._running[printer].start()
        for link in links:
            if not link.fingerprint and not link.seen_fingerprint:
                _look(link)
        return bool(links)

    def stop(self) -> None:
        for relay in self._running.values():
            relay.stop()
        self._running = {}


def _look(link: PrinterLink) -> None:
    """See who answers there, and tell it nothing."""
    try:
        seen = seen_fingerprint(link.host)
    except OSError as error:
        log.warning("%s does not answer (%s).", link.host, error)
        return
    note_fingerprint(link, seen)
    log.warning("%s: note this fingerprint if it is your printer: %s", link.host, seen)


def _printer(link: PrinterLink) -> Printer:
    return Printer(link.device.base, link.host, link.access_code, link.fingerprint)
