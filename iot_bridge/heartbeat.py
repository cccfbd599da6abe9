"""The bridge hears itself: it publishes a beat on a topic of its own and must get it back.

A connection may look alive while nothing comes through (a lost subscription, a changed right, half a network). The beat
is sent and asked for at QoS 0: the broker passes it on at once, before whatever it keeps for us, and never stores it.
"""

import secrets
import time
from collections.abc import Callable

from iot_bridge.client import Connection

TOPIC = "fablab/bridge/{}/beat"
EVERY_S = 30.0
MISSED = 3
"""So many beats in a row may be missing before the bridge gives itself up."""


class Unheard(RuntimeError):
    """The bridge does not hear itself any more: only a new process may help."""


class Heartbeat:
    """The beats of one bridge, one every `every` seconds; raises Unheard when none came back for three times that."""

    def __init__(self, client_id: str, every: float = EVERY_S, clock: Callable[[], float] = time.monotonic) -> None:
        self.topic, self._every, self._clock = TOPIC.format(client_id), every, clock
        self._token = secrets.token_hex(8).encode()
        self._sent_at = self._unanswered_since = float("-inf")
        self._waiting = False

    def begin(self, connection: Connection) -> None:
        """Start anew on a connection that was just made: silence before it counts for nothing."""
        connection.listen_to_itself(self.topic)
        self._waiting = False
        self._send(connection)

    def check(self, connection: Connection) -> None:
        """Take back what arrived, send what is due. Call it after reading: what lies unread is not missing."""
        if self._token in connection.heard_itself():
            self._waiting = False
        now = self._clock()
        if self._waiting and now - self._unanswered_since >= (MISSED - 1) * self._every:
            raise Unheard(f"nothing came back on {self.topic} for {MISSED * self._every:.0f} s")
        if now - self._sent_at >= self._every:
            self._send(connection)

    def _send(self, connection: Connection) -> None:
        self._sent_at = self._clock()
        if not self._waiting:
            self._waiting, self._unanswered_since = True, self._sent_at
        connection.say(self.topic, self._token)
