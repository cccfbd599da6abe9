"""Screens of the school calendar: holidays typed in, taken from this version, or read from the official file."""

import secrets
from abc import abstractmethod
from typing import Any

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column

from cms.gestion import rights
from cms.gestion.foreseen import Foreseen
from cms.gestion.forms.fields import EmptyForm
from cms.gestion.forms.place import CalendarFileForm, HolidayForm, TokenForm
from cms.gestion.machines import OneRow
from cms.gestion.views import Act, Listing
from place import services
from place.clock import day_text, today
from place.models import SchoolHoliday
from place.queries import lab, school_holidays
from place.school_calendar import CHANGED, NEW, SAME, Dates, Difference, UnreadableCalendar, compare, read_ics, shipped

HOLIDAYS = ("lab_holidays", _("School holidays"))
LIST_ACTS = (
    ("lab_holiday_add", _("Add holidays")),
    ("lab_holidays_shipped", _("Take over the dates of 2026–2027")),
    ("lab_holidays_import", _("Import the official file")),
)
FATES = {NEW: _("new"), CHANGED: _("changed"), SAME: _("unchanged")}
KEPT_SECONDS = 30 * 60


class HolidayList(Listing):
    right = rights.PLAN_OPENINGS
    template_name = "cms/gestion/holidays.html"
    page_title = HOLIDAYS[1]
    header_icon = "date"
    order = ("first_day", "pk")
    empty_text = _("No school holidays are known: every day counts as a school day.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[SchoolHoliday]:
        return SchoolHoliday.objects.filter(last_day__gte=today())

    def columns(self) -> list[Column]:
        return [
            Column("name", label=_("Name")),
            Column("first_day", label=_("First day"), accessor=lambda row: _day(row.first_day)),
            Column("last_day", label=_("Last day, included"), accessor=lambda row: _day(row.last_day)),
            Column("zone", label=_("Zone"), accessor=lambda row: row.get_zone_display()),
            Column("summer", label=_("Summer"), accessor=lambda row: _("yes") if row.summer else ""),
        ]

    def actions(self, row: SchoolHoliday) -> list[tuple[Any, str]]:
        acts = (("lab_holiday_edit", _("Change")), ("lab_holiday_remove", _("Remove")))
        return [(label, reverse(name, args=[row.pk])) for name, label in acts]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        known = school_holidays()
        return super().get_context_data(
            acts=[(label, reverse(name)) for name, label in LIST_ACTS],
            zone=lab().get_school_zone_display(),
            known_until=_day(known[-1].last_day) if known else "",
            **kwargs,
        )


def _day(day: Any) -> str:
    return f"{day_text(day)} {day.year}"


class HolidayAdd(Foreseen):
    right = rights.PLAN_OPENINGS
    page_title = _("Add holidays")
    parent = HOLIDAYS
    header_icon = "date"
    form_class = HolidayForm
    submit_label = _("Save")
    explanation = _("The first day is the first one without class, the last day the one before class begins again.")
    success_message = _("The school calendar is saved.")
    done_url = HOLIDAYS[0]

    def get_initial(self) -> dict[str, Any]:
        return {"zone": lab().school_zone} | super().get_initial()

    def change(self, data: dict[str, Any]) -> SchoolHoliday:
        return services.save_holiday(actor=self.request.user, holiday=SchoolHoliday(**data))


class OneHoliday(Foreseen, OneRow):
    right = rights.PLAN_OPENINGS
    model = SchoolHoliday
    parent = HOLIDAYS
    header_icon = "date"
    done_url = HOLIDAYS[0]
    success_message = _("The school calendar is saved.")


class HolidayEdit(OneHoliday):
    page_title = _("Change holidays")
    form_class = HolidayForm
    submit_label = _("Save")

    def get_initial(self) -> dict[str, Any]:
        return model_to_dict(self.row, HolidayForm.Meta.fields) | super().get_initial()

    def change(self, data: dict[str, Any]) -> SchoolHoliday:
        row = SchoolHoliday.objects.get(pk=self.row.pk)
        for name, value in data.items():
            setattr(row, name, value)
        return services.save_holiday(actor=self.request.user, holiday=row)


class HolidayRemove(OneHoliday):
    page_title = _("Remove holidays")
    form_class = EmptyForm
    submit_label = _("Remove")
    explanation = _("These days then count as school days.")
    danger = True

    def change(self, data: dict[str, Any]) -> None:
        services.remove_holiday(actor=self.request.user, holiday=self.row)


class TakeOver(Foreseen):
    """Holidays that somebody else wrote: what is new, what would change; then one yes."""

    right = rights.PLAN_OPENINGS
    template_name = "cms/gestion/holidays_take_over.html"
    parent = HOLIDAYS
    header_icon = "date"
    form_class = EmptyForm
    submit_label = _("Take over these dates")
    success_message = _("The school calendar is saved.")
    done_url = HOLIDAYS[0]
    nothing: Any = ""  # said when there is nothing to take over

    @abstractmethod
    def found(self) -> list[Dates]:
        """Return what somebody else wrote."""

    def change(self, data: dict[str, Any]) -> int:
        return services.take_over(actor=self.request.user, found=self.found())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        told = compare(self.found(), SchoolHoliday.objects.order_by("pk"))
        return super().get_context_data(
            lines=[_line(one) for one in told],
            nothing=self.nothing if not told else "",
            due=any(one.fate != SAME for one in told),
            **kwargs,
        )


def _line(one: Difference) -> dict[str, Any]:
    dates, row = one.dates, one.row if one.fate == CHANGED else None
    return {
        "fate": FATES[one.fate],
        "name": dates.name,
        "days": (_day(dates.first_day), _day(dates.last_day)),
        "before": (_day(row.first_day), _day(row.last_day)) if row else (),
    }


class HolidayShipped(TakeOver):
    page_title = LIST_ACTS[1][1]
    nothing = _("This version brings no dates for the lab’s zone: import the official file, or add them by hand.")

    def found(self) -> list[Dates]:
        return shipped(lab().school_zone)


class HolidayImport(Act):
    right = rights.PLAN_OPENINGS
    page_title = LIST_ACTS[2][1]
    parent = HOLIDAYS
    header_icon = "upload"
    form_class = CalendarFileForm
    submit_label = _("Look at what would happen")
    explanation = _("Only the holidays of the lab’s zone are read.")

    def act(self, data: dict[str, Any]) -> str:
        try:
            found = read_ics(data["file"], lab().school_zone)
        except UnreadableCalendar as error:
            raise ValidationError({"file": str(error)}) from error
        token = secrets.token_urlsafe(16)
        cache.set(_key(self.request.user.pk, token), found, KEPT_SECONDS)
        return token

    def respond(self, token: str) -> HttpResponse:
        return redirect(f"{reverse('lab_holidays_confirm')}?token={token}")


class HolidayConfirm(TakeOver):
    page_title = LIST_ACTS[2][1]
    form_class = TokenForm
    nothing = _("This preview is too old. Choose the file again.")

    @cached_property
    def token(self) -> str:
        return (self.request.POST.get("token") or self.request.GET.get("token", ""))[:40]

    def found(self) -> list[Dates]:
        return cache.get(_key(self.request.user.pk, self.token)) or []


def _key(person: int, token: str) -> str:
    """What was read waits for the person who sent the file, and for nobody else."""
    return f"school-calendar:{person}:{token}"
