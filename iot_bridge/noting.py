"""The health of devices as a batch changes it: written with the batch, once a second in a flood, never per message."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from iot_bridge.counters import Counters, short_reason
from iot_bridge.discovery import MOST, Found
from iot_bridge.health import RECENT
from iot_bridge.models import BridgeReport, DeviceHealth, DeviceRejection, Proposal
from iot_bridge.writing import moment


@dataclass(slots=True)
class Notes:
    """By device: when it was heard, how far ahead its clock was, how often it was rejected for which reason.

    Besides: the devices nobody has set up that announced themselves, with a name and a moment.
    """

    heard: dict[int, float] = field(default_factory=dict)
    clocks: dict[int, float] = field(default_factory=dict)
    rejected: dict[tuple[int, str], int] = field(default_factory=dict)
    proposed: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.heard or self.proposed)

    def copy(self) -> "Notes":
        return Notes(dict(self.heard), dict(self.clocks), dict(self.rejected), dict(self.proposed))

    def propose(self, found: Found, at: float) -> None:
        """Remember an announcement, as long as there is room."""
        key = found.kind, found.base
        if key in self.proposed or len(self.proposed) < MOST:
            self.proposed[key] = found.name, at

    def reject(self, device_id: int, reason: str) -> None:
        """Count a rejection."""
        key = device_id, short_reason(reason)
        self.rejected[key] = self.rejected.get(key, 0) + 1


def write(notes: Notes) -> None:
    """Bring what is stored up to date: one statement for each kind of note that there is."""
    if notes.heard:
        _write_health(notes)
    if notes.rejected:
        _write_rejections(notes)
    if notes.proposed:
        _write_proposals(notes)
        _drop_oldest_proposals()


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


def _write_proposals(notes: Notes) -> None:
    """What is ignored stays so."""
    rows = [
        Proposal(kind=kind, base=base, name=name, last_seen_at=moment(at))
        for (kind, base), (name, at) in sorted(notes.proposed.items())
    ]
    changed = ["name", "last_seen_at"]
    Proposal.objects.bulk_create(rows, update_conflicts=True, unique_fields=["kind", "base"], update_fields=changed)


def _drop_oldest_proposals() -> None:
    many = list(Proposal.objects.values_list("pk", flat=True)[: 2 * MOST])
    if len(many) > MOST:
        Proposal.objects.filter(pk__in=many[MOST:]).delete()


def write_report(partition: int, counters: Counters, now: float) -> None:
    """Write down what the bridge has done: one statement."""
    BridgeReport(
        partition=partition,
        started_at=moment(counters.started_at),
        written_at=moment(now),
        connected=counters.connected,
        backlog=counters.backlog,
        received=counters.received,
        committed=counters.committed,
        late=counters.late,
        repeated=counters.repeated,
        unknown=counters.unknown,
        reconnects=counters.reconnects,
        lag_seconds=counters.lag,
        rejected=dict(counters.rejected),
    ).save()


def _stored(seconds: float) -> Any:
    return connection.ops.adapt_datetimefield_value(moment(seconds))
