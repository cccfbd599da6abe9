"""Words of the workshops' pages: `{% load workshops %}`."""

from django import template

from workshops.models import Workshop, WorkshopSession
from workshops.rules import ages_text, cycle_text

register = template.Library()


@register.filter
def ages(workshop: Workshop) -> str:
    """Say which ages a workshop is for."""
    return ages_text(workshop.age_min, workshop.age_max)


@register.filter
def cycle_date(session: WorkshopSession) -> str:
    """Say which date of a cycle a session of the agenda is; nothing for any other."""
    number = getattr(session, "cycle_number", None)
    return cycle_text(number, session.cycle_dates) if number else ""
