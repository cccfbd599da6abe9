"""The only writer of the park: categories, machines, outages."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from machines import ties
from machines.models import Machine, MachineCategory, MachinePool, MachineTie, Outage
from machines.ties import Layout
from members import handlers
from members.models import User
from members.services import record

Tie = tuple[int, int, str]
SAME_IN_POOL = (
    "category",
    "level_required",
    "min_age",
    "min_age_alone",
    "supervision",
    "supervisor_level",
    "buffer_before_minutes",
    "buffer_after_minutes",
)


@transaction.atomic
def save_category(*, actor: User | None, category: MachineCategory) -> MachineCategory:
    """Create or change a category. Raises ValidationError."""
    action = "category.created" if category.pk is None else "category.updated"
    category.full_clean()
    category.save()
    record(actor=actor, action=action, subject=f"category:{category.pk}")
    return category


@transaction.atomic
def save_pool(*, actor: User | None, pool: MachinePool) -> MachinePool:
    """Create or rename machines of the same kind. Raises ValidationError."""
    action = "pool.created" if pool.pk is None else "pool.updated"
    pool.full_clean()
    pool.save()
    record(actor=actor, action=action, subject=f"pool:{pool.pk}")
    return pool


@transaction.atomic
def save_machine(*, actor: User | None, machine: Machine, needs: Iterable[Machine] | None = None) -> Machine:
    """Create or change a machine's description and booking parameters; never its measured state.

    `needs` are the things it shares with others (None: unchanged). Raises ValidationError, also when bookings that
    exist would meet on what they would have to share.
    """
    action = "machine.created" if machine.pk is None else "machine.updated"
    machine.full_clean()
    _refuse_odd_one(machine)
    machine.save(update_fields=None if machine.pk is None else _described_fields())
    if needs is not None:
        machine.needs.set(needs)
    tie_together()
    record(actor=actor, action=action, subject=f"machine:{machine.pk}")
    return machine


def _refuse_odd_one(machine: Machine) -> None:
    """Whoever may have one of several of a kind may have any: a booking may change from one to another."""
    others = Machine.objects.filter(pool=machine.pool_id).exclude(pk=machine.pk) if machine.pool_id else []
    for other in others:
        odd = [name for name in SAME_IN_POOL if getattr(other, name) != getattr(machine, name)]
        if odd:
            names = ", ".join(_label(name) for name in odd)
            raise ValidationError({"pool": _("%(other)s differs: %(names)s.") % {"other": other, "names": names}})


def _label(name: str) -> str:
    return str(next(field.verbose_name for field in Machine._meta.concrete_fields if field.name == name))


def _described_fields() -> list[str]:
    return [field.name for field in Machine._meta.concrete_fields if field.editable and not field.primary_key]


@transaction.atomic
def tie_together() -> None:
    """Derive again what goes with what; TIES_HANDLERS bring the bookings of the machines that changed in line.

    Raises ValidationError when a machine would stand in itself.
    """
    layout = _layout()
    if ties.in_a_circle(layout):
        raise ValidationError({"inside": _("A machine cannot stand in itself.")})
    wanted, known = _wanted_ties(layout), set(MachineTie.objects.values_list("machine", "other", "role"))
    if wanted == known:
        return
    _write_ties(wanted, known)
    changed = {machine for machine, _other, role in wanted ^ known if role == MachineTie.Role.TAKEN}
    handlers.call("TIES_HANDLERS", sorted(changed))


def _layout() -> Layout:
    standing = Machine.objects.filter(inside__isnull=False).values_list("pk", "inside")
    inside = {machine: place for machine, place in standing if place is not None}
    needs: dict[int, list[int]] = defaultdict(list)
    for machine, other in Machine.needs.through.objects.values_list("from_machine", "to_machine"):
        needs[machine].append(other)
    return Layout(inside, needs)


def _wanted_ties(layout: Layout) -> set[Tie]:
    machines = {*layout.inside, *layout.inside.values(), *layout.needs}
    taken = {(one, other, str(MachineTie.Role.TAKEN)) for one in machines for other in ties.taken_along(one, layout)}
    return taken | {
        (one, other, str(MachineTie.Role.STOPS)) for one in machines for other in ties.stopped_by(one, layout)
    }


def _write_ties(wanted: set[Tie], known: set[Tie]) -> None:
    for machine, other, role in known - wanted:
        MachineTie.objects.filter(machine=machine, other=other, role=role).delete()
    MachineTie.objects.bulk_create(
        MachineTie(machine_id=one, other_id=two, role=role) for one, two, role in wanted - known
    )
    tied = {machine for machine, _other, _role in wanted}
    Machine.objects.filter(tied=True).exclude(pk__in=tied).update(tied=False)
    Machine.objects.filter(tied=False, pk__in=tied).update(tied=True)


@transaction.atomic
def declare_outage(
    *,
    actor: User | None,
    machine: Machine,
    reason: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    planned: bool = False,
) -> Outage:
    """Say that a machine cannot be used; OUTAGE_HANDLERS settle the bookings it touches.

    Raises ValidationError (planned work needs an end) and what the handlers raise (members hold the time).
    """
    if planned and ends_at is None:
        raise ValidationError({"ends_at": _("Say when the planned work ends.")})
    outage = Outage(
        machine=_locked(machine.pk),
        reason=reason,
        starts_at=starts_at or timezone.now(),
        ends_at=ends_at,
        planned=planned,
        reported_by=actor,
    )
    outage.full_clean()
    outage.save()
    record(actor=actor, action="outage.declared", subject=f"machine:{machine.pk}", detail={"reason": reason})
    handlers.call("OUTAGE_HANDLERS", "declared", outage)
    return outage


@transaction.atomic
def end_outage(*, actor: User | None, outage: Outage, at: datetime | None = None) -> Outage:
    """The machine works again. Raises ValidationError when the outage is already over."""
    _locked(outage.machine_id)
    current = Outage.objects.select_related("machine").get(pk=outage.pk)
    moment = at or timezone.now()
    if current.ends_at is not None and current.ends_at <= moment:
        raise ValidationError(_("This outage is already over."))
    if moment <= current.starts_at:
        handlers.call("OUTAGE_HANDLERS", "ended", current)
        current.delete()
    else:
        current.ends_at = moment
        current.save(update_fields=["ends_at"])
        handlers.call("OUTAGE_HANDLERS", "ended", current)
    record(actor=actor, action="outage.ended", subject=f"machine:{current.machine_id}")
    return current


def lock_machines(keys: Collection[int]) -> None:
    """Lock machines, those of their kind, and all that is taken along: always in the order of their keys.

    So no two wait for each other in a circle. Only inside a transaction.
    """
    pools = Machine.objects.filter(pk__in=keys, pool__isnull=False).values("pool")
    alike = Machine.objects.filter(Q(pk__in=keys) | Q(pool__in=pools)).values("pk")
    along = MachineTie.objects.filter(machine__in=alike, role=MachineTie.Role.TAKEN).values("other")
    rows = Machine.objects.select_for_update(no_key=True).filter(Q(pk__in=alike) | Q(pk__in=along))
    list(rows.order_by("pk").values_list("pk", flat=True))


def _locked(key: int) -> Machine:
    lock_machines([key])
    return Machine.objects.get(pk=key)
