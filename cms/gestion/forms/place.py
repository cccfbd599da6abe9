from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from booking.forms import DayField, WindowForm
from cms.gestion.forms.fields import DaysForm, member_field
from place.models import During, OpeningKind, SchoolHoliday
from place.patterns import Frequency, InvalidRule, Nth, RuleSpec, Weekday
from place.school_calendar import MAX_BYTES
from place.services import Scope


class PatternForm(WindowForm):
    """A first date and how it comes back, in words that everybody uses."""

    frequency = forms.ChoiceField(label=_("How often"), choices=Frequency.choices, initial=Frequency.NONE)
    weekdays = forms.MultipleChoiceField(
        label=_("On which days"),
        choices=Weekday.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Empty: the day of the first date."),
    )
    nth = forms.TypedChoiceField(
        label=_("Which one of the month"),
        choices=[("", "—"), *Nth.choices],
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("Only for what comes back every month."),
    )
    until = DayField(label=_("Last day"), required=False, help_text=_("Empty: no end."))

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if "frequency" in data:
            try:
                data["rule"] = self._rule(data)
            except InvalidRule as error:
                self.add_error("frequency", str(error))
        return data

    def _rule(self, data: dict[str, Any]) -> RuleSpec:
        return RuleSpec(
            frequency=Frequency(data["frequency"]),
            weekdays=tuple(Weekday(day) for day in data.get("weekdays", ())),
            nth=Nth(data["nth"]) if data.get("nth") is not None else None,
            until=data.get("until"),
        )


class PatternWordsForm(forms.Form):
    """What openings are called, for whom, and when in the school year."""

    label = forms.CharField(label=_("Name"), max_length=120, help_text=_("As everybody will read it: “Open lab”."))
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=OpeningKind.choices,
        help_text=_("A machine says in which kinds it can be booked. “Staff only”: members cannot book."),
    )
    during = forms.ChoiceField(
        label=_("When in the school year"),
        choices=During.choices,
        initial=During.ALWAYS,
        help_text=_("Follows the school holidays of the lab’s zone."),
    )


class OpeningForm(PatternWordsForm, PatternForm):
    field_order = ["label", "kind", "day", "starts", "ends", "frequency", "weekdays", "nth", "until", "during"]


SCOPES = [
    (Scope.THIS.value, _("this date only")),
    (Scope.FOLLOWING.value, _("this one and the following")),
    (Scope.ALL.value, _("all of them")),
]


class ScopeField(forms.ChoiceField):
    """Which dates of the pattern; a date that stands alone is not asked."""

    def __init__(self, **options: Any) -> None:
        options = {"label": _("Change"), "choices": SCOPES, "initial": SCOPES[0][0]} | options
        super().__init__(widget=forms.RadioSelect, **options)


class OpeningEditForm(WindowForm):
    scope = ScopeField()


class OpeningCancelForm(forms.Form):
    scope = ScopeField(label=_("Cancel"), choices=SCOPES[:2])


class ClosureForm(DaysForm):
    reason = forms.CharField(label=_("Reason"), max_length=150, help_text=_("Everybody will read it."))

    field_order = ["reason", "first_day", "starts", "last_day", "ends"]


class ClosureRemoveForm(forms.Form):
    scope = ScopeField(label=_("Remove"), choices=SCOPES[:2])


class OpeningFilter(forms.Form):
    since = DayField(label=_("From"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", "—"), *OpeningKind.choices], required=False)


class DutyForm(WindowForm):
    """Somebody of the team, a day and two hours."""

    person = member_field(_("Who"))
    field_order = ["person", "day", "starts", "ends"]


class HolidayForm(forms.ModelForm):
    class Meta:
        model = SchoolHoliday
        fields = ["name", "zone", "first_day", "last_day", "summer"]
        field_classes = {"first_day": DayField, "last_day": DayField}

    def _post_clean(self) -> None:
        """The service judges and writes the row."""


class CalendarFileForm(forms.Form):
    file = forms.FileField(
        label=_("Calendar file (.ics)"),
        help_text=_("The official one, from the ministry’s site. 1 MB at most. Nothing is saved before you say so."),
    )

    def clean_file(self) -> bytes:
        upload = self.cleaned_data["file"]
        if upload.size > MAX_BYTES:
            raise ValidationError(_("This file is too big: 1 MB at most."))
        return upload.read()


class TokenForm(forms.Form):
    """What was read from a file waits under this name."""

    token = forms.CharField(max_length=40, widget=forms.HiddenInput)
