"""What may be said about the stock: pure, every problem as a sentence."""

from decimal import Decimal
from math import ceil

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from machines.models import Consumable, Unit, Why

BY_HAND = {Why.BOUGHT: 1, Why.USED: -1, Why.THROWN: -1}


def amount_problems(amount: Decimal, *, least: Decimal) -> list[ValidationError]:
    """Say why an amount cannot be noted; `least` is the smallest one."""
    if amount >= least:
        return []
    return [ValidationError({"amount": ValidationError(_("Write an amount above zero."), "too_little")})]


def take_problems(consumable: Consumable, quantity: Decimal) -> list[ValidationError]:
    """Say why somebody cannot take so much: the shelf may hold more than we think, then it is counted first."""
    if quantity >= 0 or consumable.level + quantity >= 0:
        return []
    words = _("By our count only %(level)s %(unit)s are left. Count again first, then note what you took.")
    said = words % {"level": short(consumable.level), "unit": consumable.get_unit_display()}
    return [ValidationError({"amount": ValidationError(said, "not_enough")})]


def is_low(consumable: Consumable) -> bool:
    """Tell whether somebody should order: below the threshold, or below nothing at all."""
    return consumable.level < 0 or (consumable.warn_below is not None and consumable.level < consumable.warn_below)


def short(amount: Decimal) -> str:
    """Return an amount without zeros that say nothing, with a comma: 750, 1,5."""
    return f"{amount:f}".rstrip("0").rstrip(".").replace(".", ",") if "." in f"{amount:f}" else f"{amount:f}"


def amount_words(quantity: Decimal, consumable: Consumable, *, signed: bool = False) -> str:
    """Return an amount with its unit, `signed` with a plus too."""
    sign = "−" if quantity < 0 else "+" if signed and quantity > 0 else ""
    return f"{sign}{short(abs(quantity))} {_unit(abs(quantity), consumable)}"


def _unit(amount: Decimal, consumable: Consumable) -> str:
    """Return the unit in the singular where there is one thing."""
    if consumable.unit == Unit.SHEET:
        return ngettext("sheet", "sheets", ceil(amount))
    if consumable.unit == Unit.PIECE:
        return ngettext("piece", "pieces", ceil(amount))
    return str(consumable.get_unit_display())
