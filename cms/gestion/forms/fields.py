"""Fields that several acts share: a person, a stretch of days."""

from datetime import time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from booking.forms import DayField, HourField
from members.models import User
from members.queries import search_members
from place.clock import UnreadableTime, at

MANY = 8


class MemberField(forms.CharField):
    """A person found by sign-in name, or by name when only one bears it: no list of everybody in the page."""

    default_error_messages = {
        "nobody": _("Nobody is called “%(text)s”. Check the spelling, or create the account first."),
        "several": _("Several people fit: %(people)s. Type the sign-in name."),
    }

    def clean(self, value: Any) -> User | None:
        text = super().clean(value)
        return self._find(text) if text else None

    def _find(self, text: str) -> User:
        exact = User.objects.filter(username__iexact=text, is_active=True).first()
        if exact:
            return exact
        found = list(search_members(text)[: MANY + 1])
        if not found:
            raise ValidationError(self.error_messages["nobody"], "nobody", {"text": text})
        if len(found) > 1:
            people = ", ".join(f"{person} ({person.username})" for person in found[:MANY])
            raise ValidationError(self.error_messages["several"], "several", {"people": people})
        return found[0]


def member_field(label: Any = None) -> MemberField:
    return MemberField(label=label or _("Member"), help_text=_("Sign-in name, or first name and last name."))


class DaysForm(forms.Form):
    """From a day to a day, whole days unless hours are given."""

    first_day = DayField(label=_("First day"))
    starts = HourField(label=_("from (empty: all day)"), required=False)
    last_day = DayField(label=_("Last day, included"), required=False)
    ends = HourField(label=_("to (empty: all day)"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("first_day"):
            self._read_days(data)
        return data

    def _read_days(self, data: dict[str, Any]) -> None:
        last = data.get("last_day") or data["first_day"]
        try:
            data["starts_at"] = at(data["first_day"], data.get("starts") or time.min)
            data["ends_at"] = at(last, data["ends"]) if data.get("ends") else at(last + timedelta(days=1), time.min)
        except UnreadableTime as error:
            self.add_error("starts", str(error))
            return
        if data["ends_at"] <= data["starts_at"]:
            self.add_error("last_day", _("The end must come after the start."))


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=150, help_text=_("The people concerned will read it."))


class EmptyForm(forms.Form):
    """An act that needs nothing but a yes."""
