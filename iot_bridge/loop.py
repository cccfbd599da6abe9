"""The bridge process: become the writer, listen, commit, acknowledge; wait out whatever is not there."""

import gc
import logging
import threading
import time

from django.db import ProgrammingError
from django.db import connection as database

from iot_bridge import discovery
from iot_bridge.address import Address
from iot_bridge.client import V3, V5, Connection, Delivery, NotConnected
from iot_bridge.heartbeat import Heartbeat, Unheard
from iot_bridge.lock import LostWriter, WriterLock
from iot_bridge.services import OUT_OF_REACH, Ingest
from iot_bridge.share import WHOLE

log = logging.getLogger(__name__)

BATCH = 500
TICK_S, BEAT_S, LOOK_S, REPORT_S = 1.0, 3.0, 2.0, 10.0
STANDBY_S = 2.0
QUIET_S, BACKLOG_S = 0.1, 60.0
"""A moment without a message after connecting: what the broker kept for us has been taken; at the latest after this."""
LONGEST_WAIT_S = 30.0


def commit_to_disk() -> None:
    """An acknowledged message must survive a power cut: SQLite's commit waits for the disk, in this process only."""
    if database.vendor == "sqlite":
        options = dict(database.settings_dict["OPTIONS"])
        options["init_command"] = f"{options.get('init_command', '')}PRAGMA synchronous=FULL;"
        database.settings_dict["OPTIONS"] = options
        database.close()


def _calm_collector() -> None:
    """In a flood the collector would walk through the whole of Django again and again."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


class Every:
    """Tell, at most once per period, that a chore is due."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._last = seconds, time.monotonic()

    def due(self) -> bool:
        now = time.monotonic()
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True


