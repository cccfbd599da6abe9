"""Forms of maintenance and stock."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cms.gestion.forms.machines import MachineFilter
from machines.models import Consumable, Machine, MachineCategory, MachineMaterial, Measure, Unit
from machines.upkeep_forms import AmountField

MOST = 10_000_000


class PlanForm(forms.Form):
    machine = forms.ModelChoiceField(Machine.objects.all(), label=_("Machine"))
    name = forms.CharField(label=_("Part or work"), max_length=80)
    how = forms.CharField(label=_("How it is done"), max_length=300, required=False)
    measure = forms.ChoiceField(label=_("Counted in"), choices=Measure.choices, widget=forms.RadioSelect)
    every = forms.IntegerField(label=_("To be done every"), min_value=1, max_value=MOST)
    margin = forms.IntegerField(
        label=_("And so much later nobody may book"),
        min_value=0,
        max_value=MOST,
        required=False,
        help_text=_("Empty: bookings go on. 0: they stop as soon as the work is due."),
    )
    active = forms.BooleanField(label=_("Still wanted"), required=False)
    already = forms.IntegerField(
        label=_("Counted already"),
        min_value=0,
        max_value=MOST,
        initial=0,
        help_text=_("For a new plan, or one counted otherwise from now on: what the part has done so far."),
    )


class ConsumableForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)
    unit = forms.ChoiceField(label=_("Counted in"), choices=Unit.choices)
    warn_below = forms.DecimalField(
        label=_("To order below"),
        min_value=0,
        max_digits=10,
        decimal_places=2,
        required=False,
        help_text=_("Empty: nobody is warned."),
    )
    category = forms.ModelChoiceField(MachineCategory.objects.all(), label=_("For these machines"), required=False)
    material = forms.ModelChoiceField(
        MachineMaterial.objects.select_related("machine"),
        label=_("Or for this material of one machine"),
        required=False,
    )
    active = forms.BooleanField(label=_("Still in use"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
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
