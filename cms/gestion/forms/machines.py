from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.forms import DayField
from cms.gestion.forms.fields import DaysForm, member_field
from iot_bridge.devices import DESCRIBED
from iot_bridge.models import Device
from machines.models import FaultState, Level, Machine, MachineCategory, MachineMaterial


class OutageForm(DaysForm):
    machine = forms.ModelChoiceField(Machine.objects.filter(in_service=True), label=_("Machine"))
    reason = forms.CharField(label=_("What is wrong"), max_length=150)
    planned = forms.BooleanField(
        label=_("Planned maintenance"), required=False, help_text=_("Refused while members hold this time.")
    )
    field_order = ["machine", "reason", "first_day", "starts", "last_day", "ends", "planned"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["last_day"].label = _("Last day (empty: until further notice)")


class QualificationForm(forms.Form):
    member = member_field()
    category = forms.ModelChoiceField(MachineCategory.objects.all(), label=_("Machines"))
    level = forms.TypedChoiceField(label=_("Level"), choices=Level.choices, coerce=int, initial=Level.SUPERVISED)
    motive = forms.CharField(
        label=_("Why without a quiz and a practice here?"),
        max_length=200,
        help_text=_("Where it was learnt, and what you saw. What is learnt here is signed by a trainer at the desk."),
    )
    expires_on = DayField(label=_("Valid until"), required=False, help_text=_("Empty: as long as these machines say."))


class LevelNamesForm(forms.Form):
    """A word for each level."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for level in Level:
            self.fields[f"level_{level.value}"] = forms.CharField(label=level.label, max_length=60, required=False)


class MaterialForm(forms.ModelForm):
    class Meta:
        model = MachineMaterial
        fields = ["machine", "name", "allowed", "note", "display_order"]
        widgets = {"allowed": forms.RadioSelect}


class MachineFilter(forms.Form):
    machine = forms.ModelChoiceField(Machine.objects.all(), label=_("Machine"), required=False)


class DeviceForm(forms.ModelForm):
    """What reports for a machine; the power rule counts for what measures power."""

    class Meta:
        model = Device
        fields = list(DESCRIBED)
        help_texts = {
            "base": _("What its topics begin with or name it by: octoPrint, a plug’s Topic, the machine’s short name."),
            "time_zone": _("Empty: the lab’s. Only for firmware that writes its local time."),
            "start_watts": _("The four values of power count only for what measures power, as a plug does."),
        }


class ThresholdsForm(forms.ModelForm):
    """From which power on a machine works, and below which it has stopped."""

    class Meta:
        model = Device
        fields = ["start_watts", "start_hold_seconds", "stop_watts", "stop_hold_seconds"]


class RejectedFilter(forms.Form):
    device = forms.ModelChoiceField(Device.objects.all(), label=_("Device"), required=False)
    reason = forms.CharField(label=_("Reason"), required=False, max_length=80)


class PresenceFilter(MachineFilter):
    unconfirmed = forms.BooleanField(label=_("Only where nobody has confirmed"), required=False)


class StartFilter(MachineFilter):
    refused = forms.BooleanField(label=_("Only where the answer was no"), required=False)


class FaultFilter(MachineFilter):
    state = forms.ChoiceField(label=_("State"), choices=[("", _("all")), *FaultState.choices], required=False)


class TriageForm(DaysForm):
    decision = forms.ChoiceField(
        label=_("What follows?"),
        choices=[
            (FaultState.OUTAGE, _("It is out of order, from now on")),
            (FaultState.MAINTENANCE, _("Plan maintenance, at the time below")),
            (FaultState.DISMISSED, _("Nothing: it can be used")),
        ],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("Reason"),
        max_length=150,
        help_text=_("Who reported it will read it, and who had booked: name nobody."),
    )
    field_order = ["decision", "note", "first_day", "starts", "last_day", "ends"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["first_day"].required = False
        self.fields["first_day"].label = _("Maintenance: first day")


class QualificationFilter(forms.Form):
    q = forms.CharField(label=_("Name"), required=False)
    category = forms.ModelChoiceField(MachineCategory.objects.all(), label=_("Machines"), required=False)


class UsageFilter(MachineFilter):
    unclaimed = forms.BooleanField(label=_("Nobody’s only"), required=False)


class AttributeForm(forms.Form):
    member = member_field(_("Who used it?"))