class Bridge:
    """One bridge process; `stop` ends it after the batch in hand.

    One that is `leaving` asks for nothing any more, takes what the broker has kept for it, and stops.
    """

    def __init__(
        self,
        address: Address,
        lock: WriterLock,
        stop: threading.Event,
        client_id: str,
        heartbeat: Heartbeat,
        *,
        leaving: bool = False,
    ) -> None:
        self._address, self._lock, self._stop, self._client_id = address, lock, stop, client_id
        self._protocol, self._heartbeat, self._leaving = V5, heartbeat, leaving
        self._ingest: Ingest
        self._connection: Connection | None = None
        self._alive_until: float | None = None
        self._listening_since = 0.0
        self._tick, self._beat, self._look = Every(TICK_S), Every(BEAT_S), Every(LOOK_S)
        self._orders = Every(TICK_S)
        self._report = Every(REPORT_S)

    def run(self) -> None:
        """Work until stopped; every outage is told in one line and waited out.

        Raises Unheard when the broker accepts us and nothing comes back.
        """
        commit_to_disk()
        _calm_collector()
        wait = 1.0
        while not self._stop.is_set():
            try:
                if self._take_place():
                    wait = 1.0
                    self._serve()
            except LostWriter:
                log.warning("Another bridge has taken over: waiting.")
            except (*OUT_OF_REACH, ProgrammingError) as error:
                log.error("The database does not answer (%s): retrying in %d s.", _first_line(error), wait)
                database.close()
                self._stop.wait(wait)
                wait = min(2 * wait, LONGEST_WAIT_S)

    # -- being the one writer ------------------------------------------------------------------------------------

    def _take_place(self) -> bool:
        """Wait for the place of the writer; tell whether it is ours."""
        told = False
        while not self._stop.is_set():
            self._alive_until = self._lock.last_beat() if self._alive_until is None else self._alive_until
            if self._lock.acquire():
                log.info("Writing for the devices of partition %d of %d.", self._lock.partition, self._lock.share.of)
                return True
            if not told:
                log.info("Another bridge is at work: standing by.")
                told = True
            self._alive_until = None
            self._stop.wait(STANDBY_S)
        return False

    def _serve(self) -> None:
        self._ingest = Ingest(self._lock.fence, self._lock.share)
        try:
            while not self._stop.is_set():
                self._connection = self._connect()
                if self._connection is not None:
                    self._listen(self._connection)
        except Unheard:
            self._lock.release()
            raise
        finally:
            self._alive_until = time.time()
            self._hang_up()
        self._lock.release()

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    # -- the connection ------------------------------------------------------------------------------------------

    def _connect(self) -> Connection | None:
        """Connect, however long it takes, keeping the place meanwhile; None when asked to stop."""
        wait = 1.0
        while not self._stop.is_set():
            self._lock.fence()
            try:
                connection = Connection(self._address, self._client_id, self._protocol, self._alive_until)
            except NotConnected as refused:
                log.error("Broker not reachable at %s (%s): retrying in %d s.", self._address, refused, wait)
                self._tell(connected=False)
                self._other_protocol(refused)
                self._wait(wait)
                wait = min(2 * wait, LONGEST_WAIT_S)
            else:
                self._welcome(connection)
                return connection
        return None

    def _other_protocol(self, refused: NotConnected) -> None:
        """A broker that does not answer MQTT 5 is asked in 3.1.1 next time, and the other way round."""
        if refused.old:
            self._protocol = V3 if self._protocol == V5 else V5

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._stop.wait(min(TICK_S, max(0.0, until - time.monotonic()))) and time.monotonic() < until:
            if self._beat.due():
                self._lock.fence()

    def _welcome(self, connection: Connection) -> None:
        version = "5" if self._protocol == V5 else "3.1.1"
        log.info("Connected to the broker at %s (MQTT %s).", self._address, version)
        self._listening_since = time.time()
        filters = self._ingest.pipeline.routes.filters()
        if self._leaving:
            connection.unsubscribe(filters)
        else:
            connection.subscribe(filters)
            if self._lock.share == WHOLE:  # others' devices are no strangers
                connection.subscribe(discovery.FILTERS, announcing=True)
        self._heartbeat.begin(connection)
        self._ingest.counters.connections += 1
        self._tell(connected=True, backlog=connection.late_since is not None)

    # -- listening -----------------------------------------------------------------------------------------------

    def _listen(self, connection: Connection) -> None:
        try:
            while connection.alive and not self._stop.is_set():
                batch = self._next_batch(connection)
                if batch:
                    self._ingest.ingest([delivery.message for delivery in batch])
                    connection.acknowledge(batch)
                    self._ingest.counters.lag = time.time() - batch[0].message.received_at
                self._answer(connection, batch)
                self._chores(connection, batch)
        finally:
            self._alive_until = time.time()
        if not self._stop.is_set():
            log.warning("Connection to the broker lost (%s).", connection.reason)
            self._hang_up()

    def _answer(self, connection: Connection, batch: list[Delivery]) -> None:
        """Say what the committed batch asked for, at once; then what switches are to be told."""
        asked = self._ingest.take_answers()
        for message in asked:
            connection.publish(*message)
        if asked or self._orders.due():
            quiet = not batch and connection.late_since is None
            self._ingest.send_orders(lambda message: connection.publish(*message), quiet=quiet)

    def _next_batch(self, connection: Connection) -> list[Delivery]:
        """Return what has arrived, at most a batch; note when the broker has nothing old left for us."""
        began = time.monotonic()
        batch = connection.receive(TICK_S / 4, BATCH)
        waited = time.monotonic() - began
        if (len(batch) <= 1 and waited >= QUIET_S) or time.time() - self._listening_since > BACKLOG_S:
            connection.late_since = None
        if self._leaving and not batch and waited >= QUIET_S:
            self._stop.set()
        return batch

    def _chores(self, connection: Connection, batch: list[Delivery]) -> None:
        self._heartbeat.check(connection)
        if connection.late_since is None and self._tick.due():
            self._ingest.tick(batch[-1].message.received_at if batch else time.time(), self._listening_since)
        if self._beat.due():
            self._lock.fence()
        if self._look.due() and self._ingest.changed():
            self._reload(connection)
        if self._report.due():
            self._tell(connected=True, backlog=connection.late_since is not None)

    def _tell(self, *, connected: bool, backlog: bool = False) -> None:
        """Write down, for whoever looks, what was done and whether the broker is there."""
        counters = self._ingest.counters
        counters.connected, counters.backlog = connected, backlog
        self._ingest.report(self._lock.partition)

    def _reload(self, connection: Connection) -> None:
        before = set(self._ingest.pipeline.routes.filters())
        self._ingest.reload()
        after = set(self._ingest.pipeline.routes.filters())
        log.info("The devices have changed: %d topics more, %d less.", len(after - before), len(before - after))
        connection.subscribe(sorted(after - before))
        connection.unsubscribe(sorted(before - after - set(discovery.FILTERS)))


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
