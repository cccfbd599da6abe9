"""Screens of what is offered: prices and questions, days with a programme, ideas."""

from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column

from cms.gestion import rights
from cms.gestion.forms.days import ChoiceForm, DayForm
from cms.gestion.forms.fields import EmptyForm, ReasonForm
from cms.gestion.forms.offers import TermsForm
from cms.gestion.machines import OneRow, SavedRow, period_column
from cms.gestion.views import LinkColumn, Listing
from cms.services import pages
from workshops import services
from workshops.models import Programme, Workshop, WorkshopIdea, WorkshopSession
from workshops.queries import parts_of

WORKSHOPS = ("lab_workshops:index", _("Workshops"))
DAYS = ("lab_days", _("Days with a programme"))
IDEAS = ("lab_ideas", _("Ideas for workshops"))
State = WorkshopIdea.State


class WorkshopTerms(OneRow):
    right = rights.MANAGE_WORKSHOPS
    model = Workshop
    page_title = _("Prices and questions")
    parent = WORKSHOPS
    header_icon = "tag"
    form_class = TermsForm
    submit_label = _("Save")
    explanation = _("No price at all: it is free. Who is registered keeps the price of that day.")
    success_message = _("Noted.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"workshop": self.row}

    def get_done_url(self) -> str:
        return reverse("lab_workshops:edit", args=[self.row.pk])

    def form_valid(self, form: TermsForm) -> HttpResponse:
        self.form = form
        return super().form_valid(form)

    def act(self, data: dict[str, Any]) -> None:
        with transaction.atomic():
            services.price(workshop=self.row, cents_by_band=self.form.cents_by_band(), actor=self.request.user)
            services.ask(workshop=self.row, questions=self.form.questions(), actor=self.request.user)


class DayList(Listing):
    right = rights.MANAGE_WORKSHOPS
    page_title = DAYS[1]
    header_icon = "calendar-alt"
    order = ("-starts_at", "-pk")
    add = ("lab_day_new", _("Add a day"))
    empty_text = _("No day with a programme is planned.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[Programme]:
        return Programme.objects.all()

    def columns(self) -> list[Column]:
        return [
            LinkColumn("title", label=_("Title"), get_url=lambda row: reverse("lab_day_edit", args=[row.pk])),
            period_column(),
            Column("places_left", label=_("Places left"), accessor=_places_text),
            Column("cancelled", label=_("State"), accessor=_state_text),
        ]

    def actions(self, row: Programme) -> list[tuple[Any, str]]:
        seen = [(_("See its page"), reverse("workshops:programme", args=[row.slug]))]
        if row.cancelled or row.ends_at <= timezone.now():
            return seen
        acts = [("lab_day_choice", _("Add a workshop")), ("lab_day_cancel", _("Cancel"))]
        return seen + [(label, reverse(name, args=[row.pk])) for name, label in acts]


def _places_text(row: Programme) -> Any:
    return _("%(left)d of %(places)d") % {"left": row.places_left, "places": row.places}


def _state_text(row: Programme) -> Any:
    return _("called off") if row.cancelled else _("planned")


class DayEdit(SavedRow):
    """A day and its parts, one line each."""

    right = rights.MANAGE_WORKSHOPS
    model = Programme
    page_title = _("A day and its parts")
    parent = DAYS
    header_icon = "calendar-alt"
    form_class = DayForm
    template_name = "cms/gestion/programme.html"
    success_message = _("The day is saved.")
    done_url = DAYS[0]

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.row}

    def form_valid(self, form: DayForm) -> HttpResponse:
        self.form = form
        return super().form_valid(form)

    def act(self, data: dict[str, Any]) -> Programme:
        return services.save_programme(programme=self.form.instance, bands=data["parts"], actor=self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        parts = parts_of(self.row) if self.row.pk else []
        return super().get_context_data(parts=parts, day=self.row, **kwargs)


class DayChoice(OneRow):
    """Another workshop to choose from in a part of the day."""

    right = rights.MANAGE_WORKSHOPS
    model = Programme
    page_title = _("Add a workshop to the day")
    parent = DAYS
    header_icon = "calendar-alt"
    form_class = ChoiceForm
    submit_label = _("Add")
    success_message = _("The workshop is part of the day.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"day": self.row}

    def get_done_url(self) -> str:
        return reverse("lab_day_edit", args=[self.row.pk])

    def act(self, data: dict[str, Any]) -> WorkshopSession:
        band = data.pop("part")
        return services.schedule_session(
            actor=self.request.user, band=band, starts_at=band.starts_at, ends_at=band.ends_at, **data
        )


class DayCancel(OneRow):
    right = rights.MANAGE_WORKSHOPS
    model = Programme
    page_title = _("Cancel a day")
    parent = DAYS
    header_icon = "calendar-alt"
    form_class = ReasonForm
    submit_label = _("Cancel this day")
    explanation = _("All its workshops are cancelled; everybody registered is told, with the reason.")
    danger = True
    success_message = _("The day is cancelled.")
    done_url = DAYS[0]

    def act(self, data: dict[str, Any]) -> None:
        services.cancel_programme(programme=self.row, reason=data["reason"], actor=self.request.user)


class IdeaList(Listing):
    """What members would like: to be read, shown, taken up."""

    right = rights.MANAGE_WORKSHOPS
    page_title = IDEAS[1]
    header_icon = "pick"
    order = ("-proposed_at", "-pk")
    empty_text = _("Nobody has proposed a workshop yet.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[WorkshopIdea]:
        return WorkshopIdea.objects.annotate(interested=Count("interests")).select_related("proposed_by", "workshop")

    def columns(self) -> list[Column]:
        return [
            Column("title", label=_("Title")),
            Column("text", label=_("What we would do")),
            Column("proposed_by", label=_("Proposed by"), accessor=lambda row: row.proposed_by or "–"),
            Column("interested", label=_("Interested")),
            Column("state", label=_("State"), accessor=lambda row: row.get_state_display()),
        ]

    def actions(self, row: WorkshopIdea) -> list[tuple[Any, str]]:
        if row.state == State.TAKEN_UP:
            return (
                [(_("See the workshop"), reverse("lab_workshops:edit", args=[row.workshop_id]))] if row.workshop else []
            )
        acts = {State.SHOWN: [("lab_idea_dismiss", _("Put away"))]}.get(
            State(row.state), [("lab_idea_show", _("Show"))]
        )
        if row.state == State.SENT:
            acts = [*acts, ("lab_idea_dismiss", _("Put away"))]
        acts = [*acts, ("lab_idea_take_up", _("Make it a workshop"))]
        return [(label, reverse(name, args=[row.pk])) for name, label in acts]


class OneIdea(OneRow):
    right = rights.MANAGE_WORKSHOPS
    model = WorkshopIdea
    parent = IDEAS
    header_icon = "pick"
    form_class = EmptyForm
    done_url = IDEAS[0]
    success_message = _("Noted.")

    def get_explanation(self) -> str:
        return self.row.text


class IdeaShow(OneIdea):
    page_title = _("Show an idea")
    submit_label = _("Everybody may see it")

    def act(self, data: dict[str, Any]) -> WorkshopIdea:
        return services.decide(idea=self.row, shown=True, actor=self.request.user)


class IdeaDismiss(OneIdea):
    page_title = _("Put an idea away")
    submit_label = _("Put away")

    def act(self, data: dict[str, Any]) -> WorkshopIdea:
        return services.decide(idea=self.row, shown=False, actor=self.request.user)


class IdeaTakeUp(OneIdea):
    page_title = _("Make a workshop of an idea")
    submit_label = _("Make a draft")

    def act(self, data: dict[str, Any]) -> Workshop:
        return pages.take_up_idea(idea=self.row, actor=self.request.user)

    def respond(self, result: Workshop) -> HttpResponse:
        return redirect("lab_workshops:edit", result.pk)
