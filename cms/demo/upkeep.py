"""Maintenance that the machines' past brings about, and a shelf with what they use up."""

from datetime import timedelta
from decimal import Decimal

from cms.demo.stage import Stage
from machines.models import Consumable, Machine, MachineMeter, Measure, Unit, UpkeepPlan, Why
from machines.services import meters, stock, upkeep
from machines.services.stock import Cause

HOUR = timedelta(hours=1)
# Name, unit, to order below, family of machines, then movements: why, how much, how many days ago, a word.
SHELF = (
    ("Filament PLA 1,75 mm", Unit.GRAM, 1000, "impression-3d", (
        (Why.BOUGHT, 4000, 40, "Quatre bobines"), (Why.USED, 620, 21, ""), (Why.USED, 480, 9, ""),
        (Why.COUNTED, 2850, 3, "Inventaire de novembre"),
    )),
    ("Contreplaqué peuplier 3 mm", Unit.SHEET, 10, "decoupe-laser", (
        (Why.BOUGHT, 30, 45, ""), (Why.USED, 19, 15, "Atelier lampes"), (Why.THROWN, 4, 6, "Gondolées"),
    )),
    ("Buse laiton 0,4 mm", Unit.PIECE, 2, "", ((Why.BOUGHT, 5, 60, ""), (Why.USED, 1, 30, "Cigale"))),
)  # fmt: skip


def load(stage: Stage) -> None:
    """Write two plans, of which one has come due, and three consumables with their movements."""
    for machine in stage.machines.values():
        meters.recount(machine)
    printer, laser = stage.machines["imprimante-1"], stage.machines["decoupe-laser"]
    due = UpkeepPlan(
        machine=printer, name="Buse", measure=Measure.HOURS, every=_hours(printer), margin=200,
        how="Chauffer à 200 °C, dévisser, poser une buse laiton 0,4 mm, refaire le réglage du plateau.",
    )  # fmt: skip
    upkeep.save_plan(actor=stage.admin, plan=due, already=_hours(printer), now=stage.moment(-60, "10:00"))
    lens = UpkeepPlan(
        machine=laser, name="Lentille et miroirs", measure=Measure.DAYS, every=14,
        how="Coton-tige et alcool, sans appuyer ; laisser sécher.",
    )  # fmt: skip
    upkeep.save_plan(actor=stage.admin, plan=lens, now=stage.moment(-5, "10:00"))
    _shelf(stage)
    upkeep.settle_upkeep(stage.now)


def _hours(machine: Machine) -> int:
    """Return the whole hours a machine has worked, at least one."""
    return max(int(MachineMeter.objects.get(machine=machine).run_time / HOUR), 1)


def _shelf(stage: Stage) -> None:
    families = {machine.category.slug: machine.category for machine in stage.machines.values()}
    for name, unit, least, family, movements in SHELF:
        fields = {"name": name, "unit": unit, "warn_below": Decimal(least), "category": families.get(family)}
        known = Consumable(**fields)
        consumable = stock.save_consumable(actor=stage.admin, consumable=known, now=stage.moment(-70, "15:00"))
        for why, amount, days, note in movements:
            cause = Cause(stage.admin, note=note, at=stage.moment(-days, "15:00"))
            _move(consumable, why, Decimal(amount), cause)


def _move(consumable: Consumable, why: Why, amount: Decimal, cause: Cause) -> None:
    if why == Why.COUNTED:
        stock.count(consumable=consumable, amount=amount, cause=cause)
    else:
        stock.move(consumable=consumable, why=why, amount=amount, cause=cause)
