"""The only writer of machine uses and of what machines report about themselves. Energy in Wh, pauses in seconds."""

from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Literal

from django.db import transaction
from django.db.models import F, FloatField, Value
from django.db.models.functions import Coalesce

from machines.models import Attribution, Consumable, Machine, Measured, Outcome, UsageSession
from machines.services import meters, stock, upkeep
from machines.stock_queries import consumable_called
from machines.upkeep_rules import NOTHING, Totals, counted
from members import handlers
from members.models import User
from members.services import record


@transaction.atomic
def open_usage(
    machine: Machine,
    *,
    source: str,
    natural_key: str,
    started_at: datetime,
    job_name: str = "",
    estimated: bool = False,
    evidence_at: datetime | None = None,
    member: User | None = None,
) -> UsageSession:
    """Record that a job began; the same job told again gives the same row, open or already ended.

    `member` is whose card the machine was told. A use that the same source had left open on the machine ends at its
    last sign of life.
    """
    _lock(machine.pk)
    known = UsageSession.objects.filter(source=source, natural_key=natural_key).first()
    if known is not None:
        return known
    for forgotten in UsageSession.objects.filter(machine=machine, source=source, ended_at=None):
        close_usage(forgotten, ended_at=forgotten.last_evidence_at, outcome=Outcome.UNKNOWN, estimated=True)
    session = UsageSession(
        machine=machine,
        source=source,
        natural_key=natural_key,
        job_name=job_name,
        started_at=started_at,
        last_evidence_at=max(started_at, evidence_at or started_at),
        estimated=estimated,
        member=member,
        attribution=Attribution.BADGE if member else Attribution.NONE,
    )
    session.full_clean(validate_unique=False, validate_constraints=False)
    session.save()
    _tell("opened", session)
    return session


@transaction.atomic
def close_usage(
    session: UsageSession,
    *,
    ended_at: datetime,
    outcome: Outcome | str,
    estimated: bool = False,
    energy_wh: float | None = None,
    paused_seconds: int | None = None,
) -> UsageSession:
    """Record how and when a job ended, never before it started; unknown values are left as they stand.

    A use already ended is left alone, unless it was only given up (`unknown`) and its end is now known.
    """
    _lock(session.machine_id)
    current = UsageSession.objects.select_related("machine").get(pk=session.pk)
    if current.outcome not in {None, Outcome.UNKNOWN} or (current.outcome and outcome == Outcome.UNKNOWN):
        return current
    before = counted(current)
    current.ended_at = max(ended_at, current.started_at)
    current.outcome = Outcome(outcome)
    current.estimated = estimated
    current.last_evidence_at = max(current.last_evidence_at, current.ended_at)
    if energy_wh is not None:
        current.energy_wh = energy_wh
    if paused_seconds is not None:
        current.paused_seconds = paused_seconds
    current.save()
    _reckon(current, before)
    _tell("closed", current)
    return current


@transaction.atomic
def record_usage(
    machine: Machine,
    *,
    source: str,
    natural_key: str,
    job_name: str,
    started_at: datetime,
    ended_at: datetime,
    outcome: Outcome | str,
    estimated: bool,
    energy_wh: float | None,
    paused_seconds: int,
) -> UsageSession:
    """Record a use that is already over; one that is known and has no certain end gets this one."""
    _lock(machine.pk)
    end: dict[str, Any] = {"ended_at": ended_at, "outcome": outcome, "estimated": estimated}
    end |= {"energy_wh": energy_wh, "paused_seconds": paused_seconds}
    known = UsageSession.objects.filter(source=source, natural_key=natural_key).first()
    if known is not None:
        return close_usage(known, **end)
    session = UsageSession(
        machine=machine,
        source=source,
        natural_key=natural_key,
        job_name=job_name,
        started_at=started_at,
        last_evidence_at=ended_at,
        **end,
    )
    session.full_clean(validate_unique=False, validate_constraints=False)
    session.save()
    _reckon(session, NOTHING)
    _tell("opened", session)
    _tell("closed", session)
    return session


@transaction.atomic
def reopen_usage(session: UsageSession, *, evidence_at: datetime) -> UsageSession:
    """Take up again a use that was given up (`unknown`) while the machine went on; others are left alone."""
    _lock(session.machine_id)
    current = UsageSession.objects.select_related("machine").get(pk=session.pk)
    rows = UsageSession.objects.filter(machine=current.machine_id, source=current.source, ended_at=None)
    if current.outcome != Outcome.UNKNOWN or rows.exists():
        return current
    before = counted(current)
    current.ended_at, current.outcome = None, None
    current.last_evidence_at = max(current.last_evidence_at, evidence_at)
    current.save(update_fields=["ended_at", "outcome", "last_evidence_at"])
    _reckon(current, before)
    _tell("opened", current)
    return current


