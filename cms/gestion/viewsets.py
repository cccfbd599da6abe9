"""The park and the workshops as editable rows; saving goes through the services."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.admin.ui.tables import BooleanColumn
from wagtail.admin.views import generic
from wagtail.admin.views.generic.history import HistoryView
from wagtail.admin.views.generic.usage import UsageView
from wagtail.admin.viewsets.model import ModelViewSet

from cms import services
from cms.gestion.panels import MeterPanel
from cms.gestion.rights import Guarded
from cms.gestion.views import add_errors
from machines.models import Machine, MachineCategory, MachinePool
from machines.services import park
from workshops.models import Workshop


class Saved:
    """Save through `save`, the service that the viewset names; its refusals are shown in the form."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except ValidationError as error:
            add_errors(form, error)
            return self.form_invalid(form)


class CategorySaved(Saved):
    def save_instance(self) -> MachineCategory:
        return park.save_category(actor=self.request.user, category=self.form.save(commit=False))


class PoolSaved(Saved):
    def save_instance(self) -> MachinePool:
        return park.save_pool(actor=self.request.user, pool=self.form.save(commit=False))


class MachineSaved(Saved):
    def save_instance(self) -> Machine:
        machine, needs = self.form.save(commit=False), self.form.cleaned_data["needs"]
        return services.save_machine(actor=self.request.user, machine=machine, needs=needs)


class WorkshopSaved(Saved):
    def save_instance(self) -> Workshop:
        workshop = self.form.save(commit=False)
        chosen = self.form.cleaned_data["machines"]
        return services.save_workshop(actor=self.request.user, workshop=workshop, machines=chosen)


class LabIndex(Guarded, generic.IndexView):
    pass


class LabDelete(Guarded, generic.DeleteView):
    pass


class LabHistory(Guarded, HistoryView):
    pass


class LabUsage(Guarded, UsageView):
    pass


class LabViewSet(ModelViewSet):
    """Rows that are never deleted: history points to them."""

    index_view_class, delete_view_class = LabIndex, LabDelete
    history_view_class, usage_view_class = LabHistory, LabUsage
    copy_view_enabled = False
    add_to_admin_menu = False
    add_to_reference_index = False
    list_export: list[str] = []


class CategoryCreate(CategorySaved, Guarded, generic.CreateView):
    pass


class CategoryEdit(CategorySaved, Guarded, generic.EditView):
    pass


class PoolCreate(PoolSaved, Guarded, generic.CreateView):
    pass


class PoolEdit(PoolSaved, Guarded, generic.EditView):
    pass


class MachineCreate(MachineSaved, Guarded, generic.CreateView):
    pass


class MachineEdit(MachineSaved, Guarded, generic.EditView):
    pass


class WorkshopCreate(WorkshopSaved, Guarded, generic.CreateView):
    pass


class WorkshopEdit(WorkshopSaved, Guarded, generic.EditView):
    pass


def _group(heading: Any, *names: str) -> MultiFieldPanel:
    return MultiFieldPanel([FieldPanel(name) for name in names], heading)


MACHINE_PANELS = [
    _group(_("What it is"), "name", "slug", "category", "summary", "brand", "model", "working_area"),
    MeterPanel(heading=_("What it has done")),
    _group(_("Who may use it"), "level_required", "min_age", "min_age_alone", "trial_visits"),
    _group(
        _("Who watches over it"),
        "supervision",
        "supervisor_level",
        "minors_per_adult",
        "presence_minutes",
        "presence_again_minutes",
    ),
    _group(_("What switches it on and off"), "switchable", "idle_off_minutes"),
    _group(_("When it can be booked"), "in_service", "accepts_open_lab", "accepts_workshop", "accepts_partner"),
    _group(_("What goes along with it"), "pool", "inside", "needs", "bookable"),
    _group(_("What it may take"), "material_declared"),
    _group(_("How long"), "step_minutes", "slot_minutes", "min_minutes", "max_minutes", "end_before_closing_minutes"),
    _group(
        _("How early, how late"),
        "horizon_days",
        "notice_minutes",
        "cancel_notice_minutes",
        "late_cancel_minutes",
        "hold_minutes",
    ),
    _group(_("Kept free around a booking"), "buffer_before_minutes", "buffer_after_minutes"),
    _group(
        _("How much for one person"),
        "max_upcoming",
        "weekly_max_bookings",
        "daily_quota_minutes",
        "weekly_quota_minutes",
        "rolling_days",
        "rolling_quota_minutes",
        "household_weekly_minutes",
        "most_people",
    ),
    _group(_("Who does not come"), "no_show_minutes", "no_shows_allowed", "no_show_days"),
    FieldPanel("display_order"),
]


class CategoryViewSet(LabViewSet):
    model = MachineCategory
    name = "lab_categories"
    url_prefix = "categories"
    icon = "tag"
    menu_label = _("Categories")
    add_view_class, edit_view_class = CategoryCreate, CategoryEdit
    list_display = ["name", "process"]
    form_fields = [
        "name",
        "slug",
        "process",
        "valid_months",
        "unused_months",
        "quiz_length",
        "quiz_pass_percent",
        "quiz_valid_months",
    ]


class PoolViewSet(LabViewSet):
    model = MachinePool
    name = "lab_pools"
    url_prefix = "pools"
    icon = "grip"
    menu_label = _("Of the same kind")
    add_view_class, edit_view_class = PoolCreate, PoolEdit
    list_display = ["name"]
    form_fields = ["name"]


class MachineViewSet(LabViewSet):
    model = Machine
    name = "lab_machines"
    url_prefix = "machines"
    icon = "cogs"
    menu_label = _("Machines")
    add_view_class, edit_view_class = MachineCreate, MachineEdit
    list_display = ["name", "category", "level_required", BooleanColumn("in_service", label=_("In service"))]
    list_filter = ["category", "in_service"]
    search_fields = ["name", "brand", "model"]
    search_backend_name = None
    panels = MACHINE_PANELS


class WorkshopViewSet(LabViewSet):
    model = Workshop
    name = "lab_workshops"
    url_prefix = "workshops"
    icon = "clipboard-list"
    menu_label = _("Workshops")
    add_view_class, edit_view_class = WorkshopCreate, WorkshopEdit
    list_display = ["title", "theme", "age_min", "age_max", "places"]
    list_filter = ["theme"]
    search_fields = ["title", "summary"]
    search_backend_name = None
    form_fields = ["title", "slug", "summary", "theme", "age_min", "age_max", "places", "machines"]
