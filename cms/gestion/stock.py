"""Screens of the stock: what is used up, every movement, what a use took."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import View
from tablib import Dataset
from wagtail.admin.ui.tables import Column

from cms import sheets
from cms.gestion import rights
from cms.gestion.forms.upkeep import ConsumableForm, MaterialUsedForm, MovementFilter
from cms.gestion.machines import USES, OneRow, SavedRow
from cms.gestion.rights import Guarded
from cms.gestion.views import Listing
from machines.models import Consumable, StockMovement, UsageSession
from machines.services import stock, usage
from machines.stock_rules import amount_words, short
from members.services import record
from place.clock import local, moment_text, today

CONSUMABLES = ("lab_consumables", _("Consumables"))
MOVEMENTS = ("lab_movements", _("Stock movements"))
EXPORTED = ("at", "consumable", "added", "taken", "unit", "why", "level", "machine", "work", "note")


class ConsumableList(Listing):
    right = rights.DO_UPKEEP
    page_title = CONSUMABLES[1]
    header_icon = "clipboard-list"
    order = ("name", "pk")
    add = ("lab_consumable_add", _("Add a consumable"))
    add_right = rights.MANAGE_PARK
    empty_text = _("No consumable yet.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[Consumable]:
        return Consumable.objects.select_related("category", "material__machine")

    def columns(self) -> list[Column]:
        return [
            Column("name", label=_("Name")),
            Column("level", label=_("In stock"), accessor=lambda row: amount_words(row.level, row)),
            Column("state", label=_("State"), accessor=_state),
            Column("warn_below", label=_("To order below"), accessor=_warning),
            Column("link", label=_("For"), accessor=_link),
        ]

    def actions(self, row: Consumable) -> list[tuple[Any, str]]:
        found = [(_("Received, used, counted"), reverse("desk:consumable", args=[row.pk]))]
        found.append((_("Movements"), f"{reverse(MOVEMENTS[0])}?consumable={row.pk}"))
        if self.request.user.has_perm(rights.MANAGE_PARK):
            found.append((_("Change"), reverse("lab_consumable_edit", args=[row.pk])))
        return found


def _state(row: Consumable) -> Any:
    if not row.active:
        return _("no longer in use")
    if row.count_again:
        return _("count again")
    return _("running short") if row.low_since else ""


def _warning(row: Consumable) -> str:
    return "" if row.warn_below is None else amount_words(row.warn_below, row)


def _link(row: Consumable) -> Any:
    return f"{row.material.machine}: {row.material}" if row.material else row.category or ""


class ConsumableEdit(SavedRow):
    right = rights.MANAGE_PARK
    model = Consumable
    page_title = _("Change a consumable")
    parent = CONSUMABLES
    header_icon = "clipboard-list"
    form_class = ConsumableForm
    explanation = _("How much there is changes only by movements: received, used, counted again, thrown away.")
    success_message = _("The consumable is kept.")
    done_url = CONSUMABLES[0]

    def act(self, data: dict[str, Any]) -> Consumable:
        return stock.save_consumable(actor=self.request.user, consumable=self.row)


class ConsumableAdd(ConsumableEdit):
    page_title = _("Add a consumable")


class MovementList(Listing):
    right = rights.DO_UPKEEP
    template_name = "cms/gestion/movements.html"
    page_title = MOVEMENTS[1]
    parent = CONSUMABLES
    header_icon = "history"
    filter_form_class = MovementFilter
    order = ("-at", "-pk")
    empty_text = _("Nothing has moved yet.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[StockMovement]:
        found = StockMovement.objects.select_related("consumable", "by", "use__machine", "task__plan__machine")
        return found.filter(consumable=filters["consumable"]) if filters.get("consumable") else found

    def columns(self) -> list[Column]:
        return [
            Column("at", label=_("When"), accessor=lambda row: moment_text(row.at)),
            Column("consumable", label=_("Consumable")),
            Column(
                "quantity",
                label=_("Quantity"),
                accessor=lambda row: amount_words(row.quantity, row.consumable, signed=True),
            ),
            Column("why", label=_("Why"), accessor=lambda row: row.get_why_display()),
            Column("level", label=_("In stock after it"), accessor=lambda row: short(row.level)),
            Column("for", label=_("For"), accessor=lambda row: row.use.machine if row.use else row.task or ""),
            Column("by", label=_("By whom"), accessor=lambda row: row.by or ""),
            Column("note", label=_("Note")),
        ]


class MovementExport(Guarded, View):
    """Every movement as a file; it names nobody."""

    right = rights.DO_UPKEEP

    def get(self, request: HttpRequest, file_format: str) -> HttpResponse:
        if file_format not in sheets.CONTENT_TYPES:
            raise Http404
        data = Dataset(headers=EXPORTED)
        rows = StockMovement.objects.select_related("consumable", "use__machine", "task__plan")
        for row in rows.order_by("at", "pk").iterator(chunk_size=2000):
            data.append(_exported(row))
        record(actor=request.user, action="data.exported", subject="stock", detail={"format": file_format})
        name = f"stock-{today().isoformat()}.{file_format}"
        return HttpResponse(
            sheets.write(data, file_format),
            content_type=sheets.CONTENT_TYPES[file_format],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _exported(row: StockMovement) -> list[Any]:
    """Return a movement without a minus in front: a spreadsheet could take that for a formula."""
    known = row.consumable
    moment = local(row.at).replace(tzinfo=None, microsecond=0).isoformat()
    machine, work = row.use.machine.name if row.use else "", row.task.plan.name if row.task else ""
    added, taken = (row.quantity, "") if row.quantity > 0 else ("", -row.quantity)
    return [moment, known.name, added, taken, known.unit, row.why, row.level, machine, work, row.note]


class UseMaterial(OneRow):
    right = rights.DO_UPKEEP
    model = UsageSession
    page_title = _("Say what was used")
    parent = USES
    form_class = MaterialUsedForm
    submit_label = _("Save")
    success_message = _("Noted: the stock follows.")
    done_url = USES[0]

    def get_initial(self) -> dict[str, Any]:
        known = {"consumable": self.row.consumable_id, "amount": self.row.material_amount}
        return known | super().get_initial()

    def act(self, data: dict[str, Any]) -> UsageSession:
        chosen, amount = data["consumable"], data["amount"]
        return usage.note_material(
            self.row, amount=amount, unit=chosen.unit, consumable=chosen, actor=self.request.user
        )
