"""Screens of partners and of what was agreed with them."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column

from booking.group_models import Agreement
from booking.services import save_agreement
from cms.gestion import rights
from cms.gestion.forms.partners import AgreementForm, PartnerForm
from cms.gestion.machines import SavedRow
from cms.gestion.views import Listing
from members.models import Partner
from members.services.partners import save_partner
from place.clock import day_text

PARTNERS = ("lab_partners", _("Partners"))
AGREEMENTS = ("lab_agreements", _("Partner agreements"))


class PartnerList(Listing):
    right = rights.MANAGE_PARTNERS
    page_title = PARTNERS[1]
    header_icon = "group"
    order = ("name", "pk")
    add = ("lab_partner_add", _("Add a partner"))
    empty_text = _("No partner yet.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[Partner]:
        return Partner.objects.prefetch_related("contacts")

    def columns(self) -> list[Column]:
        return [
            Column("name", label=_("Partner")),
            Column(
                "contacts", label=_("Who acts for it"), accessor=lambda row: ", ".join(map(str, row.contacts.all()))
            ),
            Column("active", label=_("State"), accessor=lambda row: _("active") if row.active else _("not active")),
        ]

    def actions(self, row: Partner) -> list[tuple[Any, str]]:
        return [(_("Change"), reverse("lab_partner_edit", args=[row.pk]))]


class PartnerEdit(SavedRow):
    right = rights.MANAGE_PARTNERS
    model = Partner
    page_title = _("Change a partner")
    parent = PARTNERS
    header_icon = "group"
    form_class = PartnerForm
    success_message = _("The partner is saved.")
    done_url = PARTNERS[0]
    explanation = _("Who acts for it sees “For groups” in their account and books under the partner’s agreements.")

    def get_initial(self) -> dict[str, Any]:
        return (PartnerForm.initial_of(self.row) if self.row.pk else {}) | super().get_initial()

    def act(self, data: dict[str, Any]) -> Partner:
        self.row.name, self.row.active = data["name"], data["active"]
        contacts = [data[name] for name in PartnerForm.CONTACTS if data[name]]
        return save_partner(actor=self.request.user, partner=self.row, contacts=contacts)


class PartnerAdd(PartnerEdit):
    page_title = _("Add a partner")


class AgreementList(Listing):
    right = rights.MANAGE_PARTNERS
    page_title = AGREEMENTS[1]
    header_icon = "doc-full"
    order = ("-last_day", "pk")
    add = ("lab_agreement_add", _("Add an agreement"))
    empty_text = _("Nothing is agreed with anybody yet.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[Agreement]:
        return Agreement.objects.select_related("partner").prefetch_related("slots")

    def columns(self) -> list[Column]:
        return [
            Column("partner", label=_("Partner")),
            Column("title", label=_("Title")),
            Column("days", label=_("When"), accessor=_days),
            Column("slots", label=_("Times"), accessor=lambda row: ", ".join(map(str, row.slots.all()))),
            Column("most_machines", label=_("Machines")),
            Column("most_people", label=_("People")),
        ]

    def actions(self, row: Agreement) -> list[tuple[Any, str]]:
        return [(_("Change"), reverse("lab_agreement_edit", args=[row.pk]))]


def _days(row: Agreement) -> str:
    return f"{day_text(row.first_day, short=True)} – {day_text(row.last_day, short=True)} {row.last_day.year}"


class AgreementEdit(SavedRow):
    right = rights.MANAGE_PARTNERS
    model = Agreement
    page_title = _("Change an agreement")
    parent = AGREEMENTS
    header_icon = "doc-full"
    form_class = AgreementForm
    success_message = _("The agreement is saved.")
    done_url = AGREEMENTS[0]
    explanation = _("Bookings already made under it stand as they are.")

    def get_initial(self) -> dict[str, Any]:
        return (AgreementForm.initial_of(self.row) if self.row.pk else {}) | super().get_initial()

    def act(self, data: dict[str, Any]) -> Agreement:
        for name in AgreementForm.PLAIN:
            setattr(self.row, name, data[name])
        slots, machines = data["slots"], data["machines"]
        return save_agreement(actor=self.request.user, agreement=self.row, machines=machines, slots=slots)


class AgreementAdd(AgreementEdit):
    page_title = _("Add an agreement")
