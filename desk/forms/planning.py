"""Shapes of the planning's address and of a move."""

from datetime import date, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.forms import HourField, WindowForm
from booking.queries import in_service
from machines.models import MachineCategory
from place.clock import Span

FIRST_DAY = date(2000, 1, 1)
FAR_AHEAD = timedelta(days=800)


class DayForm(forms.Form):
    """Which day is looked at; what is no day is today."""

    jour = forms.DateField(required=False)

    def day(self, today: date) -> date:
        """Return the day asked for, kept between the year 2000 and two years ahead."""
        self.is_valid()
        wanted = self.cleaned_data.get("jour") or today
        return min(max(wanted, FIRST_DAY), today + FAR_AHEAD)


class WeekForm(DayForm):
    """Which week, and of which machines."""

    machines = forms.ModelChoiceField(MachineCategory.objects.all(), required=False, to_field_name="slug")

    def category(self) -> MachineCategory | None:
        self.is_valid()
        return self.cleaned_data.get("machines")


class MoveForm(WindowForm):
    """Another time or machine for a booking; `sequence` says which state of it was looked at."""

    machine = forms.ModelChoiceField(
        in_service(), label=_("Machine"), to_field_name="slug", required=False, empty_label=_("the same")
    )
    ends = HourField(label=_("To"), error_messages={"required": _("Say until when, on the same day.")})
    sequence = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    field_order = ("day", "starts", "ends", "machine")


class TimeForm(DayForm):
    """Which hour of a day was clicked on."""

    starts = HourField(required=False)

    def add_prefix(self, field_name: str) -> str:
        return "day" if field_name == "jour" else super().add_prefix(field_name)

    def hour(self) -> time | None:
        self.is_valid()
        return self.cleaned_data.get("starts")


class AddForm(WindowForm):
    """A time, perhaps a machine, perhaps whom it is for; nothing is written."""

    machine = forms.ModelChoiceField(in_service(), label=_("Machine"), to_field_name="slug", required=False)
    q = forms.CharField(
        label=_("A booking for whom?"),
        max_length=200,
        required=False,
        help_text=_("The beginning of the first name or of the last name."),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("q") and not data.get("machine") and "machine" not in self.errors:
            self.add_error("machine", _("Choose the machine to book."))
        return data

    @property
    def span(self) -> Span:
        return Span(self.cleaned_data["starts_at"], self.cleaned_data["ends_at"])