@transaction.atomic
def note_material(
    session: UsageSession,
    *,
    amount: Decimal | None,
    unit: str,
    consumable: Consumable | None = None,
    actor: User | None,
) -> UsageSession:
    """Record how much a use took, and of what; said again it is a correction, None takes it back.

    Without a consumable the one of the machine that is counted in this unit is meant. Raises ValidationError.
    """
    _lock(session.machine_id)
    current = UsageSession.objects.select_related("machine").get(pk=session.pk)
    before = counted(current)
    current.material_amount, current.material_unit = amount, unit if amount is not None else ""
    current.consumable = consumable
    current.full_clean(validate_unique=False)
    current.save(update_fields=["material_amount", "material_unit", "consumable"])
    _reckon(current, before)
    if actor:
        detail = {"consumable": current.consumable_id, "amount": str(amount)}
        record(actor=actor, action="usage.material", subject=f"usage:{current.pk}", detail=detail)
    return current


@transaction.atomic
def measure_material(
    session: UsageSession, *, amount: Decimal, unit: str, material: str = "", instead_of: Decimal | None = None
) -> UsageSession:
    """Record how much the machine itself measured that a use took; what a person has noted meanwhile stands.

    `material` is what the machine calls it; `instead_of` what it had measured when the use seemed to be over.
    """
    _lock(session.machine_id)
    current = UsageSession.objects.select_related("machine").get(pk=session.pk)
    if current.material_amount != instead_of:
        return current
    known = consumable_called(current.machine, material, unit)
    return note_material(current, amount=amount, unit=unit, consumable=known, actor=None)


def note_evidence(session: UsageSession, *, at: datetime) -> None:
    """Record a sign of life of a running job; an older one changes nothing."""
    UsageSession.objects.filter(pk=session.pk, ended_at=None, last_evidence_at__lt=at).update(last_evidence_at=at)


def set_paused_seconds(session: UsageSession, seconds: int) -> None:
    """Record the total of a running job's pauses so far."""
    UsageSession.objects.filter(pk=session.pk, ended_at=None).update(paused_seconds=seconds)


def add_energy(machine: Machine, watt_hours: float) -> None:
    """Add what a plug measured to whatever runs on the machine; nothing runs: nothing happens."""
    counted = Coalesce(F("energy_wh"), Value(0.0), output_field=FloatField())
    UsageSession.objects.filter(machine=machine, ended_at=None).update(energy_wh=counted + watt_hours)


@transaction.atomic
def attribute(session: UsageSession, *, member: User | None, attribution: Attribution | str) -> UsageSession:
    """Say whose use it was and how that is known."""
    _lock(session.machine_id)
    session.member, session.attribution = member, Attribution(attribution)
    session.save(update_fields=["member", "attribution"])
    _tell("attributed", session)
    return session


def set_measured(machine: Machine, state: Measured | str, since: datetime) -> None:
    """Record what a machine says of itself; saying it again does not move `measured_since`."""
    rows = Machine.objects.filter(pk=machine.pk).exclude(measured_state=Measured(state))
    rows.update(measured_state=Measured(state), measured_since=since)


def set_progress(machine: Machine, percent: int | None) -> None:
    """Record how far the running job is (0-100), None when nothing runs."""
    Machine.objects.filter(pk=machine.pk).update(progress=percent)


def note_contact(machine: Machine, at: datetime) -> None:
    """Record when the machine was last heard."""
    Machine.objects.filter(pk=machine.pk).update(last_contact_at=at)


def _lock(machine_id: int) -> None:
    Machine.objects.select_for_update(no_key=True).get(pk=machine_id)


def _reckon(session: UsageSession, before: Totals) -> None:
    """Let meter and stock follow a use that ended, runs again or was corrected; work that is due then opens."""
    meters.follow(session, before)
    stock.settle_use(session)
    transaction.on_commit(partial(upkeep.settle_machine, session.machine_id), robust=True)


def _tell(event: Literal["opened", "closed", "attributed"], session: UsageSession) -> None:
    handlers.call("USAGE_HANDLERS", event, session)
