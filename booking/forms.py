"""Shapes of what the booking pages receive; what may be booked is decided by the rules."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from booking.group_models import Agreement
from booking.queries import in_service
from machines.models import Machine
from members.models import User
from place.clock import Span, UnreadableTime, at, local

FAR_AHEAD = timedelta(days=400)
YEARS = range(1970, 9001)  # beyond them, a day more or less is no date


class AwareMoment(forms.Field):
    """An ISO 8601 moment with its offset, as our own links write it; anything else is refused."""

    def to_python(self, value: object) -> datetime | None:
        text = str(value or "")[:40]
        try:
            moment = parse_datetime(text) if text else None
        except ValueError:
            moment = None
        if text and (moment is None or moment.tzinfo is None or moment.year not in YEARS):
            raise forms.ValidationError("moment")
        return moment.astimezone(UTC) if moment else None


class DayForm(forms.Form):
    """Which day is looked at, and with whom."""

    jour = forms.DateField(required=False)
    accompagne = forms.BooleanField(required=False)

    def day(self, today: date) -> date:
        """Return the day asked for, or today; never the past, never further than a year."""
        wanted = self.cleaned_data.get("jour") if self.is_valid() else None
        return min(max(wanted or today, today), today + FAR_AHEAD)

    @property
    def accompanied(self) -> bool:
        return self.is_valid() and bool(self.cleaned_data["accompagne"])


class SlotForm(forms.Form):
    """One slot: when it starts, when it ends, accompanied or not."""

    debut = AwareMoment()
    fin = AwareMoment()
    accompagne = forms.BooleanField(required=False)
    matiere = forms.CharField(max_length=80, required=False)

    @property
    def span(self) -> Span:
        return Span(self.cleaned_data["debut"], self.cleaned_data["fin"])


class ArriveForm(forms.Form):
    matiere = forms.CharField(max_length=80, required=False)


class CancelForm(forms.Form):
    reason = forms.CharField(max_length=200, required=False)


class DayField(forms.DateField):
    """A day; `max` keeps a browser from taking six digits for the year."""

    widget = forms.DateInput(attrs={"type": "date", "max": "9999-12-31"}, format="%Y-%m-%d")


class HourField(forms.TimeField):
    widget = forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M")


class WindowForm(forms.Form):
    """A day with two hours on the lab's wall clock; `window` gives the two moments."""

    day = DayField(label=_("Day"))
    starts = HourField(label=_("From"))
    ends = HourField(label=_("To"))

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day.year not in YEARS:
            raise forms.ValidationError(forms.DateField.default_error_messages["invalid"])
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if {"day", "starts", "ends"} <= data.keys():
            self._read_window(data)
        return data

    def _read_window(self, data: dict[str, Any]) -> None:
        try:
            data["starts_at"], data["ends_at"] = at(data["day"], data["starts"]), at(data["day"], data["ends"])
        except UnreadableTime as error:
            self.add_error("starts", str(error))
            return
        if data["ends_at"] <= data["starts_at"]:
            self.add_error("ends", _("The end must come after the start."))


def window_initial(starts_at: datetime, ends_at: datetime) -> dict[str, str]:
    """Return the initial values of a WindowForm, also fit for an address."""
    start, end = local(starts_at), local(ends_at)
    return {"day": start.date().isoformat(), "starts": f"{start:%H:%M}", "ends": f"{end:%H:%M}"}


class GroupForm(WindowForm):
    """A time for a group, once or again and again; who it is for is known from the agreement or the page."""

    OFTEN: ClassVar = {0: _("just this once"), 1: _("every week"), 2: _("every two weeks"), 4: _("every four weeks")}

    agreement = forms.ModelChoiceField(Agreement.objects.none(), label=_("Partner agreement"))
    responsible = forms.ModelChoiceField(User.objects.none(), label=_("Who answers for the group, on the spot"))
    title = forms.CharField(label=_("Group or project"), max_length=120)
    machine = forms.ModelChoiceField(Machine.objects.none(), label=_("Machine"))
    any_of_kind = forms.BooleanField(label=_("Any of its kind will do"), required=False)
    people = forms.IntegerField(label=_("How many people"), min_value=1, max_value=100, initial=4)
    every_weeks = forms.TypedChoiceField(label=_("How often"), choices=list(OFTEN.items()), coerce=int, initial=0)
    last_day = DayField(label=_("Until"), required=False)
    field_order = (
        "agreement", "responsible", "title", "machine", "any_of_kind", "day", "starts", "ends", "people", "every_weeks",
        "last_day",
    )  # fmt: skip

    def __init__(self, *args: Any, agreements: QuerySet[Agreement], person: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["machine"].queryset = in_service()
        if person is not None:
            del self.fields["agreement"], self.fields["responsible"]
            return
        self.fields["agreement"].queryset = agreements
        contacts = User.objects.filter(partners__agreements__in=agreements, is_active=True).distinct()
        self.fields["responsible"].queryset = contacts.order_by("last_name", "first_name")
        self.fields["responsible"].label_from_instance = str

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("every_weeks") and not data.get("last_day"):
            self.add_error("last_day", _("Say until when it repeats."))
        return data
