"""Shape of what people send; the rules live in workshops.rules."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from workshops import queries
from workshops.models import Programme, WorkshopSession


class AgendaFilter(forms.Form):
    """What of the agenda to show; kept in the address, so that it can be shared."""

    age = forms.IntegerField(label=_("Age"), required=False, min_value=0, max_value=120)
    theme = forms.ChoiceField(label=_("Theme"), required=False)
    places = forms.BooleanField(label=_("With places left"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        themes = [(theme, theme) for theme in queries.themes()]
        cast(forms.ChoiceField, self.fields["theme"]).choices = [("", _("All themes")), *themes]

    def wanted(self) -> dict[str, Any]:
        """Return the filters of `queries.sessions_between`; a value that cannot be read is not one."""
        self.is_valid()
        found = self.cleaned_data
        return {
            "age": found.get("age"),
            "theme": found.get("theme", ""),
            "with_places": found.get("places", False),
        }


class ChoicesForm(forms.Form):
    """One choice, or none, for each part of a day that has workshops."""

    def __init__(self, *args: Any, day: Programme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in queries.parts_of(day):
            choices = WorkshopSession.objects.filter(pk__in=[one.pk for one in part.choices])  # type: ignore[attr-defined]
            self.fields[f"part_{part.pk}"] = forms.ModelChoiceField(choices, required=False, label=part.title)

    def chosen(self) -> list[WorkshopSession]:
        return [one for one in self.cleaned_data.values() if one is not None]
