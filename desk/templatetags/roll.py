"""Hours in words: `{% load roll %}`."""

from datetime import timedelta

from django import template

from desk.pdf import hours_text

register = template.Library()


@register.filter
def duration(time: timedelta) -> str:
    """Return `1 h 45`."""
    return hours_text(time)
