from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from members.models.people import Reach


class PreferencesForm(forms.Form):
    """What people decide about themselves."""

    pseudonym = forms.CharField(
        label=_("Pseudonym"),
        max_length=40,
        required=False,
        help_text=_("The name under which your projects are shown. Not your real name."),
    )
    preferred_language = forms.ChoiceField(label=_("Language"), choices=settings.FORM_LANGUAGES)
    contact_by = forms.ChoiceField(
        label=_("How should we tell you something?"), choices=Reach, widget=forms.RadioSelect
    )
    wants_confirmations = forms.BooleanField(
        label=_("Tell me also what I did myself (a booking I made)"), required=False
    )


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=_("Why? You need not say."), max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
