"""What was done at a machine and what it took: the same at the desk and in the back office."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from machines.models import Consumable


class AmountField(forms.DecimalField):
    """An amount of stock; a comma or a point, two decimals."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(min_value=0, max_digits=8, decimal_places=2, localize=True, widget=widget, **kwargs)


class WorkDoneForm(forms.Form):
    """Nothing needs to be said: the button alone is enough."""

    note = forms.CharField(label=_("A word about it"), max_length=200, required=False, help_text=_("Name nobody here."))
    consumable = forms.ModelChoiceField(
        Consumable.objects.filter(active=True), label=_("Taken from the stock"), required=False
    )
    amount = AmountField(label=_("How much of it"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("consumable")) != bool(data.get("amount")) and not self.errors:
            raise ValidationError(_("Say both what was taken and how much, or neither."))
        return data

    def used(self) -> dict[Consumable, Decimal]:
        """Return what the work took, by consumable."""
        data = self.cleaned_data
        return {data["consumable"]: data["amount"]} if data["consumable"] else {}
