"""The health of devices as a batch changes it: written with the batch, once a second in a flood, never per message."""

from dataclasses import dataclass, field

from django.db import connection

from iot_bridge.health import RECENT
from iot_bridge.models import DeviceHealth, DeviceRejection
from iot_bridge.writing import moment

REASON_LENGTH = 80


@dataclass(slots=True)
class Notes:
    """By device: when it was heard, how far ahead its clock was, how often it was rejected for which reason."""

    heard: dict[int, float] = field(default_factory=dict)
    clocks: dict[int, float] = field(default_factory=dict)
    rejected: dict[tuple[int, str], int] = field(default_factory=dict)

    def copy(self) -> "Notes":
        return Notes(dict(self.heard), dict(self.clocks), dict(self.rejected))

    def reject(self, device_id: int, reason: str) -> None:
        """Count a rejection; what follows a colon may be anything and is left out."""
        key = device_id, reason.partition(":")[0][:REASON_LENGTH]
        self.rejected[key] = self.rejected.get(key, 0) + 1


def write(notes: Notes) -> None:
    """Bring the stored health up to date: one statement, two when something was rejected."""
    if notes.heard:
        _write_health(notes)
    if notes.rejected:
        _write_rejections(notes)


def _write_health(notes: Notes) -> None:
    table = DeviceHealth._meta.db_table
    sql = (
        f"INSERT INTO {table} (device_id, heard_at, clock_offset) VALUES (%s, %s, %s) "  # noqa: S608 -- our own names
        "ON CONFLICT (device_id) DO UPDATE SET heard_at = excluded.heard_at, "
        f"clock_offset = COALESCE(excluded.clock_offset, {table}.clock_offset)"
    )
    rows = [(pk, _stored(at), notes.clocks.get(pk)) for pk, at in sorted(notes.heard.items())]
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


def _write_rejections(notes: Notes) -> None:
    table = DeviceRejection._meta.db_table
    sql = (
        f"INSERT INTO {table} (device_id, reason, times, last_at) VALUES (%s, %s, %s, %s) "  # noqa: S608 -- our own names
        "ON CONFLICT (device_id, reason) DO UPDATE SET last_at = excluded.last_at, times = excluded.times + "
        f"CASE WHEN {table}.last_at < %s THEN 0 ELSE {table}.times END"
    )
    rows = []
    for (pk, reason), times in sorted(notes.rejected.items()):
        at = notes.heard[pk]
        rows.append((pk, reason, times, _stored(at), _stored(at - RECENT)))
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


def _stored(seconds: float) -> object:
    return connection.ops.adapt_datetimefield_value(moment(seconds))
