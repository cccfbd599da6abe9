"""Forms of maintenance and stock."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cms.gestion.forms.machines import MachineFilter
from machines.models import Consumable, MachineMaterial, UpkeepPlan
from machines.upkeep_forms import AmountField

MOST = 10_000_000


class PlanForm(forms.ModelForm):
    already = forms.IntegerField(
        label=_("Counted already"),
        min_value=0,
        max_value=MOST,
        initial=0,
        help_text=_("For a new plan, or one counted otherwise from now on: what the part has done so far."),
    )

    class Meta:
        model = UpkeepPlan
        fields = ["machine", "name", "how", "measure", "every", "margin", "active"]
        widgets = {"measure": forms.RadioSelect}


class ConsumableForm(forms.ModelForm):
    class Meta:
        model = Consumable
        fields = ["name", "unit", "warn_below", "category", "material", "active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["material"].queryset = MachineMaterial.objects.select_related("machine")
        self.fields["material"].label_from_instance = lambda row: f"{row.machine}: {row.name}"


class MaterialUsedForm(forms.Form):
    consumable = forms.ModelChoiceField(Consumable.objects.filter(active=True), label=_("What was used"))
    amount = AmountField(
        label=_("How much of it"),
        help_text=_("In the unit of what was used. Said again, it replaces what was said before."),
    )


class TaskFilter(MachineFilter):
    waiting = forms.BooleanField(label=_("Only what waits"), required=False)


class MovementFilter(forms.Form):
    consumable = forms.ModelChoiceField(Consumable.objects.all(), label=_("Consumable"), required=False)
