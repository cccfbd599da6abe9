"""Screens of the bridge itself: what it does, and the messages it could not use."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import Column

from cms.gestion import rights
from cms.gestion.forms.machines import RejectedFilter
from cms.gestion.views import Furniture, LinkColumn, Listing
from iot_bridge import queries
from iot_bridge.models import BridgeReport, MachineMessage
from iot_bridge.showing import shown
from place.clock import moment_text

BRIDGE = ("lab_bridge", _("Bridge to the machines"))
REJECTED = ("lab_rejected", _("Unusable messages"))
COUNTED = (
    ("received", _("Messages received")),
    ("committed", _("Messages stored")),
    ("late", _("had waited at the broker")),
    ("repeated", _("sent twice, left out")),
    ("unknown", _("of no device")),
    ("reconnects", _("Connections lost and found again")),
)


class BridgeScreen(Furniture, TemplateView):
    right = rights.MANAGE_PARK
    template_name = "cms/gestion/bridge.html"
    page_title = BRIDGE[1]
    header_icon = "site"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        beats = queries.bridge_beats(timezone.now())
        reports = queries.bridge_reports(beats.of)
        told = {
            "beats": beats,
            "connected": all(report.connected for report in reports),
            "backlog": any(report.backlog for report in reports),
            "reports": [(report, _figures(report), _most_first(report)) for report in reports],
        }
        return super().get_context_data(**told, **kwargs)


def _figures(report: BridgeReport) -> list[tuple[Any, int]]:
    return [(label, getattr(report, name)) for name, label in COUNTED]


def _most_first(report: BridgeReport) -> list[tuple[str, int]]:
    return sorted(report.rejected.items(), key=lambda item: (-item[1], item[0]))


class RejectedList(Listing):
    right = rights.MANAGE_PARK
    page_title = REJECTED[1]
    parent = BRIDGE
    header_icon = "warning"
    filter_form_class = RejectedFilter
    order = ("-pk",)
    empty_text = _("Every message could be used.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[MachineMessage]:
        found = queries.rejected_messages()
        if filters.get("device"):
            found = found.filter(device=filters["device"])
        return found.filter(reason__icontains=filters["reason"]) if filters.get("reason") else found

    def columns(self) -> list[Column]:
        return [
            Column("received_at", label=_("Received on"), accessor=lambda row: moment_text(row.received_at)),
            LinkColumn("topic", label=_("Topic"), get_url=lambda row: reverse("lab_rejected_message", args=[row.pk])),
            Column("reason", label=_("Reason")),
            Column("device", label=_("Device"), accessor=lambda row: row.device or ""),
        ]


class RejectedMessage(Furniture, TemplateView):
    """One message with what it held, cut and escaped, and whether it would be understood today."""

    right = rights.MANAGE_PARK
    template_name = "cms/gestion/rejected_message.html"
    page_title = _("Unusable message")
    parent = REJECTED
    header_icon = "warning"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = get_object_or_404(queries.rejected_messages(), pk=self.kwargs["pk"])
        told = {"row": row, "shown": shown(bytes(row.payload)), "today": queries.rejected_today(row)}
        return super().get_context_data(**told, **kwargs)
