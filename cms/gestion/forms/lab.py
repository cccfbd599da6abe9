from django import forms

from place.models import LabSettings


class LabForm(forms.ModelForm):
    """Who the lab is, how to reach it, and what holds for all machines."""

    class Meta:
        model = LabSettings
        fields = ["name", "motto", "address", "phone", "email", "school_zone", "horizon_days", "fair_waiting"]
