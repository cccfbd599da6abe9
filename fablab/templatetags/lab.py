"""The words and pictures of the screens: `{% load lab %}`."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template.loader import get_template
from django.urls import translate_url
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, get_language_info, pgettext_lazy

from place import clock

register = template.Library()
Words = str | Promise  # a text, or one translated when shown

ICONS = Path(__file__).resolve().parent.parent / "static" / "icons" / "lucide.json"
PICTURES = {"fdm", "sla", "laser_cut", "cnc_mill", "vinyl_cut", "embroidery", "sewing", "heat_press"}

# State of a machine: colour class, icon, word.
STATES = {
    "free": ("free", "circle-check", pgettext_lazy("state of a machine", "free")),
    "reserved": ("resv", "clock", pgettext_lazy("state of a machine", "reserved")),
    "in_use": ("busy", "loader-circle", pgettext_lazy("state of a machine", "in use")),
    "paused": ("resv", "circle-pause", pgettext_lazy("state of a machine", "paused")),
    "down": ("down", "wrench", pgettext_lazy("state of a machine", "out of order")),
    "offline": ("down", "wifi-off", pgettext_lazy("state of a machine", "offline")),
    "closed": ("down", "door-closed", pgettext_lazy("state of a machine", "closed")),
}
# At work, a machine says what it does when its process has a plain verb.
WORK = {
    "fdm": ("loader-circle", pgettext_lazy("state of a machine", "printing")),
    "sla": ("loader-circle", pgettext_lazy("state of a machine", "printing")),
    "laser_cut": ("zap", pgettext_lazy("state of a machine", "cutting")),
    "vinyl_cut": ("scissors", pgettext_lazy("state of a machine", "cutting")),
}


@cache
def icons() -> dict[str, str]:
    """Return the drawings we ship, by Lucide name."""
    return json.loads(ICONS.read_text(encoding="utf-8"))


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return an inline drawing, hidden from screen readers: a word always stands beside it.

    Raises KeyError for a name that static/icons/lucide.json does not hold.
    """
    return format_html(
        '<svg class="icon" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        ' stroke-width="2" aria-hidden="true">{}</svg>',
        mark_safe(icons()[name]),  # noqa: S308 -- a file of ours
    )


@register.simple_tag
def drawing(name: str) -> SafeString:
    """Return one of the drawings of templates/pictures/."""
    return mark_safe(get_template(f"pictures/{name}.svg").render())  # noqa: S308 -- a file of ours


@register.simple_tag
def machine_picture(process: str) -> SafeString:
    """Return the drawing of a process; an unknown one gets the tool box."""
    return drawing(process if process in PICTURES else "tools")


@register.inclusion_tag("components/pill.html")
def pill(colour: str, icon_name: str, text: Words) -> dict[str, Words]:
    """Show a state as icon, word and colour: free, busy, resv or down."""
    return {"colour": colour, "icon_name": icon_name, "text": text}


@register.inclusion_tag("components/pill.html")
def state_badge(state: str, process: str = "") -> dict[str, Words]:
    """Show the live state of a machine; with its process, `in use` becomes `printing` or `cutting`."""
    colour, icon_name, text = STATES[state]
    if state == "in_use" and process in WORK:
        icon_name, text = WORK[process]
    return pill(colour, icon_name, text)


@register.filter
def day_long(moment: datetime | date) -> str:
    """Return `mercredi 25 novembre`."""
    return clock.day_text(moment)


@register.filter
def day_short(moment: datetime | date) -> str:
    """Return `mer. 25 nov.`."""
    return clock.day_text(moment, short=True)


@register.filter
def hour(moment: datetime) -> str:
    """Return `14 h 30`."""
    return clock.hour_text(moment)


@register.filter
def euros(cents: int) -> str:
    """Return an amount in cents as `12,50 €`."""
    return f"{number_format(cents / 100, 2)}\u00a0€"


@register.filter
def in_fours(text: str) -> str:
    """Return a long code in groups of four, easier to copy by hand."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


@register.simple_tag
def period(start: datetime, end: datetime) -> str:
    """Return `mer. 25 nov., 14 h – 16 h`."""
    return clock.period_text(start, end)


@register.simple_tag
def hours(start: datetime, end: datetime) -> str:
    """Return `14 h – 16 h`, for a row that already shows its day."""
    return f"{clock.hour_text(start)} – {clock.hour_text(end)}"


@register.inclusion_tag("components/date_card.html")
def date_card(moment: datetime | date) -> dict[str, Any]:
    """Show a day as a tear-off calendar."""
    day = clock.local(moment).date() if isinstance(moment, datetime) else moment
    return {"day": day, "top": clock.day_text(day, short=True).partition(".")[0], "bottom": day.day}


@register.simple_tag
def page_path(path: str) -> str:
    """Return the address of a page in the language of the reader; French has no prefix."""
    language = get_language() or settings.LANGUAGE_CODE
    return path if language == settings.LANGUAGE_CODE else f"/{language}{path}"


@register.inclusion_tag("components/nav_link.html", takes_context=True)
def nav_link(context: template.Context, path: str, icon_name: str, label: str) -> dict[str, Any]:
    """Show a link of the main menu, marked when the reader is there."""
    url = page_path(path)
    request: HttpRequest | None = context.get("request")
    here = request.path if request else ""
    return {"url": url, "icon_name": icon_name, "label": label, "current": here.startswith(url)}


@register.simple_tag(takes_context=True)
def tongues(context: template.Context) -> Sequence[dict[str, Any]]:
    """Return the other languages of this page: code, own name, address."""
    request: HttpRequest | None = context.get("request")
    if request is None:
        return []
    here = request.get_full_path()
    others = [code for code, _name in settings.LANGUAGES if code != get_language()]
    return [
        {"code": code, "name": get_language_info(code)["name_local"].capitalize(), "url": translate_url(here, code)}
        for code in others
    ]
