"""How agreements look and what withdrawing them does, in words: `{% load papers %}`."""

from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from members.models import Purpose
from members.standing import Holds, Standing

register = template.Library()

LOOKS = {
    Holds.NOT_NEEDED: ("free", "circle-check", pgettext_lazy("agreement", "not needed")),
    Holds.IN_FORCE: ("free", "circle-check", pgettext_lazy("agreement", "agreed")),
    Holds.UNASKED: ("resv", "pencil", pgettext_lazy("agreement", "to sign")),
    Holds.INCOMPLETE: ("resv", "pencil", pgettext_lazy("agreement", "a signature is missing")),
    Holds.EXPIRED: ("busy", "calendar-x", pgettext_lazy("agreement", "ended, to sign again")),
    Holds.REFUSED: ("down", "ban", pgettext_lazy("agreement", "refused")),
    Holds.WITHDRAWN: ("down", "ban", pgettext_lazy("agreement", "withdrawn")),
}
CONSEQUENCES = {
    Purpose.ACCOUNT: _("The account closes at once: no more signing in. The desk can still book for you."),
    Purpose.MACHINES: _("The machine bookings to come are cancelled at once. Workshops stay."),
    Purpose.HOME_ALONE: _("From now on somebody must come and fetch, until 16."),
    Purpose.PHOTO_LAB: _("The team takes the photos down from the walls."),
    Purpose.PHOTO_WEB: _("The photos disappear from the site at once."),
    Purpose.PHOTO_PRESS: _("The photos are not printed again. What is printed already stays printed."),
    Purpose.PUBLICATION: _("No new project is published. Ask the desk to take back those that are."),
}


@register.inclusion_tag("components/pill.html")
def standing_badge(standing: Standing) -> dict[str, Any]:
    """Show how an agreement stands as icon, word and colour."""
    colour, icon_name, text = LOOKS[standing.holds]
    return {"colour": colour, "icon_name": icon_name, "text": text}


@register.filter
def consequence(purpose: str) -> Any:
    """Say what withdrawing does, before it is done."""
    return CONSEQUENCES.get(Purpose(purpose), "")
