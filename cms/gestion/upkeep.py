"""Screens of maintenance: what machines have done, what must be done when, what was done."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column

from cms.gestion import rights
from cms.gestion.forms.machines import MachineFilter
from cms.gestion.forms.upkeep import PlanForm, TaskFilter
from cms.gestion.machines import OneRow, SavedRow
from cms.gestion.views import Listing
from machines.models import Machine, MachineMeter, MaintenanceTask, UpkeepPlan
from machines.services import upkeep
from machines.stock_rules import short
from machines.upkeep_forms import WorkDoneForm
from machines.upkeep_queries import meter_of, plans
from machines.upkeep_rules import HOUR, progress_words, since_done
from place.clock import moment_text

METERS = ("lab_meters", _("Meters"))
PLANS = ("lab_plans", _("Maintenance plans"))
TASKS = ("lab_tasks", _("Maintenance"))


class MeterList(Listing):
    """What each machine has done in all: read from its meter, never summed up from its uses."""

    right = rights.DO_UPKEEP
    page_title = METERS[1]
    header_icon = "history"
    filter_form_class = MachineFilter
    order = ("display_order", "name", "pk")

    def rows(self, filters: dict[str, Any]) -> QuerySet[Machine]:
        found = Machine.objects.select_related("meter")
        return found.filter(pk=filters["machine"].pk) if filters.get("machine") else found

    def columns(self) -> list[Column]:
        return [
            Column("name", label=_("Machine")),
            *(Column(name, label=label, accessor=partial(_figure, name)) for name, label in FIGURES.items()),
        ]

    def actions(self, row: Machine) -> list[tuple[Any, str]]:
        found = [(_("What was done"), f"{reverse(TASKS[0])}?machine={row.pk}")]
        if self.request.user.has_perm(rights.MANAGE_PARK):
            found.append((_("Plans"), f"{reverse(PLANS[0])}?machine={row.pk}"))
        return found


FIGURES = {"hours": _("Hours at work"), "uses": _("Uses"), "grams": _("Grams"), "metres": _("Metres")}


def meter_figures(machine: Machine) -> list[tuple[Any, Any]]:
    """Return what a machine has done in all: (label, figure)."""
    return [(label, _figure(name, machine)) for name, label in FIGURES.items()]


def _figure(name: str, machine: Machine) -> Any:
    """Return one figure of a machine's meter; one that was never counted stands at nothing."""
    meter = getattr(machine, "meter", None) or MachineMeter(run_time=timedelta(0))
    if name == "hours":
        return int(meter.run_time.total_seconds() // HOUR)
    return meter.uses if name == "uses" else short(getattr(meter, name))


class PlanList(Listing):
    right = rights.MANAGE_PARK
    page_title = PLANS[1]
    header_icon = "cogs"
    filter_form_class = MachineFilter
    order = ("machine_id", "name", "pk")
    add = ("lab_plan_add", _("Add a plan"))
    empty_text = _("No plan yet: the first could be to clean or change a part every so many hours.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[UpkeepPlan]:
        return plans().filter(machine=filters["machine"]) if filters.get("machine") else plans()

    def columns(self) -> list[Column]:
        return [
            Column("machine", label=_("Machine")),
            Column("name", label=_("Part or work")),
            Column("counted", label=_("Since it was done"), accessor=_progress),
            Column("margin", label=_("Bookings stop"), accessor=_margin),
            Column("done_at", label=_("Last done"), accessor=lambda row: moment_text(row.done_at)),
            Column("active", label=_("Still wanted"), accessor=lambda row: _("yes") if row.active else _("no")),
        ]

    def actions(self, row: UpkeepPlan) -> list[tuple[Any, str]]:
        acts = (("lab_plan_edit", _("Change")), ("lab_plan_done", _("It is done")))
        return [(label, reverse(name, args=[row.pk])) for name, label in acts]


def _progress(row: UpkeepPlan) -> str:
    return progress_words(row, since_done(row, meter_of(row), timezone.now()))


def _margin(row: UpkeepPlan) -> Any:
    return _("never") if row.margin is None else f"{row.every + row.margin} {row.get_measure_display()}"


class PlanEdit(SavedRow):
    right = rights.MANAGE_PARK
    model = UpkeepPlan
    page_title = _("Change a plan")
    parent = PLANS
    header_icon = "cogs"
    form_class = PlanForm
    explanation = _(
        "The machine counts by itself. When the number is reached, the work waits at the desk; past the margin nobody "
        "may book the machine until the work is done, and who had booked is told."
    )
    success_message = _("The plan is kept.")
    done_url = PLANS[0]

    def act(self, data: dict[str, Any]) -> UpkeepPlan:
        return upkeep.save_plan(actor=self.request.user, plan=self.row, already=data["already"])


class PlanAdd(PlanEdit):
    page_title = _("Add a plan")


class PlanDone(OneRow):
    right = rights.DO_UPKEEP
    model = UpkeepPlan
    page_title = _("It is done")
    parent = PLANS
    form_class = WorkDoneForm
    submit_label = _("It is done")
    success_message = _("Noted: the work is done.")
    done_url = TASKS[0]

    def form_valid(self, form: WorkDoneForm) -> Any:
        self.used = form.used()
        return super().form_valid(form)

    def act(self, data: dict[str, Any]) -> MaintenanceTask:
        return upkeep.finish_early(actor=self.request.user, plan=self.row, note=data["note"], used=self.used)


class TaskDone(PlanDone):
    model = MaintenanceTask
    parent = TASKS

    def act(self, data: dict[str, Any]) -> MaintenanceTask:
        return upkeep.finish(actor=self.request.user, task=self.row, note=data["note"], used=self.used)


class TaskList(Listing):
    right = rights.DO_UPKEEP
    page_title = TASKS[1]
    header_icon = "history"
    filter_form_class = TaskFilter
    order = ("-opened_at", "-pk")
    empty_text = _("Nothing has come due yet.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[MaintenanceTask]:
        found = MaintenanceTask.objects.select_related("plan__machine", "done_by")
        if filters.get("machine"):
            found = found.filter(plan__machine=filters["machine"])
        return found.filter(done_at=None) if filters.get("waiting") else found

    def columns(self) -> list[Column]:
        return [
            Column("machine", label=_("Machine"), accessor=lambda row: row.plan.machine),
            Column("name", label=_("Part or work"), accessor=lambda row: row.plan.name),
            Column("opened_at", label=_("Due since"), accessor=lambda row: moment_text(row.opened_at)),
            Column("blocked", label=_("Bookings stopped"), accessor=lambda row: _when(row.blocked_at)),
            Column("done_at", label=_("Done"), accessor=lambda row: _when(row.done_at)),
            Column("done_after", label=_("After"), accessor=_after),
            Column("done_by", label=_("By whom"), accessor=lambda row: row.done_by or ""),
            Column("note", label=_("Note")),
        ]

    def actions(self, row: MaintenanceTask) -> list[tuple[Any, str]]:
        return [] if row.done_at else [(_("It is done"), reverse("lab_task_done", args=[row.pk]))]


def _when(moment: Any) -> str:
    return moment_text(moment) if moment else ""


def _after(row: MaintenanceTask) -> str:
    return "" if row.done_after is None else f"{short(row.done_after)} {row.plan.get_measure_display()}"
