"""The answer to what planned and real do not agree on: one button, perhaps a word."""

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.ledger_models import AnomalyAnswer
from members.models import User


class AnswerForm(forms.Form):
    answer = forms.ChoiceField(choices=AnomalyAnswer.choices, required=False)
    member = forms.ModelChoiceField(User.objects.filter(is_active=True), required=False)
    note = forms.CharField(label=_("A word about it"), max_length=200, required=False, help_text=_("Name nobody here."))

    def clean_answer(self) -> str:
        """Tapping a name is an answer by itself."""
        return AnomalyAnswer.MEMBER if self.data.get("member") else self.cleaned_data["answer"]
