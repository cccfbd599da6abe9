"""What a tap at the roll sends."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from desk.forms.counter import WalkInForm
from desk.roll import Written
from desk.roll_lines import Line
from members.models import Gender
from place.clock import UnreadableTime, at, local
from place.models import AgeBand, Visit
from workshops.models import Attendance, WorkshopSession
from workshops.services import Tap

TAKE_BACK, LEFT, COUNT, ALL = "back", "left", "count", "all"
KEPT_AT_MOST = 14 * 24 * 3600  # a tablet may be without a network that long, in seconds


class TapForm(forms.Form):
    """One act at the roll; `ago`: how many seconds before it was sent it was made, whatever the tablet's clock says."""

    act = forms.ChoiceField(choices=[*Attendance.State.choices, (TAKE_BACK, ""), (LEFT, ""), (COUNT, ""), (ALL, "")])
    person = forms.IntegerField(required=False, min_value=1)
    row = forms.IntegerField(required=False, min_value=1)
    role = forms.ChoiceField(choices=Attendance.Role, required=False)
    version = forms.IntegerField(required=False, min_value=0)
    key = forms.RegexField(r"^[\w-]{1,64}$", required=False)
    ago = forms.IntegerField(required=False, min_value=0, max_value=KEPT_AT_MOST)
    how = forms.RegexField(rf"^({'|'.join(Visit.Leaving.values)}):", required=False, max_length=220)
    with_whom = forms.CharField(max_length=200, required=False)

    def leaving(self) -> dict[str, str]:
        """Return how somebody leaves and with whom: one button says both, a call by telephone is typed."""
        leaving, _colon, companion = self.cleaned_data["how"].partition(":")
        return {"leaving": leaving, "with_whom": companion or self.cleaned_data["with_whom"]}

    def tap(self) -> Tap:
        data = self.cleaned_data
        ago: int | None = data.get("ago")
        made: datetime | None = timezone.now() - timedelta(seconds=ago) if ago else None
        return Tap(key=data["key"], at=made, version=data["version"])


class CountForm(forms.Form):
    """People who gave no name: how many, of which age and gender."""

    people = forms.IntegerField(
        label=_("How many"),
        min_value=1,
        max_value=200,
        initial=1,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    band = forms.ChoiceField(label=_("Age"), choices=AgeBand, required=False)
    gender = forms.ChoiceField(label=_("Gender"), choices=Gender, required=False)

    def counted(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("people", "band", "gender")}


class SheetForm(WalkInForm):
    """A sheet of paper typed in: one row a person, and how many came without a name."""

    key = forms.RegexField(r"^\w{32}$", widget=forms.HiddenInput)

    def __init__(self, *args: Any, session: WorkshopSession, lines: list[Line], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["day"], self.fields["channel"]
        self.session, self.lines = session, lines
        for line in lines:
            self._add(line)

    def _add(self, line: Line) -> None:
        name, noted = line.person.pk, line.attendance
        hour = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        self.fields[f"state_{name}"] = forms.ChoiceField(
            label=_("State"), choices=[("", "—"), *Attendance.State.choices], required=False, initial=line.state
        )
        self.fields[f"came_{name}"] = forms.TimeField(
            label=_("came"), required=False, widget=hour, initial=_hour(noted.arrived_at if noted else None)
        )
        self.fields[f"left_{name}"] = forms.TimeField(
            label=_("left"), required=False, widget=hour, initial=_hour(noted.left_at if noted else None)
        )
        self.fields[f"with_{name}"] = forms.CharField(
            label=_("fetched by"), required=False, max_length=200, initial=noted.left_with if noted else ""
        )
        self.fields[f"version_{name}"] = forms.IntegerField(min_value=0, initial=line.version, widget=forms.HiddenInput)

    @property
    def rows(self) -> list[tuple[Line, list[forms.BoundField]]]:
        names = ("state", "came", "left", "with", "version")
        return [(line, [self[f"{name}_{line.person.pk}"] for name in names]) for line in self.lines]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            self.written = [self._written(line) for line in self.lines if data[f"state_{line.person.pk}"]]
        return data

    def _written(self, line: Line) -> Written:
        value = {name: self.cleaned_data[f"{name}_{line.person.pk}"] for name in ("state", "came", "left", "with")}
        noted = line.attendance
        return Written(
            person=line.person,
            role=line.role,
            state=value["state"],
            came_at=self._moment(value["came"], noted and noted.arrived_at) or self.session.starts_at,
            left_at=self._moment(value["left"], noted and noted.left_at),
            left_with=value["with"],
            version=self.cleaned_data[f"version_{line.person.pk}"],
        )

    def _moment(self, hour: time | None, known: datetime | None) -> datetime | None:
        """Return the moment of an hour; one that was not changed keeps its seconds."""
        if hour is None or (known and _hour(known) == hour):
            return known if hour else None
        try:
            return at(local(self.session.starts_at).date(), hour)
        except UnreadableTime as error:
            raise ValidationError(str(error)) from error


def _hour(moment: datetime | None) -> time | None:
    return local(moment).time().replace(second=0, microsecond=0) if moment else None
