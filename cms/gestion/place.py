"""Screens of the place: when it opens, when it closes."""

from datetime import time
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms.models import model_to_dict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column

from booking.forms import window_initial
from cms.gestion import rights
from cms.gestion.foreseen import Foreseen
from cms.gestion.forms.place import (
    ClosureForm,
    ClosureRemoveForm,
    OpeningCancelForm,
    OpeningEditForm,
    OpeningFilter,
    OpeningForm,
    PatternWordsForm,
)
from cms.gestion.machines import OneRow, period_column
from cms.gestion.views import Listing
from place import services
from place.clock import at
from place.models import Closure, OpeningPeriod, OpeningSeries
from place.services import Scope

OPENINGS = ("lab_openings", _("Openings"))
CLOSURES = ("lab_closures", _("Closures"))


class OpeningList(Listing):
    right = rights.PLAN_OPENINGS
    page_title = OPENINGS[1]
    header_icon = "calendar-alt"
    filter_form_class = OpeningFilter
    order = ("starts_at", "pk")
    add = ("lab_opening_plan", _("Plan openings"))
    empty_text = _("No opening is planned. Without openings nothing can be booked.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[OpeningPeriod]:
        since = at(filters["since"], time.min) if filters.get("since") else timezone.now()
        found = OpeningPeriod.objects.filter(ends_at__gt=since).select_related("series__event")
        return found.filter(kind=filters["kind"]) if filters.get("kind") else found

    def columns(self) -> list[Column]:
        return [
            period_column(),
            Column("label", label=_("Name")),
            Column("kind", label=_("Kind"), accessor=lambda row: row.get_kind_display()),
            Column("repeats", label=_("Pattern"), accessor=_pattern),
            Column("state", label=_("State"), accessor=_state),
        ]

    def actions(self, row: OpeningPeriod) -> list[tuple[Any, str]]:
        acts = [] if row.cancelled or row.off_calendar else list(OPENING_ACTS)
        acts += [PATTERN_ACT] if row.series_id else []
        return [(label, reverse(name, args=[row.pk])) for name, label in acts]


OPENING_ACTS = (("lab_opening_edit", _("Change the hours")), ("lab_opening_cancel", _("Cancel")))
PATTERN_ACT = ("lab_opening_pattern", _("Name, kind, school year"))


def _pattern(row: OpeningPeriod) -> Any:
    repeats = row.series is not None and row.series.event.rule_id is not None
    return row.series.get_during_display() if repeats else _("just once")


def _state(row: OpeningPeriod) -> Any:
    if row.cancelled:
        return _("cancelled")
    return _("off: not at this time of the school year") if row.off_calendar else ""


class OpeningPlan(Foreseen):
    right = rights.PLAN_OPENINGS
    page_title = _("Plan openings")
    parent = OPENINGS
    header_icon = "calendar-alt"
    form_class = OpeningForm
    submit_label = _("Plan")
    success_message = _("The openings are planned.")
    done_url = OPENINGS[0]

    def change(self, data: dict[str, Any]) -> OpeningSeries:
        wanted = ("kind", "label", "starts_at", "ends_at", "rule", "during")
        return services.plan_openings(actor=self.request.user, **{name: data[name] for name in wanted})


class OneDate(Foreseen, OneRow):
    """An act on one opening; a date that repeats asks how far the change goes."""

    right = rights.PLAN_OPENINGS
    model = OpeningPeriod
    parent = OPENINGS
    done_url = OPENINGS[0]

    def get_form(self, form_class: type[forms.Form] | None = None) -> forms.Form:
        form = super().get_form(form_class)
        if not self.row.series_id:
            del form.fields["scope"]
        return form


class OpeningEdit(OneDate):
    page_title = _("Change the hours")
    form_class = OpeningEditForm
    submit_label = _("Change")
    success_message = _("The hours are changed.")

    def get_initial(self) -> dict[str, Any]:
        return window_initial(self.row.starts_at, self.row.ends_at) | super().get_initial()

    def change(self, data: dict[str, Any]) -> None:
        change = {"period": self.row, "starts_at": data["starts_at"], "ends_at": data["ends_at"]}
        actor = self.request.user
        if "scope" in data:
            services.edit_series(scope=Scope(data["scope"]), actor=actor, **change)
        else:
            services.move_opening(actor=actor, **change)


class OpeningCancel(OneDate):
    page_title = _("Cancel an opening")
    form_class = OpeningCancelForm
    submit_label = _("Cancel this opening")
    danger = True
    success_message = _("The opening is cancelled.")

    def change(self, data: dict[str, Any]) -> None:
        row, actor = self.row, self.request.user
        if data.get("scope") == Scope.FOLLOWING:
            services.end_series(series=row.series, at=row.starts_at, actor=actor)
        else:
            services.cancel_opening(period=row, actor=actor)


class OpeningPattern(Foreseen, OneRow):
    """The words of a pattern and its part of the school year, for all its dates that have not started."""

    right = rights.PLAN_OPENINGS
    model = OpeningPeriod
    parent = OPENINGS
    done_url = OPENINGS[0]
    page_title = PATTERN_ACT[1]
    header_icon = "calendar-alt"
    form_class = PatternWordsForm
    submit_label = _("Change")
    explanation = _("This changes every date of the pattern that has not started.")
    success_message = _("The openings are changed.")

    @cached_property
    def row(self) -> OpeningPeriod:
        patterns = OpeningPeriod.objects.filter(series__isnull=False).select_related("series")
        return get_object_or_404(patterns, pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return model_to_dict(self.row.series, PatternWordsForm.base_fields) | super().get_initial()

    def change(self, data: dict[str, Any]) -> None:
        services.relabel_series(series=self.row.series, actor=self.request.user, **data)


class ClosureList(Listing):
    right = rights.PLAN_CLOSURES
    page_title = CLOSURES[1]
    header_icon = "lock"
    order = ("starts_at", "pk")
    add = ("lab_closure_add", _("Add a closure"))
    empty_text = _("No closure ahead.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[Closure]:
        return Closure.objects.filter(ends_at__gt=timezone.now())

    def columns(self) -> list[Column]:
        return [period_column(), Column("reason", label=_("Reason"))]

    def actions(self, row: Closure) -> list[tuple[Any, str]]:
        return [(_("Remove"), reverse("lab_closure_remove", args=[row.pk]))]


class ClosureAdd(Foreseen):
    right = rights.PLAN_CLOSURES
    page_title = _("Add a closure")
    parent = CLOSURES
    header_icon = "lock"
    form_class = ClosureForm
    submit_label = _("Close the lab")
    explanation = _("Nothing can be booked while the lab is closed, whatever the openings say.")
    success_message = _("The closure is in the calendar.")
    done_url = CLOSURES[0]

    def change(self, data: dict[str, Any]) -> list[Closure]:
        wanted = ("starts_at", "ends_at", "reason")
        return services.add_closure(actor=self.request.user, **{name: data[name] for name in wanted})


class ClosureRemove(Foreseen, OneRow):
    right = rights.PLAN_CLOSURES
    model = Closure
    page_title = _("Remove a closure")
    parent = CLOSURES
    form_class = ClosureRemoveForm
    submit_label = _("Remove")
    danger = True
    success_message = _("The closure is removed.")
    done_url = CLOSURES[0]

    def change(self, data: dict[str, Any]) -> int:
        return services.remove_closure(closure=self.row, actor=self.request.user, scope=Scope(data["scope"]))
