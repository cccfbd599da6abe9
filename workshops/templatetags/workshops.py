"""Words of the workshops' pages: `{% load workshops %}`."""

from django import template

from workshops.agenda_queries import Date
from workshops.models import Workshop
from workshops.rules import ages_text, cycle_text

register = template.Library()


@register.filter
def ages(workshop: Workshop | Date) -> str:
    """Say which ages a workshop is for."""
    return ages_text(workshop.age_min, workshop.age_max)


@register.filter
def cycle_date(date: Date) -> str:
    """Say which date of a cycle one of the agenda is; nothing for any other."""
    return cycle_text(date.cycle_number, date.cycle_dates) if date.cycle_number else ""
