"""Screens of the workshops: dates, places, who comes."""

from datetime import time
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column
from wagtail.admin.widgets.button import HeaderButton

from booking.forms import window_initial
from cms.gestion import rights
from cms.gestion.forms.fields import EmptyForm
from cms.gestion.forms.papers import PeopleForm
from cms.gestion.forms.workshops import (
    FacilitatorForm,
    MoveForm,
    PlacesForm,
    RegisterForm,
    SeriesForm,
    SessionCancelForm,
    SessionFilter,
)
from cms.gestion.machines import OneRow, period_column
from cms.gestion.views import Act, LinkColumn, Listing
from place.clock import at
from workshops import services
from workshops.models import Registration, WorkshopSession
from workshops.queries import with_conflicts, with_counts, with_position

SESSIONS = ("lab_sessions", _("Sessions"))
Status = Registration.Status


class SessionList(Listing):
    right = rights.REGISTER_OTHERS
    page_title = SESSIONS[1]
    header_icon = "calendar-alt"
    filter_form_class = SessionFilter
    order = ("starts_at", "pk")
    add = ("lab_session_plan", _("Plan sessions"))
    add_right = rights.MANAGE_WORKSHOPS
    empty_text = _("No session is planned.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[WorkshopSession]:
        since = at(filters["since"], time.min) if filters.get("since") else timezone.now()
        found = with_conflicts(with_counts(WorkshopSession.objects.filter(ends_at__gt=since)))
        found = found.select_related("workshop", "facilitator")
        return found.filter(workshop=filters["workshop"]) if filters.get("workshop") else found

    def columns(self) -> list[Column]:
        return [
            LinkColumn("workshop", label=_("Workshop"), get_url=_registrations_url),
            period_column(),
            Column("places_left", label=_("Places left"), accessor=_places_text),
            Column("waiting", label=_("Waiting")),
            Column("facilitator", label=_("Who runs it"), accessor=_runner_text),
            Column("state", label=_("State"), accessor=_state_text),
        ]

    def actions(self, row: WorkshopSession) -> list[tuple[Any, str]]:
        """Nothing is done with a date called off; photographs and projects belong to one that has begun."""
        if row.state == WorkshopSession.State.CANCELLED:
            return []
        acts = [("lab_session_register", _("Register somebody"))]
        if self.request.user.has_perm(rights.MANAGE_WORKSHOPS):
            acts += [("lab_session_move", _("Move")), ("lab_session_places", _("Places"))]
            acts += [("lab_session_facilitator", _("Who runs it")), ("lab_session_mentors", _("Peer mediators"))]
            acts += [("lab_session_cancel", _("Cancel"))]
        if row.starts_at <= timezone.now() and self.request.user.has_perm(rights.NAME_IN_PICTURES):
            acts += [("lab_session_story", _("Photographs and projects"))]
        return [(label, reverse(name, args=[row.pk])) for name, label in acts]


def _registrations_url(row: WorkshopSession) -> str:
    return reverse("lab_registrations", args=[row.pk])


def _places_text(row: WorkshopSession) -> Any:
    return _("%(left)d of %(places)d") % {"left": row.places_left, "places": row.places}


def _runner_text(row: WorkshopSession) -> Any:
    if row.facilitator is None:
        return "–"
    words = _("%(name)s, who also runs “%(other)s” then") if row.also_runs else "%(name)s"
    return words % {"name": row.facilitator.short_name, "other": row.also_runs}


def _state_text(row: WorkshopSession) -> Any:
    return f"{row.get_state_display()} – {row.cancel_reason}" if row.cancel_reason else row.get_state_display()


class SessionPlan(Act):
    right = rights.MANAGE_WORKSHOPS
    page_title = _("Plan sessions")
    parent = SESSIONS
    header_icon = "calendar-alt"
    form_class = SeriesForm
    submit_label = _("Plan")
    success_message = _("The sessions are planned.")
    done_url = SESSIONS[0]

    def act(self, data: dict[str, Any]) -> Any:
        wanted = {name: data[name] for name in ("workshop", "starts_at", "ends_at", "places", "facilitator")}
        if data["rule"].repeats:
            rule, during = data["rule"], data["during"]
            return services.schedule_series(actor=self.request.user, rule=rule, during=during, **wanted)
        return services.schedule_session(actor=self.request.user, **wanted)


class OneSession(OneRow):
    right = rights.MANAGE_WORKSHOPS
    model = WorkshopSession
    parent = SESSIONS
    header_icon = "calendar-alt"
    done_url = SESSIONS[0]


class SessionMove(OneSession):
    page_title = _("Move a session")
    form_class = MoveForm
    submit_label = _("Move")
    explanation = _("Everybody registered is told. Dates that have begun, and who came to them, stay as they are.")
    success_message = _("The dates are moved.")

    def get_initial(self) -> dict[str, Any]:
        return window_initial(self.row.starts_at, self.row.ends_at) | super().get_initial()

    def act(self, data: dict[str, Any]) -> list[WorkshopSession]:
        wanted = {name: data[name] for name in ("starts_at", "ends_at", "scope")}
        return services.move_sessions(actor=self.request.user, session=self.row, **wanted)


class SessionPlaces(OneSession):
    page_title = _("Places of a session")
    form_class = PlacesForm
    submit_label = _("Save")
    explanation = _("More places let in who waits; fewer send nobody away.")
    success_message = _("The number of places is changed.")

    def get_initial(self) -> dict[str, Any]:
        return {"places": self.row.places}

    def act(self, data: dict[str, Any]) -> WorkshopSession:
        return services.change_places(actor=self.request.user, session=self.row, places=data["places"])


class SessionMentors(OneSession):
    page_title = _("Peer mediators")
    form_class = PeopleForm
    submit_label = _("Save")
    explanation = _("They see the first names of who comes to this session, on the day itself, and nothing else.")
    success_message = _("Noted.")

    def get_initial(self) -> dict[str, Any]:
        return {"people": "\n".join(self.row.mentors.values_list("username", flat=True))}

    def act(self, data: dict[str, Any]) -> WorkshopSession:
        return services.name_mentors(actor=self.request.user, session=self.row, mentors=data["people"])


class SessionCancel(OneSession):
    page_title = _("Cancel a session")
    form_class = SessionCancelForm
    submit_label = _("Cancel")
    explanation = _("Everybody registered is told, with the reason. Who has no e-mail is on the call list of the desk.")
    danger = True

    def act(self, data: dict[str, Any]) -> list[WorkshopSession]:
        wanted = {name: data[name] for name in ("reason", "scope")}
        return services.cancel_sessions(actor=self.request.user, session=self.row, **wanted)

    def respond(self, result: list[WorkshopSession]) -> HttpResponse:
        words = ngettext("%(count)s date is cancelled.", "%(count)s dates are cancelled.", len(result))
        calls = messages.button(reverse("desk:calls"), _("Call list"))
        messages.success(self.request, words % {"count": len(result)}, buttons=[calls])
        return redirect(self.get_done_url())


class SessionFacilitator(OneSession):
    page_title = _("Who runs a session")
    form_class = FacilitatorForm
    submit_label = _("Save")
    success_message = _("Noted.")

    def get_initial(self) -> dict[str, Any]:
        return {"facilitator": self.row.facilitator_id}

    def act(self, data: dict[str, Any]) -> WorkshopSession:
        return services.name_facilitator(actor=self.request.user, session=self.row, facilitator=data["facilitator"])


class SessionRegister(OneSession):
    right = rights.REGISTER_OTHERS
    page_title = _("Register somebody")
    form_class = RegisterForm
    submit_label = _("Register")
    success_message = _("Registered.")

    def get_done_url(self) -> str:
        return _registrations_url(self.row)

    def act(self, data: dict[str, Any]) -> Registration:
        return services.register(actor=self.request.user, session=self.row, **data)


class RegistrationList(Listing):
    right = rights.REGISTER_OTHERS
    page_title = _("Who comes")
    parent = SESSIONS
    header_icon = "group"
    order = ("created_at", "pk")
    empty_text = _("Nobody is registered yet.")

    @cached_property
    def session(self) -> WorkshopSession:
        return get_object_or_404(WorkshopSession.objects.select_related("workshop"), pk=self.kwargs["pk"])

    def get_page_subtitle(self) -> str:
        return str(self.session)

    def get_header_buttons(self) -> list[HeaderButton]:
        url = reverse("lab_session_register", args=[self.session.pk])
        return [HeaderButton(_("Register somebody"), url=url, icon_name="plus")]

    def rows(self, filters: dict[str, Any]) -> QuerySet[Registration]:
        rows = Registration.objects.filter(session=self.session).exclude(status=Status.CANCELLED)
        return with_position(rows).select_related("member")

    def columns(self) -> list[Column]:
        return [
            Column("member", label=_("Who")),
            Column("age", label=_("Age"), accessor=self._age),
            Column("seats", label=_("Seats")),
            Column("status", label=_("Status"), accessor=_status_text),
            Column("channel", label=_("Asked"), accessor=lambda row: row.get_channel_display()),
        ]

    def _age(self, row: Registration) -> Any:
        age = row.member.age_on(timezone.localdate(self.session.starts_at))
        return _("unknown") if age is None else age

    def actions(self, row: Registration) -> list[tuple[Any, str]]:
        return [(_("Cancel"), reverse("lab_registration_cancel", args=[row.pk]))]


def _status_text(row: Registration) -> str:
    return f"{row.get_status_display()} ({row.position})" if row.position else row.get_status_display()


class RegistrationCancel(OneRow):
    right = rights.REGISTER_OTHERS
    model = Registration
    page_title = _("Cancel a registration")
    parent = SESSIONS
    form_class = EmptyForm
    submit_label = _("Cancel this registration")
    explanation = _("The seat goes to the first who waits.")
    danger = True
    success_message = _("The registration is cancelled.")

    def get_page_subtitle(self) -> str:
        return str(self.row.member)

    def get_done_url(self) -> str:
        return reverse("lab_registrations", args=[self.row.session_id])

    def act(self, data: dict[str, Any]) -> Registration:
        return services.cancel_registration(actor=self.request.user, registration=self.row)
