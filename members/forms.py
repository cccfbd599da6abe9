"""Shapes of what people send; the rules are in services."""

from django import forms
from django.utils.translation import gettext_lazy as _

from members.models import JoinRequest


class JoinForm(forms.ModelForm):
    class Meta:
        model = JoinRequest
        fields = ["first_name", "last_name", "birth_date", "guardian_name", "email", "phone", "message"]
        widgets = {
            "birth_date": forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}),
            "message": forms.Textarea(attrs={"rows": 3}),
            "first_name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "last_name": forms.TextInput(attrs={"autocomplete": "family-name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "phone": forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
        }
        help_texts = {
            "guardian_name": _("If you are under 18: the name of a parent or guardian."),
            "email": _("If you have one. You can come without."),
            "phone": _("If you have one."),
        }
