"""A period of days, as an address carries it."""

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.forms import DayField
from members.standing import season_of, season_span
from place.clock import today


class PeriodForm(forms.Form):
    """From one day to another; the season up to today when nothing is said."""

    du = DayField(label=_("From"), required=False, initial=lambda: season_span(season_of(today()))[0])
    au = DayField(label=_("To"), required=False, initial=today)

    def days(self) -> tuple[date, date]:
        """Return the first and the last day, in order."""
        said = self.cleaned_data if self.is_valid() else {}
        first = said.get("du") or self.get_initial_for_field(self.fields["du"], "du")
        last = said.get("au") or self.get_initial_for_field(self.fields["au"], "au")
        return min(first, last), max(first, last)
