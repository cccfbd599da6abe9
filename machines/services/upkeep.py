"""The only writer of maintenance: plans, the tasks that thresholds open, what was done."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from machines import notifications, upkeep_rules
from machines.models import Consumable, MachineMeter, MaintenanceTask, Measure, Outage, UpkeepPlan, Why
from machines.quiz_rules import plain
from machines.services import meters, stock
from machines.services.park import declare_outage, end_outage, lock_machines
from machines.services.stock import UPKEEP, Cause
from machines.upkeep_queries import counted_plans, meter_of, needs_settling, plans, unsettled
from members.models import User
from members.services import record


@transaction.atomic
def save_plan(*, actor: User | None, plan: UpkeepPlan, already: int = 0, now: datetime | None = None) -> UpkeepPlan:
    """Add or change a plan. A new one, or one counted otherwise, counts from now, `already` so much in its measure.

    Raises ValidationError.
    """
    lock_machines([plan.machine_id])
    known = UpkeepPlan.objects.filter(pk=plan.pk).first()
    plan.full_clean()
    if known is None or (known.measure, known.machine_id) != (plan.measure, plan.machine_id):
        _count_from(plan, now or timezone.now(), already)
    plan.save()
    action = "upkeep.planned" if known is None else "upkeep.changed"
    record(actor=actor, action=action, subject=f"machine:{plan.machine_id}", detail={"plan": plan.name})
    return plan


def _count_from(plan: UpkeepPlan, now: datetime, already: int = 0) -> None:
    """Let a plan count from a moment and from where its machine's meter stands; its machine is locked."""
    meter = MachineMeter.objects.filter(machine=plan.machine_id).first() or meters.recount(plan.machine)
    behind = already * upkeep_rules.HOUR if plan.measure == Measure.HOURS else already
    plan.done_at = now - timedelta(days=already if plan.measure == Measure.DAYS else 0)
    plan.done_reading = upkeep_rules.reading(plan.measure, meter) - behind


def settle_machine(machine_id: int, now: datetime | None = None) -> int:
    """Open what has come due at a machine and stop bookings where it waited too long; return how many changed.

    Idempotent. Called after the commit that moved the meter: an outage locks more machines than a use does.
    """
    moment = now or timezone.now()
    return sum(_settle(plan, moment) for plan in unsettled(plans().filter(machine=machine_id), moment))


def settle_upkeep(now: datetime) -> int:
    """Do the same for every machine, and count those that were never counted; return how many tasks changed."""
    meters.start_missing()
    return sum(_settle(plan, now) for plan in unsettled(plans().order_by("machine", "pk"), now))


@transaction.atomic
def _settle(plan: UpkeepPlan, now: datetime) -> bool:
    lock_machines([plan.machine_id])
    current = counted_plans(plans().filter(pk=plan.pk), now)[0]
    if not needs_settling(current):
        return False
    task = current.task or _open(current.plan, current.amount, now)
    if upkeep_rules.stops_bookings(current.plan, current.amount):
        _stop_bookings(task, now)
    return True


def _open(plan: UpkeepPlan, amount: Decimal, now: datetime) -> MaintenanceTask:
    task = MaintenanceTask.objects.create(plan=plan, opened_at=now, measured=amount)
    record(actor=None, action="upkeep.due", subject=f"machine:{plan.machine_id}", detail={"plan": plan.name})
    notifications.work_due(task)
    return task


def _stop_bookings(task: MaintenanceTask, now: datetime) -> None:
    """Take the machine out of use; OUTAGE_HANDLERS put its bookings in doubt and tell who holds them."""
    plan = task.plan
    reason = _("Maintenance first: %(work)s") % {"work": plan.name}
    task.outage = declare_outage(actor=None, machine=plan.machine, reason=reason, starts_at=now)
    task.blocked_at = now
    task.save(update_fields=["outage", "blocked_at"])


@transaction.atomic
def finish(
    *,
    actor: User,
    task: MaintenanceTask,
    note: str = "",
    used: dict[Consumable, Decimal] | None = None,
    now: datetime | None = None,
) -> MaintenanceTask:
    """Note that the work is done: counting starts again, what it stopped goes on, what was used leaves the stock.

    Raises PermissionDenied, ValidationError (done already, more used than there is).
    """
    _refuse_stranger(actor)
    lock_machines([task.plan.machine_id])
    rows = MaintenanceTask.objects.select_for_update(of=("self",)).select_related("plan__machine__meter")
    current = rows.get(pk=task.pk)
    if found := upkeep_rules.finish_problems(done=current.done_at is not None):
        raise found[0]
    return _finish(current, actor, plain(note), used or {}, now or timezone.now())


@transaction.atomic
def finish_early(
    *,
    actor: User,
    plan: UpkeepPlan,
    note: str = "",
    used: dict[Consumable, Decimal] | None = None,
    now: datetime | None = None,
) -> MaintenanceTask:
    """Note work that nobody had to ask for yet; work that waits is the same as `finish`. Raises as it does."""
    _refuse_stranger(actor)
    lock_machines([plan.machine_id])
    moment = now or timezone.now()
    current = counted_plans(plans().filter(pk=plan.pk), moment)[0]
    task = current.task or MaintenanceTask.objects.create(plan=plan, opened_at=moment, measured=current.amount)
    return finish(actor=actor, task=task, note=note, used=used, now=moment)


def _finish(
    task: MaintenanceTask, actor: User, note: str, used: dict[Consumable, Decimal], now: datetime
) -> MaintenanceTask:
    plan = task.plan
    task.done_at, task.done_by, task.note = max(now, task.opened_at), actor, note
    task.done_after = upkeep_rules.since_done(plan, meter_of(plan), now)
    task.full_clean()
    task.save(update_fields=["done_at", "done_by", "done_after", "note"])
    _count_from(plan, now)
    plan.save(update_fields=["done_at", "done_reading"])
    for consumable in sorted(used, key=lambda one: one.pk):
        cause = Cause(actor, task=task, note=plan.name)
        stock.move(consumable=consumable, why=Why.USED, amount=used[consumable], cause=cause)
    _let_go_on(task.outage, actor, now)
    record(actor=actor, action="upkeep.done", subject=f"machine:{plan.machine_id}", detail={"plan": plan.name})
    return task


def _let_go_on(outage: Outage | None, actor: User, now: datetime) -> None:
    """End what the plan had stopped, unless somebody already has."""
    if outage and (outage.ends_at is None or outage.ends_at > now):
        end_outage(actor=actor, outage=outage, at=now)


def _refuse_stranger(actor: User) -> None:
    if not actor.has_perm(UPKEEP):
        raise PermissionDenied(_("You cannot note maintenance."))
