"""Screens around habilitations: the lab's names of levels, the register of waivers, the end of a suspension."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column

from cms.gestion import rights
from cms.gestion.forms.fields import EmptyForm
from cms.gestion.forms.machines import LevelNamesForm
from cms.gestion.machines import QUALIFICATIONS, OneRow
from cms.gestion.views import Act, Listing
from machines.models import LevelName, Qualification, QualificationWaiver
from machines.services import access

WAIVERS = ("lab_waivers", _("Register of waivers"))


class WaiverList(Listing):
    right = rights.MANAGE_QUALIFICATIONS
    page_title = WAIVERS[1]
    header_icon = "key"
    order = ("-day", "-pk")
    empty_text = _("No waiver was ever given.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[QualificationWaiver]:
        return QualificationWaiver.objects.select_related("member", "category", "granted_by")

    def columns(self) -> list[Column]:
        return [
            Column("day", label=_("Day")),
            Column("member", label=_("Member")),
            Column("category", label=_("Machines")),
            Column("motive", label=_("Motive")),
            Column("granted_by", label=_("Given by"), accessor=lambda row: row.granted_by or ""),
        ]


class LevelNames(Act):
    right = rights.MANAGE_QUALIFICATIONS
    page_title = _("Names of the levels")
    parent = QUALIFICATIONS
    header_icon = "key"
    form_class = LevelNamesForm
    submit_label = _("Save")
    explanation = _("Your own words for the levels; empty: ours.")
    success_message = _("Saved.")
    done_url = QUALIFICATIONS[0]

    def get_initial(self) -> dict[str, Any]:
        return {f"level_{row.level}": row.name for row in LevelName.objects.all()} | super().get_initial()

    def act(self, data: dict[str, Any]) -> None:
        access.name_levels(actor=self.request.user, names={level: data[f"level_{level}"] for level in range(4)})


class QualificationLift(OneRow):
    right = rights.MANAGE_QUALIFICATIONS
    model = Qualification
    page_title = _("End the suspension")
    parent = QUALIFICATIONS
    form_class = EmptyForm
    submit_label = _("It holds again")
    success_message = _("The habilitation holds again.")
    done_url = QUALIFICATIONS[0]

    def act(self, data: dict[str, Any]) -> Qualification:
        return access.lift(actor=self.request.user, qualification=self.row)
