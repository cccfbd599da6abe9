"""The list of who asked to start which machine, by card or from its page, and what was answered. Read only."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column

from cms.gestion import rights
from cms.gestion.forms.machines import StartFilter
from cms.gestion.views import Listing
from machines.models import StartRequest
from place.clock import hour_text, local, moment_text

REASONS = {
    "past": _("asked too late"),
    "closed": _("the lab is closed"),
    "machine_down": _("machine out of order"),
    "membership_expired": _("membership at its end"),
    "consent_missing": _("agreements missing"),
    "too_young": _("too young"),
    "qualification_missing": _("habilitation missing"),
    "supervision_missing": _("nobody there to watch"),
    "overlap": _("somebody else has the machine"),
    "not_allowed": _("card unknown or taken back"),
}
"""Every code of `machines.start_rules.ORDER`, for the team."""


class StartList(Listing):
    right = rights.MANAGE_PARK
    page_title = _("Requests to start")
    header_icon = "key"
    filter_form_class = StartFilter
    order = ("-asked_at", "-pk")
    empty_text = _("Nobody has asked to start a machine yet, by card or from its page.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[StartRequest]:
        found = StartRequest.objects.select_related("machine", "member").prefetch_related("orders")
        if filters.get("machine"):
            found = found.filter(machine=filters["machine"])
        return found.filter(granted=False) if filters.get("refused") else found

    def columns(self) -> list[Column]:
        return [
            Column("machine", label=_("Machine")),
            Column("asked_at", label=_("Asked at"), accessor=lambda row: moment_text(row.asked_at)),
            Column("member", label=_("Who"), accessor=lambda row: row.member or _("card unknown")),
            Column("channel", label=_("How"), accessor=lambda row: row.get_channel_display()),
            Column("answer", label=_("Answer"), accessor=_answer),
            Column("orders", label=_("Switch"), accessor=_switched),
        ]


def _answer(row: StartRequest) -> str:
    """Return until when, or every reason why not."""
    if row.granted:
        same_day = local(row.until).date() == local(row.asked_at).date()
        until = hour_text(row.until) if same_day else moment_text(row.until)
        return _("yes, until %(until)s") % {"until": until}
    reasons = ", ".join(str(REASONS.get(code, code)) for code in row.codes)
    return _("no: %(reasons)s") % {"reasons": reasons}


def _switched(row: StartRequest) -> str:
    return ", ".join(order.get_fate_display() for order in row.orders.all())
