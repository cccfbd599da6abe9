"""Reading maintenance: plans with what has come together, work that waits. No query goes over past uses."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from machines import upkeep_rules
from machines.models import MachineMeter, MaintenanceTask, UpkeepPlan

SHOWN_MOST = 60


@dataclass(frozen=True, slots=True)
class Counted:
    """A plan, what has come together since the work was last done, and its open task."""

    plan: UpkeepPlan
    amount: Decimal
    task: MaintenanceTask | None

    @property
    def left(self) -> Decimal:
        """What remains until the work is due; below 0 when it waits."""
        return self.plan.every - self.amount


def meter_of(plan: UpkeepPlan) -> MachineMeter | None:
    """Return the meter of a plan's machine as it was read with it; a machine that was never counted has none."""
    return getattr(plan.machine, "meter", None)


def plans() -> QuerySet[UpkeepPlan]:
    """Return plans with their machines and meters, to be read in one query."""
    return UpkeepPlan.objects.select_related("machine__meter")


def counted_plans(rows: Iterable[UpkeepPlan], now: datetime) -> list[Counted]:
    """Return how far each plan is: one query for the open tasks of all, besides that of the rows."""
    known = list(rows)
    tasks = {task.plan_id: task for task in MaintenanceTask.objects.filter(plan__in=known, done_at=None)}
    return [Counted(plan, upkeep_rules.since_done(plan, meter_of(plan), now), tasks.get(plan.pk)) for plan in known]


def unsettled(rows: QuerySet[UpkeepPlan], now: datetime) -> list[UpkeepPlan]:
    """Return the plans for which a task must be opened or bookings stopped: two queries."""
    return [one.plan for one in counted_plans(rows.filter(active=True), now) if needs_settling(one)]


def needs_settling(one: Counted) -> bool:
    """Tell whether work came due, or waited too long, and nothing has followed yet."""
    if one.task is None:
        return upkeep_rules.is_due(one.plan, one.amount)
    return one.task.blocked_at is None and upkeep_rules.stops_bookings(one.plan, one.amount)


def waiting_work(now: datetime, limit: int = SHOWN_MOST) -> list[Counted]:
    """Return what the team has to do, the longest due first: one query."""
    rows = _tasks().filter(done_at=None).order_by("opened_at", "pk")
    return [_counted(task, now) for task in rows[:limit]]


def one_task(pk: int, now: datetime) -> Counted:
    """Return a task, done or not, with how far its plan is: one query."""
    return _counted(_tasks().get(pk=pk), now)


def _tasks() -> QuerySet[MaintenanceTask]:
    return MaintenanceTask.objects.select_related("plan__machine__meter", "done_by")


def _counted(task: MaintenanceTask, now: datetime) -> Counted:
    return Counted(task.plan, upkeep_rules.since_done(task.plan, meter_of(task.plan), now), task)


def open_tasks() -> int:
    """Return how much work waits."""
    return MaintenanceTask.objects.filter(done_at=None).count()
