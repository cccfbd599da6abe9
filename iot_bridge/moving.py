"""Move devices to other bridge processes without a gap: the new session keeps messages before the old one ends."""

import logging
import time

from iot_bridge import queries
from iot_bridge.address import Address
from iot_bridge.client import ANSWER_S, V3, V5, Connection, NotConnected
from iot_bridge.heartbeat import Heartbeat
from iot_bridge.share import Share

log = logging.getLogger(__name__)


def subscribe_ahead(address: Address, share: Share, client_id: str) -> None:
    """Open the session of a share at the broker and leave it there; raises NotConnected.

    From then on the broker keeps what comes for these devices until the bridge of that name takes it.
    """
    connection = _connected(address, client_id)
    filters = {
        pattern for device, _row in queries.listeners() if share.has(device.machine_id) for pattern in device.filters
    }
    connection.subscribe(sorted(filters))
    heartbeat, deadline = Heartbeat(client_id), time.monotonic() + ANSWER_S
    heartbeat.begin(connection)  # what comes back was said after the broker had read the subscriptions
    while not connection.heard_itself():
        if time.monotonic() > deadline:
            raise NotConnected("no answer")
        connection.receive(ANSWER_S / 20, 1)
    connection.close()
    log.info("The broker keeps %d topics for %s.", len(filters), client_id)


def _connected(address: Address, client_id: str) -> Connection:
    try:
        return Connection(address, client_id, V5)
    except NotConnected as refused:
        if not refused.old:
            raise
        return Connection(address, client_id, V3)
