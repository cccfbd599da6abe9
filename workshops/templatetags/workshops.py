"""Words of the workshops' pages: `{% load workshops %}`."""

from django import template

from workshops.models import Workshop
from workshops.rules import ages_text

register = template.Library()


@register.filter
def ages(workshop: Workshop) -> str:
    """Say which ages a workshop is for."""
    return ages_text(workshop.age_min, workshop.age_max)
