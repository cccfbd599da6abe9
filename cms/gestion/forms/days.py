"""A day with a programme, typed in as one would write it on a board."""

import re
from datetime import time
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.forms import DayField, HourField
from cms.gestion.forms.offers import who_runs
from place.clock import UnreadableTime, at, hour_text, local
from workshops.models import Programme, ProgrammeBand, Workshop

LINE = re.compile(r"(\d{1,2})\s*[:hH]\s*(\d{2})?\s*[-–]\s*(\d{1,2})\s*[:hH]\s*(\d{2})?\s+(\S.*)")


class DayForm(forms.ModelForm):
    """A day, its hours, and its parts: one line each, like “10:00 – 12:00 Workshops of the morning”."""

    day = DayField(label=_("Day"))
    starts = HourField(label=_("Starts"))
    ends = HourField(label=_("Ends"))
    parts = forms.CharField(
        label=_("Parts of the day"),
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("One line each: 10:00 – 12:00 Workshops of the morning"),
    )

    field_order = ["title", "slug", "summary", "day", "starts", "ends", "places", "parts"]

    class Meta:
        model = Programme
        fields = ["title", "slug", "summary", "places"]

    def __init__(self, *args: Any, instance: Programme, **kwargs: Any) -> None:
        super().__init__(*args, instance=instance, **kwargs)
        self.order_fields(self.field_order)
        if instance.pk and not self.is_bound:
            self.initial = {
                **self.initial,
                "day": local(instance.starts_at).date(),
                "starts": local(instance.starts_at).time(),
                "ends": local(instance.ends_at).time(),
                "parts": "\n".join(_line(band) for band in instance.bands.all()),
            }

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if {"day", "starts", "ends", "parts"} <= set(data):
            self._read(data)
        return data

    def _read(self, data: dict[str, Any]) -> None:
        try:
            self.instance.starts_at = at(data["day"], data["starts"])
            self.instance.ends_at = at(data["day"], data["ends"])
            data["parts"] = self._parts(data)
        except UnreadableTime as error:
            self.add_error("day", str(error))
        except ValueError as error:
            self.add_error("parts", str(error))

    def _parts(self, data: dict[str, Any]) -> list[ProgrammeBand]:
        """Read the lines; one whose title stays is the same part, whose workshops stay with it. Raises ValueError."""
        known = {band.title: band for band in self.instance.bands.all()} if self.instance.pk else {}
        lines = [line.strip() for line in data["parts"].splitlines() if line.strip()]
        return [self._part(known, line, data["day"]) for line in lines]

    def _part(self, known: dict[str, ProgrammeBand], line: str, day: Any) -> ProgrammeBand:
        read = LINE.fullmatch(line)
        if not read:
            raise ValueError(_("“%(line)s”: write it like 10:00 – 12:00 Title.") % {"line": line})
        first, first_minutes, last, last_minutes, title = read.groups()
        band = known.get(title) or ProgrammeBand(title=title)
        band.starts_at = at(day, _time(line, first, first_minutes))
        band.ends_at = at(day, _time(line, last, last_minutes))
        return band

    def _post_clean(self) -> None:
        """The service judges and writes the rows."""
        for name in self.Meta.fields:
            if name in self.cleaned_data:
                setattr(self.instance, name, self.cleaned_data[name])


def _time(line: str, hours: str, minutes: str | None) -> time:
    try:
        return time(int(hours), int(minutes or 0))
    except ValueError as error:
        raise ValueError(_("“%(line)s”: this hour does not exist.") % {"line": line}) from error


def _line(band: ProgrammeBand) -> str:
    return f"{local(band.starts_at):%H:%M} – {local(band.ends_at):%H:%M} {band.title}"


class ChoiceForm(forms.Form):
    """A workshop to choose from, in a part of a day."""

    part = forms.ModelChoiceField(None, label=_("Part of the day"))
    workshop = forms.ModelChoiceField(Workshop.objects.filter(draft=False), label=_("Workshop"))
    places = forms.IntegerField(
        label=_("Places"), min_value=1, max_value=500, required=False, help_text=_("Empty: as the workshop says.")
    )
    facilitator = forms.ModelChoiceField(None, label=_("Who runs it"), required=False)

    def __init__(self, *args: Any, day: Programme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        part = cast(forms.ModelChoiceField, self.fields["part"])
        part.queryset = day.bands.all()
        part.label_from_instance = lambda band: f"{hour_text(band.starts_at)} – {band.title}"  # type: ignore[method-assign]
        cast(forms.ModelChoiceField, self.fields["facilitator"]).queryset = who_runs()
