"""The park and the workshops as editable rows; saving goes through the services."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import BooleanColumn
from wagtail.admin.views import generic
from wagtail.admin.views.generic.history import HistoryView
from wagtail.admin.views.generic.usage import UsageView
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import Button

from cms import services
from cms.gestion.forms.offers import WorkshopForm
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
            self.is_valid(form)  # Wagtail keeps its message there for `form_invalid`
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
        chosen = {name: self.form.cleaned_data[name] for name in ("machines", "facilitators")}
        return services.save_workshop(actor=self.request.user, workshop=workshop, **chosen)


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
    @property
    def header_more_buttons(self) -> list[Button]:
        url = reverse("lab_workshop_terms", args=[self.object.pk])
        return [*super().header_more_buttons, Button(_("Prices and questions"), url=url, icon_name="tag")]


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


WORKSHOP_GROUPS = (
    (_("What it is"), ("title", "slug", "summary", "kind", "draft", "theme", "difficulty", "language")),
    (_("For whom"), ("age_min", "age_max", "agreements")),
    (_("How many"), ("places", "stations", "minors_per_adult", "least", "decide_hours")),
    (_("Registering"), ("cancel_hours", "hold_hours")),
    (_("With what"), ("machines", "materials", "method_sheet")),
    (_("With whom"), ("facilitators", "partner", "funding_line")),
    (_("Under which law"), ("regime", "regime_reference")),
    (_("Training on machines"), ("category", "level")),
)
WORKSHOP_PANELS = [_group(heading, *names) for heading, names in WORKSHOP_GROUPS]


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
    list_display = ["title", "kind", "theme", "age_min", "age_max", "places", BooleanColumn("draft", label=_("Draft"))]
    list_filter = ["kind", "theme", "draft"]
    search_fields = ["title", "summary"]
    search_backend_name = None
    edit_handler = ObjectList(WORKSHOP_PANELS, base_form_class=WorkshopForm)
