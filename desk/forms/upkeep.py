"""What came in, went out or was counted."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from machines.models import Consumable, Why
from machines.upkeep_forms import AmountField


class StockForm(forms.Form):
    """An amount, then the button that says what happened; `key` makes a second tap nothing new."""

    amount = AmountField(label=_("How much"))
    note = forms.CharField(label=_("A word about it"), max_length=200, required=False, help_text=_("Name nobody here."))
    key = forms.CharField(max_length=64, widget=forms.HiddenInput, required=False)
    why = forms.ChoiceField(choices=[(why.value, why.label) for why in (Why.BOUGHT, Why.USED, Why.COUNTED, Why.THROWN)])

    def __init__(self, *args: Any, consumable: Consumable, **kwargs: Any) -> None:
        super().__init__(*args, initial={"key": uuid4().hex}, **kwargs)
        self.fields["amount"].help_text = consumable.get_unit_display()
