"""Screens of what machines may take."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column

from cms.gestion import rights
from cms.gestion.forms.fields import EmptyForm
from cms.gestion.forms.machines import MachineFilter, MaterialForm
from cms.gestion.machines import OneRow, SavedRow
from cms.gestion.views import Listing
from machines.models import MachineMaterial
from machines.services import materials

MATERIALS = ("lab_materials", _("Materials"))
EXPLANATION = _(
    "Each machine has its own list: lists of others disagree. What is forbidden is refused when it is said, what must "
    "be asked waits for the team. When people must say it is set on the machine."
)


class MaterialList(Listing):
    right = rights.MANAGE_PARK
    page_title = MATERIALS[1]
    header_icon = "clipboard-list"
    filter_form_class = MachineFilter
    order = ("machine_id", "display_order", "pk")
    add = ("lab_material_add", _("Add a material"))
    empty_text = _("No machine has a list yet.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[MachineMaterial]:
        found = MachineMaterial.objects.select_related("machine")
        return found.filter(machine=filters["machine"]) if filters.get("machine") else found

    def columns(self) -> list[Column]:
        return [
            Column("machine", label=_("Machine")),
            Column("name", label=_("Material")),
            Column("allowed", label=_("On this machine"), accessor=lambda row: row.get_allowed_display()),
            Column("note", label=_("Note")),
        ]

    def actions(self, row: MachineMaterial) -> list[tuple[Any, str]]:
        acts = (("lab_material_edit", _("Change")), ("lab_material_remove", _("Remove")))
        return [(label, reverse(name, args=[row.pk])) for name, label in acts]


class MaterialEdit(SavedRow):
    right = rights.MANAGE_PARK
    model = MachineMaterial
    page_title = _("Change a material")
    parent = MATERIALS
    header_icon = "clipboard-list"
    form_class = MaterialForm
    explanation = EXPLANATION
    success_message = _("The list is changed.")
    done_url = MATERIALS[0]

    def act(self, data: dict[str, Any]) -> MachineMaterial:
        return materials.save_material(actor=self.request.user, material=self.row)


class MaterialAdd(MaterialEdit):
    page_title = _("Add a material")


class MaterialRemove(OneRow):
    right = rights.MANAGE_PARK
    model = MachineMaterial
    page_title = _("Remove a material")
    parent = MATERIALS
    form_class = EmptyForm
    submit_label = _("Remove")
    danger = True
    success_message = _("The list is changed.")
    done_url = MATERIALS[0]

    def act(self, data: dict[str, Any]) -> None:
        materials.remove_material(actor=self.request.user, material=self.row)
