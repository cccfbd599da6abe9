"""The two screens the back office is made of: a list with actions, and a form that performs one act."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, Table
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from booking.problems import Refused
from cms.gestion.keyset import page_of
from cms.gestion.rights import Guarded
from place.clock import UnreadableTime
from place.patterns import InvalidRule

PAGE_SIZE = 50


class Furniture(Guarded, WagtailAdminTemplateMixin):
    """Wagtail's page with our rights and a trail of breadcrumbs."""

    parent: tuple[str, Any] | None = None  # (url name, label)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        trail = list(self.breadcrumbs_items)
        if self.parent:
            trail.append({"url": reverse(self.parent[0]), "label": self.parent[1]})
        return [*trail, {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()}]


class ActionsColumn(Column):
    """What may be done with the row: a list of (label, address)."""

    cell_template_name = "cms/gestion/cells/actions.html"


class LinkColumn(Column):
    """A value that leads somewhere; `get_url` may answer None."""

    cell_template_name = "cms/gestion/cells/link.html"

    def __init__(self, name: str, *, get_url: Any, **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self.get_url = get_url

    def get_cell_context_data(self, instance: Any, parent_context: Any) -> dict[str, Any]:
        context = super().get_cell_context_data(instance, parent_context)
        return context | {"url": self.get_url(instance)}


class Listing(Furniture, TemplateView):
    """A page of rows, newest or nearest first; subclasses say which rows, columns, filters and actions."""

    template_name = "cms/gestion/listing.html"
    filter_form_class: type[forms.Form] | None = None
    order: Sequence[str] = ("pk",)
    add: tuple[str, Any] | None = None  # (url name, label)
    add_right = ""
    empty_text: Any = ""

    def rows(self, filters: dict[str, Any]) -> QuerySet:
        raise NotImplementedError

    def columns(self) -> list[Column]:
        raise NotImplementedError

    def actions(self, row: Model) -> list[tuple[Any, str]]:
        """Return the acts that this person may do with this row."""
        return []

    def get_header_buttons(self) -> list[HeaderButton]:
        if self.add and self.request.user.has_perm(self.add_right or self.right):
            return [HeaderButton(self.add[1], url=reverse(self.add[0]), icon_name="plus")]
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = self._filter_form()
        filters = form.cleaned_data if form and form.is_valid() else {}
        found, cursor = page_of(self.rows(filters), self.order, self.request.GET.get("after", ""), PAGE_SIZE)
        columns = self.columns()
        if type(self).actions is not Listing.actions:
            columns.append(ActionsColumn("actions", label=_("Actions"), accessor=self.actions))
        return super().get_context_data(
            filter_form=form,
            table=Table(columns, found, caption=self.get_page_title()) if found else None,
            next_url=self._next_url(cursor),
            empty_text=self.empty_text,
            **kwargs,
        )

    def _filter_form(self) -> forms.Form | None:
        return self.filter_form_class(self.request.GET or None) if self.filter_form_class else None

    def _next_url(self, cursor: str) -> str:
        query = self.request.GET.copy()
        query["after"] = cursor
        return f"?{query.urlencode()}" if cursor else ""


class Act(Furniture, FormView):
    """A form that performs one act through a service; a refusal is explained in the form, never an error page."""

    template_name = "cms/gestion/act.html"
    submit_label: Any = ""
    explanation: Any = ""
    danger = False
    success_message: Any = ""
    done_url = ""

    def act(self, data: dict[str, Any]) -> Any:
        """Call the service. May raise Refused, ValidationError, InvalidRule, UnreadableTime, PermissionDenied."""
        raise NotImplementedError

    def get_done_url(self) -> str:
        return reverse(self.done_url)

    def get_explanation(self) -> Any:
        return self.explanation

    def get_initial(self) -> dict[str, Any]:
        """The address may fill in the form, so that a list or a proposal can lead here."""
        return super().get_initial() | self.request.GET.dict()

    def alternative_links(self, _refused: Refused) -> list[dict[str, Any]]:
        return []

    def form_valid(self, form: forms.Form) -> HttpResponse:
        try:
            result = self.act(form.cleaned_data)
        except Refused as refused:
            return self._explain(form, refused)
        except (ValidationError, InvalidRule, UnreadableTime) as error:
            add_errors(form, error)
            return self.form_invalid(form)
        return self.respond(result)

    def respond(self, _result: Any) -> HttpResponse:
        if self.success_message:
            messages.success(self.request, self.success_message)
        return redirect(self.get_done_url())

    def _explain(self, form: forms.Form, refused: Refused) -> HttpResponse:
        context = self.get_context_data(
            form=form, problems=refused.problems, alternatives=self.alternative_links(refused)
        )
        return self.render_to_response(context, status=409 if "overlap" in refused.codes else 422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            submit_label=self.submit_label, explanation=self.get_explanation(), danger=self.danger, **kwargs
        )


def add_errors(form: forms.BaseForm, error: Exception) -> None:
    """Show an error in the form: beside its field when the form has that field, on top otherwise."""
    if not isinstance(error, ValidationError):
        form.add_error(None, str(error))
        return
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)
