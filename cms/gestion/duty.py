"""Screens of the duty roster: who answers for the lab, and what calling off does to bookings."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column

from booking.services import settled
from cms.gestion import rights
from cms.gestion.foreseen import Foreseen
from cms.gestion.forms.fields import EmptyForm
from cms.gestion.forms.place import DutyForm
from cms.gestion.machines import OneRow
from cms.gestion.views import Act, Listing
from place import services
from place.clock import day_text, hour_text
from place.models import DutyShift

DUTIES = ("lab_duties", _("Duty roster"))


class DutyList(Listing):
    right = rights.PLAN_DUTIES
    page_title = DUTIES[1]
    header_icon = "user"
    order = ("starts_at", "pk")
    add = ("lab_duty_plan", _("Put somebody on duty"))
    empty_text = _("Nobody is on duty in the days to come: young people cannot book the machines.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[DutyShift]:
        return DutyShift.objects.filter(ends_at__gt=timezone.now(), cancelled_at=None).select_related("person")

    def columns(self) -> list[Column]:
        return [
            Column("person", label=_("On duty")),
            Column("day", label=_("Day"), accessor=lambda row: day_text(row.starts_at)),
            Column("hours", label=_("Hours"), accessor=_hours),
        ]

    def actions(self, row: DutyShift) -> list[tuple[Any, str]]:
        return [(_("Cannot come"), reverse("lab_duty_off", args=[row.pk]))]


def _hours(row: DutyShift) -> str:
    return f"{hour_text(row.starts_at)} – {hour_text(row.ends_at)}"


class DutyPlan(Act):
    right = rights.PLAN_DUTIES
    page_title = _("Put somebody on duty")
    parent = DUTIES
    header_icon = "user"
    form_class = DutyForm
    submit_label = _("Put on duty")
    success_message = _("Noted. Bookings that waited for it are confirmed.")
    done_url = DUTIES[0]

    def act(self, data: dict[str, Any]) -> DutyShift:
        wanted = {name: data[name] for name in ("person", "starts_at", "ends_at")}
        return settled(lambda: services.put_on_duty(actor=self.request.user, **wanted))


class DutyOff(Foreseen, OneRow):
    right = rights.PLAN_DUTIES
    model = DutyShift
    page_title = _("Cannot come")
    parent = DUTIES
    form_class = EmptyForm
    submit_label = _("Take off the roster")
    explanation = _("Bookings that nobody watches over any more wait for the team and their holders are told.")
    danger = True
    success_message = _("Noted. What depended on it now waits on the desk’s list.")
    done_url = DUTIES[0]

    def get_page_subtitle(self) -> str:
        return f"{self.row.person} · {day_text(self.row.starts_at)}, {_hours(self.row)}"

    def change(self, data: dict[str, Any]) -> DutyShift:
        return services.call_off(actor=self.request.user, shift=self.row)

    def reason(self, _data: dict[str, Any]) -> str:
        return gettext("Nobody of the team can be there at that time.")
