"""The screen where a printer that is a broker of its own is reached (Bambu Lab, LAN mode)."""

from typing import Any

from django.http import Http404
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from cms.gestion import rights
from cms.gestion.devices import DEVICES
from cms.gestion.forms.printers import PrinterLinkForm
from cms.gestion.machines import OneRow
from iot_bridge import devices
from iot_bridge.models import Device, PrinterLink


class DeviceLink(OneRow):
    right = rights.MANAGE_PARK
    model = Device
    page_title = _("Link to the printer")
    parent = DEVICES
    header_icon = "site"
    form_class = PrinterLinkForm
    submit_label = _("Save")
    success_message = _("The link is saved. The printer is asked within minutes.")
    done_url = DEVICES[0]

    @cached_property
    def row(self) -> Device:
        found = Device.objects.select_related("machine", "link").filter(pk=self.kwargs["pk"], kind="bambu").first()
        if found is None:
            raise Http404
        return found

    @cached_property
    def link(self) -> PrinterLink:
        return getattr(self.row, "link", None) or PrinterLink(device=self.row)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.link}

    def get_explanation(self) -> Any:
        """Say which certificate was seen, for a person to compare."""
        if self.link.seen_fingerprint and not self.link.fingerprint:
            return _("Seen at this address: %(print)s. Copy it below if it is your printer.") % {
                "print": self.link.seen_fingerprint
            }
        return _("The bridge reads what the printer says in the lab’s own network (LAN mode) and gives it no orders.")

    def act(self, data: dict[str, Any]) -> PrinterLink:
        return devices.save_link(actor=self.request.user, link=self.link)
