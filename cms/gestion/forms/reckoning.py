from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.ledger_models import AnomalyAnswer, AnomalyKind, AnomalyState, Verdict
from booking.rules.ledger import ANSWERS
from cms.gestion.forms.fields import DayField, member_field
from cms.gestion.forms.machines import MachineFilter


class AnomalyFilter(MachineFilter):
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("all")), *AnomalyKind.choices], required=False)
    state = forms.ChoiceField(label=_("State"), choices=[("", _("all")), *AnomalyState.choices], required=False)


class LedgerFilter(MachineFilter):
    since = DayField(label=_("From"), required=False)
    verdict = forms.ChoiceField(
        label=_("What became of it"), choices=[("", _("all")), *Verdict.choices], required=False
    )
    q = forms.CharField(label=_("Name"), required=False)


class AnomalyAnswerForm(forms.Form):
    """The answers that fit this kind; the name only where it may have been somebody."""

    answer = forms.ChoiceField(label=_("What was it?"), widget=forms.RadioSelect)
    member = member_field(_("Who was it?"))
    note = forms.CharField(label=_("A word about it"), max_length=200, required=False, help_text=_("Name nobody here."))

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        answers = ANSWERS[kind]
        self.fields["answer"].choices = [(answer.value, answer.label) for answer in answers]
        self.fields["member"].required = False
        if AnomalyAnswer.MEMBER not in answers:
            del self.fields["member"]
