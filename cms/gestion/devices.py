"""Screens of what reports for the machines: who they are, how they are, and their way into the broker."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.ui.tables import Column, Table

from cms.gestion import rights
from cms.gestion.forms.fields import EmptyForm
from cms.gestion.forms.machines import DeviceForm, MachineFilter
from cms.gestion.machines import OneRow, SavedRow
from cms.gestion.views import ActionsColumn, LinkColumn, Listing
from iot_bridge import accounts, devices, queries
from iot_bridge.adapters import ADAPTERS
from iot_bridge.discovery import MOST
from iot_bridge.health import Finding, Trouble
from iot_bridge.models import Device, Proposal
from place.clock import moment_text

DEVICES = ("lab_devices", _("Devices"))
HOUR, DAY = 3600, 86400


def duration_text(seconds: float) -> str:
    """Return a length of time in the one unit that says enough."""
    size = abs(seconds)
    if size >= 2 * DAY:
        return ngettext("%(n)s day", "%(n)s days", int(size // DAY)) % {"n": int(size // DAY)}
    if size >= 2 * HOUR:
        return ngettext("%(n)s hour", "%(n)s hours", int(size // HOUR)) % {"n": int(size // HOUR)}
    minutes = max(1, int(size // 60))
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}


def finding_text(found: Finding) -> Any:
    """Return what is wrong, in a sentence."""
    told = {"time": duration_text(found.seconds), "reason": found.reason, "n": found.times}
    if found.trouble is Trouble.REJECTED:
        words = ngettext("%(n)s unusable message (%(reason)s)", "%(n)s unusable messages (%(reason)s)", found.times)
        return words % told
    if found.trouble is Trouble.CLOCK_OFF:
        return (_("its clock is %(time)s fast") if found.seconds > 0 else _("its clock is %(time)s slow")) % told
    return _("never heard") if found.trouble is Trouble.NEVER_SEEN else _("silent for %(time)s") % told


def health_texts(device: Device, now: datetime) -> list[Any]:
    return [finding_text(found) for found in queries.device_findings(device, now)]


def _health(row: Device) -> Any:
    if not row.active:
        return _("not listened to")
    return " · ".join(str(text) for text in health_texts(row, timezone.now())) or _("all is well")


def _heard(row: Device) -> str:
    heard_at = queries.device_facts(row).heard_at
    return "" if heard_at is None else moment_text(datetime.fromtimestamp(heard_at, timezone.get_current_timezone()))


class DeviceList(Listing):
    right = rights.MANAGE_PARK
    template_name = "cms/gestion/devices.html"
    page_title = DEVICES[1]
    header_icon = "site"
    filter_form_class = MachineFilter
    order = ("machine_id", "pk")
    add = ("lab_device_add", _("Add a device"))
    empty_text = _("No machine reports what it does yet.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[Device]:
        found = queries.devices_with_health()
        return found.filter(machine=filters["machine"]) if filters.get("machine") else found

    def columns(self) -> list[Column]:
        return [
            LinkColumn("machine", label=_("Machine"), get_url=lambda row: reverse("lab_device_edit", args=[row.pk])),
            Column("health", label=_("How it is"), accessor=_health),
            Column("source", label=_("Device"), classname="lab-name"),
            Column("heard", label=_("Last heard"), accessor=_heard),
            Column("account", label=_("Sign-in name"), accessor=_sign_in_name),
        ]

    def actions(self, row: Device) -> list[tuple[Any, str]]:
        acts = (
            ("lab_device_edit", _("Change")),
            *((("lab_device_calibrate", _("Thresholds")),) if row.role == Device.Role.POWER else ()),
            *((("lab_device_link", _("Link to the printer")),) if row.kind == "bambu" else ()),
            ("lab_device_password", _("New password")),
            ("lab_device_remove", _("Remove")),
        )
        return [(label, reverse(name, args=[row.pk])) for name, label in acts]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = list(queries.proposals()[:MOST])
        columns = [
            Column("source", label=_("Device"), accessor=str),
            Column("name", label=_("Name")),
            Column("last_seen_at", label=_("Last heard"), accessor=lambda row: moment_text(row.last_seen_at)),
            ActionsColumn("actions", label=_("Actions"), accessor=_proposal_actions),
        ]
        table = Table(columns, found, caption=_("Announced, and not set up")) if found else None
        listening = queries.bridge_beats(timezone.now()).fresh
        return super().get_context_data(proposals=table, listening=listening, **kwargs)


def _proposal_actions(row: Proposal) -> list[tuple[Any, str]]:
    """A firmware that the bridge cannot read yet is only named."""
    ignore = [(_("Ignore"), reverse("lab_proposal_ignore", args=[row.pk]))]
    if row.kind not in ADAPTERS:
        return ignore
    told = urlencode({"kind": row.kind, "base": row.base, "role": ADAPTERS[row.kind].role.value})
    return [(_("Set up"), f"{reverse('lab_device_add')}?{told}"), *ignore]


def _sign_in_name(row: Device) -> Any:
    account = getattr(row, "account", None)
    return account.name if account else _("none yet")


class DeviceEdit(SavedRow):
    right = rights.MANAGE_PARK
    model = Device
    template_name = "cms/gestion/device.html"
    page_title = _("Device")
    parent = DEVICES
    header_icon = "site"
    form_class = DeviceForm
    success_message = _("The device is saved. The bridge takes it up within seconds.")
    done_url = DEVICES[0]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(health=self.health, **kwargs)

    @cached_property
    def health(self) -> dict[str, Any] | None:
        """What the page says of a device that is there."""
        if self.row.pk is None:
            return None
        row = queries.devices_with_health().get(pk=self.row.pk)
        return {
            "heard": _heard(row),
            "troubles": health_texts(row, timezone.now()),
            "said": queries.last_said(row),
            "account": _sign_in_name(row),
        }

    def act(self, data: dict[str, Any]) -> Device:
        return devices.save_device(actor=self.request.user, device=self.row)


class DeviceAdd(DeviceEdit):
    page_title = _("Add a device")


class OneDevice(OneRow):
    right = rights.MANAGE_PARK
    model = Device
    parent = DEVICES
    header_icon = "site"
    form_class = EmptyForm
    done_url = DEVICES[0]


class DeviceRemove(OneDevice):
    page_title = _("Remove a device")
    submit_label = _("Remove")
    explanation = _("The machine is heard no more by this device. Its uses and its messages are kept.")
    danger = True
    success_message = _("The device is removed.")

    def act(self, data: dict[str, Any]) -> None:
        devices.remove_device(actor=self.request.user, device=self.row)


class ProposalIgnore(OneDevice):
    model = Proposal
    page_title = _("Ignore a device")
    submit_label = _("Ignore")
    explanation = _("It is proposed no more. It can still be added by hand.")
    success_message = _("The device is ignored.")

    def act(self, data: dict[str, Any]) -> None:
        devices.ignore_proposal(actor=self.request.user, proposal=self.row)


class DevicePassword(OneDevice):
    page_title = _("New password")
    submit_label = _("Make a new password")
    explanation = _(
        "The old password stops working as soon as the broker’s files are written again (broker_files). The new one is "
        "shown once, to be typed into the device."
    )

    def act(self, data: dict[str, Any]) -> tuple[str, str]:
        return accounts.renew_password(actor=self.request.user, device=self.row)

    def respond(self, result: tuple[str, str]) -> HttpResponse:
        """Answer with the password on the page itself: it is in no session, no message, no log."""
        name, password = result
        context = self.get_context_data(name=name, password=password)
        answer = TemplateResponse(self.request, "cms/gestion/device_password.html", context)
        answer["Cache-Control"] = "no-store"
        return answer
