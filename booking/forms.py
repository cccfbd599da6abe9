"""Shapes of what the booking pages receive; what may be booked is decided by the rules."""

from datetime import UTC, date, datetime, timedelta

from django import forms
from django.utils.dateparse import parse_datetime

from place.clock import Span

FAR_AHEAD = timedelta(days=400)


class AwareMoment(forms.Field):
    """An ISO 8601 moment with its offset, as our own links write it; anything else is refused."""

    def to_python(self, value: object) -> datetime | None:
        text = str(value or "")[:40]
        try:
            moment = parse_datetime(text) if text else None
        except ValueError:
            moment = None
        if text and (moment is None or moment.tzinfo is None or not 1970 <= moment.year <= 9000):
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
