"""Keep what a replay found, beside a bridge that may be running: one transaction, the same result when done twice."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from iot_bridge import writing
from iot_bridge.material import note_used
from iot_bridge.memory import MemoryStore, Use
from iot_bridge.models import Device
from iot_bridge.pipeline import Listener
from iot_bridge.state import State
from iot_bridge.writing import Row, moment
from machines.models import Machine, UsageSession
from machines.services import usage


def store_going_on(devices: Iterable[Listener], first: float) -> MemoryStore:
    """Return a store that goes on where devices stood, if they have not been heard since `first`."""
    found = Device.objects.filter(pk__in=[device.id for device in devices], last_seen_at__lte=moment(first))
    rows = {row.pk: row for row in found.select_related("machine")}
    states = {pk: State.from_json(row.state) for pk, row in rows.items()}
    jobs = [(rows[pk], job.key) for pk, state in states.items() for job in (state.open, state.lost) if job]
    uses = {(row.source, key): use for row, key in jobs if (use := _known_use(row, key))}
    return MemoryStore(states, uses)


def _known_use(device: Device, key: str) -> Use | None:
    session = UsageSession.objects.filter(source=device.source, natural_key=key).first()
    if session is None:
        return None
    ended_at = None if session.ended_at is None else session.ended_at.timestamp()
    return Use(
        device.machine.slug,
        session.source,
        session.job_name,
        session.started_at.timestamp(),
        session.estimated,
        ended_at,
        session.outcome,
        session.energy_wh,
        session.paused_seconds,
    )


@transaction.atomic
def keep(store: MemoryStore, devices: Iterable[Listener]) -> None:
    """Write the raw rows, the uses, and the state of devices that have not been heard since."""
    stored = set(Device.objects.values_list("pk", flat=True))
    rows = (
        Row(device.id if device.id in stored else None, message, status, reason)
        for device, message, status, reason in store.rows
    )
    writing.insert_messages(rows)
    machines = {device.source: Machine.objects.get(pk=device.machine_id) for device in devices}
    for (source, key), use in store.uses.items():
        _keep_use(machines[source], key, use)
    for device in devices:
        _keep_state(device, store.states[device.id])


def _keep_use(machine: Machine, key: str, use: Use) -> None:
    told: dict[str, Any] = {
        "source": use.source,
        "natural_key": key,
        "job_name": use.job_name,
        "estimated": use.estimated,
    }
    if use.ended_at is not None and use.outcome is not None:
        session = usage.record_usage(
            machine,
            **told,
            started_at=moment(use.started_at),
            ended_at=moment(use.ended_at),
            outcome=use.outcome,
            energy_wh=use.energy_wh,
            paused_seconds=use.paused_seconds,
        )
        note_used(session, use.used)
    elif not UsageSession.objects.filter(machine=machine, source=use.source, ended_at=None).exists():
        usage.open_usage(machine, **told, started_at=moment(use.started_at))


def _keep_state(device: Listener, state: State) -> None:
    """Save through the model, so that a running bridge sees the change and reads it."""
    row = Device.objects.filter(pk=device.id).select_related("machine").first()
    if row is None or state.seen_at is None or (row.last_seen_at and row.last_seen_at > moment(state.seen_at)):
        return
    row.state, row.available, row.last_seen_at = state.to_json(), state.online, moment(state.seen_at)
    row.save(update_fields=["state", "available", "last_seen_at", "changed_at"])
    if state.measured:
        usage.set_measured(row.machine, state.measured, moment(state.seen_at))
