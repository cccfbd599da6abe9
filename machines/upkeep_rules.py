"""How use is counted and when work is due: pure, the moment passed in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from machines.models import MachineMeter, Measure, Unit, UpkeepPlan, UsageSession
from machines.stock_rules import short
from place.clock import today

HOUR = 3600
HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Totals:
    """What uses come to: how many, time at work without pauses, material."""

    uses: int = 0
    run_time: timedelta = timedelta(0)
    grams: Decimal = Decimal(0)
    metres: Decimal = Decimal(0)

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            self.uses + other.uses,
            self.run_time + other.run_time,
            self.grams + other.grams,
            self.metres + other.metres,
        )

    def __sub__(self, other: "Totals") -> "Totals":
        return Totals(
            self.uses - other.uses,
            self.run_time - other.run_time,
            self.grams - other.grams,
            self.metres - other.metres,
        )


NOTHING = Totals()


def counted(use: UsageSession) -> Totals:
    """Return what one use adds to the meter of its machine: nothing as long as it runs."""
    if use.ended_at is None:
        return NOTHING
    worked = use.ended_at - use.started_at - timedelta(seconds=use.paused_seconds)
    amount = use.material_amount or Decimal(0)
    return Totals(
        uses=1,
        run_time=max(worked, timedelta(0)),
        grams=amount if use.material_unit == Unit.GRAM else Decimal(0),
        metres=amount if use.material_unit == Unit.METRE else Decimal(0),
    )


def reading(measure: str, meter: MachineMeter | None) -> Decimal:
    """Return where the meter of a measure stands: seconds, uses, grams or metres; 0 for days."""
    if meter is None or measure == Measure.DAYS:
        return Decimal(0)
    if measure == Measure.HOURS:
        return Decimal(meter.run_time // timedelta(microseconds=1)) / 1_000_000
    return Decimal(getattr(meter, measure))


def since_done(plan: UpkeepPlan, meter: MachineMeter | None, now: datetime) -> Decimal:
    """Return how much has come together since the work was last done, in the plan's measure; never below 0."""
    if plan.measure == Measure.DAYS:
        return Decimal(max((today(now) - today(plan.done_at)).days, 0))
    moved = reading(plan.measure, meter) - plan.done_reading
    amount = moved / HOUR if plan.measure == Measure.HOURS else moved
    return max(amount, Decimal(0)).quantize(HUNDREDTH, ROUND_DOWN)


def is_due(plan: UpkeepPlan, amount: Decimal) -> bool:
    return plan.active and amount >= plan.every


def stops_bookings(plan: UpkeepPlan, amount: Decimal) -> bool:
    """Tell whether the work has waited beyond its margin; a plan without one never stops anybody."""
    return is_due(plan, amount) and plan.margin is not None and amount >= plan.every + plan.margin


def finish_problems(*, done: bool) -> list[ValidationError]:
    """Say why a task cannot be noted as done."""
    return [ValidationError(_("Somebody has already done this work."), "done")] if done else []


def progress_words(plan: UpkeepPlan, amount: Decimal) -> str:
    """Say how much has come together since the work was last done, and how much is wanted."""
    words = {"amount": short(amount), "every": plan.every, "unit": plan.get_measure_display()}
    return _("%(amount)s of %(every)s %(unit)s") % words
