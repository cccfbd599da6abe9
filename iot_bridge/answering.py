"""What the bridge says: answers to boxes, and orders to switches, always after what they follow from is committed.

A crash between commit and sending costs an answer, never a fact: a box asks again and gets the same one; an order is a
row, and one that waits is sent by the next turn, or given up when it is too old.
"""

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

from iot_bridge.pipeline import Listener
from iot_bridge.state import State
from machines.models import PowerOrder
from machines.services import starts, switching
from machines.start_queries import waiting_orders

log = logging.getLogger(__name__)

IDLE_EVERY_S = 10.0
Send = Callable[["Outgoing"], bool]
"""Hand a message to the broker; tell whether it went out."""


class Outgoing(NamedTuple):
    """A message of ours: QoS 1, never retained."""

    topic: str
    payload: str


def answer(device: Listener, seq: int, said: starts.Answer) -> Outgoing | None:
    """Return what a box is told, in the words of docs/contract.md §5; None for firmware that asks nothing."""
    if device.adapter.answers is None:
        return None
    payload: dict[str, object] = {"granted": said.granted, "codes": list(said.codes), "request_seq": seq}
    if said.granted:
        until = timezone.localtime(said.until).isoformat(timespec="seconds")
        payload |= {"until": until, "member": said.first_name}
    return Outgoing(device.adapter.answers(device.base), json.dumps(payload, ensure_ascii=False))


class Orders:
    """Sends what switches must be told; one of them belongs to a bridge that writes."""

    def __init__(self) -> None:
        self._idle_at = 0.0

    def settle(
        self, devices: Sequence[Listener], state: Callable[[Listener], State], send: Send, *, quiet: bool
    ) -> None:
        """Send the orders that wait. Off is decided and sent only when `quiet`: all that has arrived is committed."""
        switched = {device.machine_id for device in devices if device.adapter.switch is not None}
        if not switched:
            return
        now = timezone.now()
        busy = {device.machine_id for device in devices if _may_run(state(device))}
        if quiet and time.monotonic() - self._idle_at >= IDLE_EVERY_S:
            self._idle_at = time.monotonic()
            switching.order_idle_off(now, switched - busy)
        for order in waiting_orders(switched):
            if order.on or quiet:
                _carry_out(order, devices, now, send, busy=order.machine_id in busy)


def _may_run(state: State) -> bool:
    """Tell whether something runs, is about to, or cannot be known: then nothing is switched off."""
    return state.open is not None or state.above_at is not None or state.online is not True


def _carry_out(order: PowerOrder, devices: Iterable[Listener], now: datetime, send: Send, *, busy: bool) -> None:
    if not switching.take_order(order, now, busy=busy):
        return
    sent = [send(message) for message in _switchings(order, devices)]
    if all(sent):
        switching.note_sent(order)
        log.info("%s: switched %s.", order.machine.slug, "on" if order.on else "off")


def _switchings(order: PowerOrder, devices: Iterable[Listener]) -> Iterator[Outgoing]:
    for device in devices:
        if device.machine_id == order.machine_id and device.adapter.switch is not None:
            yield Outgoing(*device.adapter.switch(device.base, on=order.on))
