"""Amounts of stock and of use, in words."""

from decimal import Decimal

from django import template

from machines.models import Consumable
from machines.stock_rules import amount_words
from machines.upkeep_queries import Counted
from machines.upkeep_rules import progress_words

register = template.Library()


@register.simple_tag
def amount(quantity: Decimal, consumable: Consumable, signed: bool = False) -> str:
    """Return an amount with its unit; `signed` shows a plus too."""
    return amount_words(quantity, consumable, signed=signed)


@register.simple_tag
def progress(one: Counted) -> str:
    """Say how much has come together since the work was last done, and how much is wanted."""
    return progress_words(one.plan, one.amount)
