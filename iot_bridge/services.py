"""Take messages into the database: one transaction a batch; one poisonous message never costs the others."""

import logging
import time
from collections.abc import Callable, Sequence

from django.db import InterfaceError, OperationalError, transaction

from iot_bridge import noting, queries
from iot_bridge.answering import Orders, Outgoing, Send
from iot_bridge.counters import Counters
from iot_bridge.lock import LostWriter
from iot_bridge.messages import Message
from iot_bridge.pipeline import Pipeline, Status
from iot_bridge.share import WHOLE, Share
from iot_bridge.state import State
from iot_bridge.store import DatabaseStore

log = logging.getLogger(__name__)

Fence = Callable[[], None]
OUT_OF_REACH = (OperationalError, InterfaceError)
"""The database cannot be used now; the messages stay with the broker."""
FEW, FACTS_EVERY = 20, 1.0
"""Progress and contact are written at once with a few messages, once a second in a flood."""


class Ingest:
    """The devices of a share of the database with their remembered states; the single writer holds one.

    `fence` is called inside every transaction and raises LostWriter when another process has become the writer.
    """

    def __init__(self, fence: Fence = lambda: None, share: Share = WHOLE) -> None:
        self._fence, self._share = fence, share
        self._facts_at = 0.0
        self._orders = Orders()
        self.counters = Counters(time.time())
        self.reload()

    def reload(self) -> None:
        """Read the devices and their states again."""
        self.version = queries.devices_version()
        found = [one for one in queries.listeners() if self._share.has(one[0].machine_id)]
        self.store = DatabaseStore({device.id: State.from_json(row.state) for device, row in found}, self.counters)
        self.pipeline, self._unknown = Pipeline([device for device, _row in found], self.store), 0

    def take_answers(self) -> list[Outgoing]:
        """Return the answers to boxes whose questions are committed, once."""
        answers, self.store.answers = self.store.answers, []
        return answers

    def send_orders(self, send: Send, *, quiet: bool) -> None:
        """Tell switches what is decided; `quiet`: all that has arrived is committed. See `answering.Orders`."""
        self._orders.settle(self.pipeline.devices, self.store.state, send, quiet=quiet)

    def changed(self) -> bool:
        """Tell whether devices were added, changed or removed since they were read."""
        return queries.devices_version() != self.version

    def ingest(self, batch: Sequence[Message]) -> None:
        """Commit a batch and its effects.

        Raises LostWriter, and what says that the database is out of reach; nothing of the batch is kept then.
        """
        self.counters.received += len(batch)
        self._commit(batch)
        self.counters.committed += len(batch)
        self.counters.late += sum(message.late_since is not None for message in batch)

    def report(self, partition: int) -> None:
        """Write down what was done since the start."""
        with transaction.atomic():
            self._fence()
            noting.write_report(partition, self.counters, time.time())

    def _commit(self, batch: Sequence[Message]) -> None:
        try:
            self._together(batch)
        except (*OUT_OF_REACH, LostWriter):
            self.store.discard()
            raise
        except Exception as error:  # noqa: BLE001 -- whatever one message does, the others are taken
            log.warning("A batch of %d messages failed (%r): taking them one by one.", len(batch), error)
            self.reload()
            self._one_by_one(batch)

    def tick(self, now: float, listening_since: float) -> None:
        """Let time pass; opens a transaction only when something follows from it."""
        due = self.pipeline.due(now, listening_since)
        if not due and not self.store.has_facts():
            return
        with transaction.atomic():
            self._fence()
            self.pipeline.settle(due)
            self._flush(few=True)
        self.store.committed()

    def _together(self, batch: Sequence[Message]) -> None:
        with transaction.atomic():
            self._fence()
            for message in batch:
                self.pipeline.take(message)
            self._flush(few=len(batch) <= FEW)
        self._committed()

    def _one_by_one(self, batch: Sequence[Message]) -> None:
        with transaction.atomic():
            self._fence()
            for message in batch:
                self._alone(message)
        self._committed()

    def _committed(self) -> None:
        self.store.committed()
        self.counters.unknown += self.pipeline.unknown_topics - self._unknown
        self._unknown = self.pipeline.unknown_topics

    def _alone(self, message: Message) -> None:
        before = self.store.draft.copy()
        try:
            with transaction.atomic():
                self.pipeline.take(message)
                self._flush(few=True)
        except OUT_OF_REACH:
            raise
        except Exception as error:
            log.exception("A message of %s cannot be taken.", message.topic)
            self.store.draft = before
            for device in self.pipeline.routes.find(message.topic) or (None,):
                self.store.record(device, message, Status.REJECTED, f"{type(error).__name__}: {error}")
            self._flush(few=True)

    def _flush(self, *, few: bool) -> None:
        now = time.monotonic()
        facts = few or now - self._facts_at >= FACTS_EVERY
        self.store.flush(facts=facts)
        self._facts_at = now if facts else self._facts_at
