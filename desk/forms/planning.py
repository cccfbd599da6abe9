"""Shapes of the planning's address and of a move."""

from datetime import date, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.forms import HourField, WindowForm
from machines.models import MachineCategory

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
    """Another time for a booking; `sequence` says which state of it was looked at."""

    ends = HourField(label=_("To"), error_messages={"required": _("Say until when, on the same day.")})
    sequence = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
