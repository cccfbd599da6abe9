"""The only writer of the stock. Amounts in the consumable's unit; a movement is never changed, only followed by one."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from machines import notifications, stock_rules
from machines.models import Consumable, MaintenanceTask, StockMovement, UsageSession, Why
from machines.stock_queries import drawn_by, only_material_for
from members.models import User
from members.services import record

UPKEEP = "machines.do_upkeep"
LEAST = Decimal("0.01")
LEVEL = ("level", "count_again", "low_since")


@dataclass(frozen=True, slots=True)
class Cause:
    """Where a movement comes from; `key` makes the same form sent twice one movement."""

    actor: User | None = None
    note: str = ""
    use: UsageSession | None = None
    task: MaintenanceTask | None = None
    key: str = ""
    at: datetime | None = None


@transaction.atomic
def save_consumable(*, actor: User | None, consumable: Consumable, now: datetime | None = None) -> Consumable:
    """Add or change what a consumable is; never its level. Raises ValidationError."""
    action = "consumable.created" if consumable.pk is None else "consumable.updated"
    if consumable.pk:
        known = _locked(consumable.pk)
        for name in LEVEL:
            setattr(consumable, name, getattr(known, name))
    consumable.full_clean()
    consumable.low_since = _low_since(consumable, now or timezone.now())
    consumable.save()
    record(actor=actor, action=action, subject=f"consumable:{consumable.pk}", detail={"name": consumable.name})
    return consumable


@transaction.atomic
def move(*, consumable: Consumable, why: str, amount: Decimal, cause: Cause) -> StockMovement:
    """Note that something was received, used or thrown away; `amount` is above zero.

    Raises PermissionDenied, ValidationError (nothing, or more than there is by our count).
    """
    _refuse_stranger(cause.actor)
    current = _locked(consumable.pk)
    if known := _sent_before(cause):
        return known
    quantity = amount * stock_rules.BY_HAND[Why(why)]
    found = stock_rules.amount_problems(amount, least=LEAST) or stock_rules.take_problems(current, quantity)
    if found:
        raise found[0]
    return _write(current, quantity, why, cause)


@transaction.atomic
def count(*, consumable: Consumable, amount: Decimal, cause: Cause) -> StockMovement:
    """Note how much there really is: the difference is a movement like any other. Raises as `move` does."""
    _refuse_stranger(cause.actor)
    current = _locked(consumable.pk)
    if known := _sent_before(cause):
        return known
    if found := stock_rules.amount_problems(amount, least=Decimal(0)):
        raise found[0]
    current.count_again = False
    return _write(current, amount - current.level, Why.COUNTED, cause)


def settle_use(use: UsageSession) -> None:
    """Bring the stock in line with what a use took, once it is over; idempotent, its machine is locked.

    A use that runs again or is corrected is followed by movements that put the difference right. What it takes may
    lead below zero: then the consumable waits to be counted again.
    """
    wanted = _wanted(use)
    drawn = drawn_by(use) if use.ended_at or use.material_amount else {}
    for key in sorted({*drawn, *wanted}):
        difference = drawn.get(key, Decimal(0)) - wanted.get(key, Decimal(0))
        if difference:
            why = Why.CORRECTED if key in drawn else Why.USED
            _write(_locked(key), difference, why, Cause(use=use))


def _wanted(use: UsageSession) -> dict[int, Decimal]:
    if use.ended_at is None or not use.material_amount:
        return {}
    if use.consumable_id is None:
        use.consumable = only_material_for(use)
        use.save(update_fields=["consumable"])
    return {use.consumable_id: use.material_amount} if use.consumable_id else {}


def _write(consumable: Consumable, quantity: Decimal, why: str, cause: Cause) -> StockMovement:
    """Add a movement and move the level with it; the consumable is locked."""
    was_low, moment = consumable.low_since, cause.at or timezone.now()
    consumable.level += quantity
    consumable.count_again = consumable.count_again or consumable.level < 0
    consumable.low_since = _low_since(consumable, moment)
    consumable.save(update_fields=LEVEL)
    movement = StockMovement(
        consumable=consumable,
        quantity=quantity,
        level=consumable.level,
        why=why,
        at=moment,
        by=cause.actor,
        note=cause.note,
        use=cause.use,
        task=cause.task,
        key=cause.key,
    )
    movement.full_clean(validate_constraints=False)
    movement.save()
    if consumable.low_since and not was_low:
        notifications.stock_low(consumable)
    return movement


def _low_since(consumable: Consumable, moment: datetime) -> datetime | None:
    return (consumable.low_since or moment) if stock_rules.is_low(consumable) else None


def _sent_before(cause: Cause) -> StockMovement | None:
    return StockMovement.objects.filter(key=cause.key).first() if cause.key else None


def _locked(key: int) -> Consumable:
    return Consumable.objects.select_for_update(no_key=True, of=("self",)).get(pk=key)


def _refuse_stranger(actor: User | None) -> None:
    if actor is not None and not actor.has_perm(UPKEEP):
        raise PermissionDenied(_("You cannot note what is in stock."))
