from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.forms import DayField, WindowForm
from booking.models import State
from booking.problems import Problem
from booking.queries import in_service
from booking.rules import WAIVABLE
from cms.gestion.forms.fields import member_field
from machines.models import Machine
from members.models import Channel, User


class WaiverForm(forms.Form):
    """Rules set aside with a reason: offered only after they have refused, to who may do it."""

    waive = forms.MultipleChoiceField(
        label=_("Set aside this time"), choices=[], widget=forms.CheckboxSelectMultiple, required=False
    )
    waive_reason = forms.CharField(label=_("Why it may be set aside"), max_length=200, required=False)

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = [code for code, right in WAIVABLE.items() if actor.has_perm(right)]
        self.fields["waive"].choices = [(code, code) for code in codes]

    def offer(self, problems: tuple[Problem, ...]) -> None:
        """Show only the rules that just refused; none: hide the question."""
        allowed = {code for code, _label in self.fields["waive"].choices}
        refused = [(problem.code, problem.message) for problem in problems if problem.code in allowed]
        if refused:
            self.fields["waive"].widget.choices = refused
        else:
            del self.fields["waive"], self.fields["waive_reason"]


class BookForm(WindowForm, WaiverForm):
    member = member_field()
    machine = forms.ModelChoiceField(in_service(), label=_("Machine"), to_field_name="slug")
    accompanied = forms.BooleanField(label=_("Accompanied by somebody trained"), required=False)
    channel = forms.ChoiceField(label=_("How it was asked"), choices=Channel.choices, initial=Channel.DESK)

    field_order = ["member", "machine", "day", "starts", "ends", "accompanied", "channel", "waive", "waive_reason"]


class BookingMoveForm(WindowForm, WaiverForm):
    field_order = ["day", "starts", "ends", "waive", "waive_reason"]


class ReservationFilter(forms.Form):
    since = DayField(label=_("From"), required=False)
    machine = forms.ModelChoiceField(Machine.objects.all(), label=_("Machine"), required=False)
    state = forms.ChoiceField(label=_("State"), choices=[("", "—"), *State.choices], required=False)
    q = forms.CharField(label=_("Name"), required=False)
