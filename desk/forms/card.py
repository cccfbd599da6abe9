from django import forms
from django.utils.translation import gettext_lazy as _

from members.cards import CODE_DIGITS


class CodeForm(forms.Form):
    code = forms.RegexField(
        r"^\s*(\d\s*){6}$",
        label=_("The 6 digits of your card"),
        max_length=2 * CODE_DIGITS,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "autofocus": True}),
        error_messages={"invalid": _("Type the 6 digits that are on your card.")},
    )
