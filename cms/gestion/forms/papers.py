from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from members.models import Purpose, User


class TextForm(forms.Form):
    """A text in each of the families' languages."""

    purpose = forms.ChoiceField(label=_("About"), choices=Purpose)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, name in settings.FORM_LANGUAGES:
            needed = code == settings.LANGUAGE_CODE
            self.fields[code] = forms.CharField(label=name, required=needed, widget=forms.Textarea(attrs={"rows": 4}))


class PeopleForm(forms.Form):
    people = forms.CharField(
        label=_("Who can be recognised?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Sign-in names, one to a line. Empty: nobody."),
    )

    def clean_people(self) -> list[User]:
        names = {name.strip().lower() for name in self.cleaned_data["people"].replace(",", "\n").splitlines()} - {""}
        found = {user.username.lower(): user for user in User.objects.filter(username__in=names)}
        missing = sorted(names - found.keys())
        if missing:
            raise ValidationError(_("Nobody signs in as: %(names)s."), params={"names": ", ".join(missing)})
        return list(found.values())
