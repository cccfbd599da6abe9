"""The two statements that every batch runs: written by hand, because the ORM costs more here than the database."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from django.db import connection

from iot_bridge import cards
from iot_bridge.messages import Message
from iot_bridge.models import Device, MachineMessage
from iot_bridge.pipeline import Status
from iot_bridge.state import State

COLUMNS = "device_id, topic, payload, qos, retain, dup, received_at, late_since, digest, status, reason"
STORED_BYTES = 64 * 1024
"""A larger payload is kept by its beginning only; it was rejected for its size."""
MOMENTS = 256
"""What was read together arrived together: its moment is written out once."""
TOPIC_LENGTH, REASON_LENGTH = 255, 200


class Row(NamedTuple):
    """A message and what became of it."""

    device_id: int | None
    message: Message
    status: Status
    reason: str


@lru_cache(MOMENTS)
def moment(seconds: float) -> datetime:
    """Return epoch seconds as an aware UTC moment."""
    return datetime.fromtimestamp(seconds, UTC)


def insert_messages(rows: Iterable[Row]) -> None:
    """Add raw rows: COPY on PostgreSQL, one prepared INSERT on SQLite."""
    table = MachineMessage._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({COLUMNS}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(_values(row, moment))
            return
        places = ", ".join(["%s"] * len(COLUMNS.split(", ")))
        sql = f"INSERT INTO {table} ({COLUMNS}) VALUES ({places})"  # noqa: S608 -- names of our own
        cursor.executemany(sql, [_values(row, _text) for row in rows])


def _values(row: Row, stored: Callable[[float], datetime | str]) -> tuple:
    message = row.message
    return (
        row.device_id,
        message.topic[:TOPIC_LENGTH],
        cards.hidden(message.topic, message.payload)[:STORED_BYTES],
        message.qos,
        message.retain,
        message.dup,
        stored(message.received_at),
        None if message.late_since is None else stored(message.late_since),
        message.digest,
        row.status.value,
        row.reason[:REASON_LENGTH],
    )


@lru_cache(MOMENTS)
def _text(seconds: float) -> str:
    """Return a moment as SQLite keeps it: text without a zone, always UTC."""
    return moment(seconds).isoformat(" ", "microseconds")[:-6]


def update_states(states: Iterable[tuple[int, State]]) -> None:
    """Write what the bridge remembers of its devices."""
    cast, stored = ("::jsonb", moment) if connection.vendor == "postgresql" else ("", _text)
    table = Device._meta.db_table
    sql = f"UPDATE {table} SET state = %s{cast}, available = %s, last_seen_at = %s WHERE id = %s"  # noqa: S608
    values = [
        (json.dumps(state.to_json()), state.online, state.seen_at and stored(state.seen_at), device_id)
        for device_id, state in states
    ]
    if values:
        with connection.cursor() as cursor:
            cursor.executemany(sql, values)
