from datetime import time
from typing import Any, ClassVar

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from booking.forms import DayField, HourField
from booking.group_models import Agreement
from booking.queries import in_service
from cms.gestion.forms.fields import MemberField
from members.models import Partner

NAMES = _("Sign-in name, or first name and last name.")


class PartnerForm(forms.Form):
    CONTACTS: ClassVar = ("contact_1", "contact_2", "contact_3")

    name = forms.CharField(label=_("Name"), max_length=120)
    contact_1 = MemberField(label=_("Who acts for it"), help_text=NAMES, required=False)
    contact_2 = MemberField(label=_("Somebody else"), help_text=NAMES, required=False)
    contact_3 = MemberField(label=_("And somebody else"), help_text=NAMES, required=False)
    active = forms.BooleanField(label=_("Active"), required=False, initial=True)

    @classmethod
    def initial_of(cls, partner: Partner) -> dict[str, Any]:
        """Return what the form shows of a partner that exists."""
        known = zip(cls.CONTACTS, partner.contacts.order_by("pk"), strict=False)
        return {"name": partner.name, "active": partner.active, **{name: one.username for name, one in known}}


class AgreementForm(forms.Form):
    """What was agreed, with up to five times of the week."""

    PLAIN: ClassVar = (
        "partner", "title", "first_day", "last_day", "most_machines", "most_people", "weekly_minutes",
    )  # fmt: skip
    SLOTS = 5

    partner = forms.ModelChoiceField(Partner.objects.filter(active=True), label=_("Partner"))
    title = forms.CharField(label=_("Title"), max_length=120)
    first_day = DayField(label=_("First day"))
    last_day = DayField(label=_("Last day, included"))
    most_machines = forms.IntegerField(label=_("Machines at the same time"), min_value=1, max_value=50, initial=2)
    most_people = forms.IntegerField(label=_("People in the group"), min_value=1, max_value=100, initial=8)
    weekly_minutes = forms.IntegerField(
        label=_("Minutes of machines a week (0: not counted)"), min_value=0, max_value=100_000, initial=0
    )
    machines = forms.ModelMultipleChoiceField(
        in_service(),
        label=_("Machines (none: all)"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = [("", "—"), *WEEKDAYS.items()]
        for number in range(1, self.SLOTS + 1):
            named = {"number": number}
            self.fields[f"weekday_{number}"] = forms.TypedChoiceField(
                label=_("Time %(number)s: day") % named, choices=days, coerce=int, empty_value=None, required=False
            )
            self.fields[f"starts_{number}"] = HourField(label=_("Time %(number)s: from") % named, required=False)
            self.fields[f"ends_{number}"] = HourField(label=_("Time %(number)s: to") % named, required=False)

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        data["slots"] = [slot for number in range(1, self.SLOTS + 1) if (slot := self._slot(data, number))]
        return data

    def _slot(self, data: dict[str, Any], number: int) -> tuple[int, time, time] | None:
        weekday, starts, ends = (data.get(f"{name}_{number}") for name in ("weekday", "starts", "ends"))
        if weekday is None and starts is None and ends is None:
            return None
        if weekday is None or starts is None or ends is None:
            self.add_error(f"weekday_{number}", _("Give the day and both hours."))
            return None
        if starts >= ends:
            self.add_error(f"ends_{number}", _("The end must come after the start."))
            return None
        return weekday, starts, ends

    @classmethod
    def initial_of(cls, agreement: Agreement) -> dict[str, Any]:
        """Return what the form shows of an agreement that exists."""
        found: dict[str, Any] = {name: getattr(agreement, name) for name in cls.PLAIN}
        found["machines"] = list(agreement.machines.all())
        for number, slot in enumerate(agreement.slots.all()[: cls.SLOTS], start=1):
            found |= {f"weekday_{number}": slot.weekday}
            found |= {f"starts_{number}": f"{slot.starts:%H:%M}", f"ends_{number}": f"{slot.ends:%H:%M}"}
        return found
