"""Amounts of stock and of use, in words."""

from decimal import Decimal

from django import template
from django.utils.translation import gettext as _

from machines.models import Consumable
from machines.stock_rules import short
from machines.upkeep_queries import Counted

register = template.Library()


@register.simple_tag
def amount(quantity: Decimal, consumable: Consumable, signed: bool = False) -> str:
    """Return an amount with its unit; `signed` shows a plus too."""
    sign = "+" if signed and quantity > 0 else ""
    return f"{sign}{short(quantity)} {consumable.get_unit_display()}".replace("-", "−", 1)


@register.simple_tag
def progress(one: Counted) -> str:
    """Say how much has come together since the work was last done, and how much is wanted."""
    words = {"amount": short(one.amount), "every": one.plan.every, "unit": one.plan.get_measure_display()}
    return _("%(amount)s of %(every)s %(unit)s") % words
