"""Shape of what people send; the rules live in workshops.rules."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from members.models import Partner
from workshops import queries
from workshops.models import ProgrammeBand, SessionFeedback, Workshop, WorkshopQuestion, WorkshopSession
from workshops.offer import Facts
from workshops.services import ANSWERS_KEPT, Party


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

    def __init__(self, *args: Any, parts: Sequence[ProgrammeBand], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in parts:
            choices = WorkshopSession.objects.filter(pk__in=[one.pk for one in part.choices])  # type: ignore[attr-defined]
            self.fields[f"part_{part.pk}"] = forms.ModelChoiceField(choices, required=False, label=part.title)

    def chosen(self) -> list[WorkshopSession]:
        return [one for one in self.cleaned_data.values() if one is not None]

    def asked(self) -> list[int]:
        """Return the numbers of what can be read of the choices, also of some that were refused."""
        self.is_valid()
        return [one.pk for one in self.chosen()]


class SeatForm(forms.Form):
    """Who comes along and what is asked of them: only the fields that this workshop, and who asks, has a use for."""

    companion = forms.CharField(
        label=_("The grown-up who comes along"),
        max_length=150,
        help_text=_("First and last name. An account is not needed."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    seats = forms.IntegerField(label=_("How many people"), min_value=1, max_value=100, initial=1)

    def __init__(
        self, *args: Any, facts: Facts, partner: Partner | None = None, several: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.session, self.partner = facts.session, partner
        duo = facts.session.workshop.kind == Workshop.Kind.DUO
        if not duo or partner:
            del self.fields["companion"]
        if not partner and (duo or not several):
            del self.fields["seats"]
        self.questions = facts.questions if not partner else ()
        for question in self.questions:
            self.fields[f"question_{question.pk}"] = _answer_field(question)
        self.order_fields(["group", "companion", "seats", *(f"question_{one.pk}" for one in self.questions)])

    def party(self) -> Party:
        """Return who comes, as `services.register` takes it."""
        data = self.cleaned_data
        told = {one.pk: data[f"question_{one.pk}"] for one in self.questions}
        answers = {pk: text for pk, text in told.items() if text}
        return Party(data.get("seats"), data.get("companion", ""), self.partner, answers)


def _answer_field(question: WorkshopQuestion) -> forms.CharField:
    words = {"purpose": question.purpose, "days": ANSWERS_KEPT.days}
    help_text = _("What for: %(purpose)s. The answer is deleted %(days)s days after the workshop.") % words
    return forms.CharField(label=question.text, required=question.required, max_length=300, help_text=escape(help_text))


class FacesOfOne(forms.Form):
    """One person's two faces; one of them is enough."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in SessionFeedback.Question:
            choices = [(str(face.value), face.label) for face in reversed(SessionFeedback.Face)]
            self.fields[question.value] = forms.ChoiceField(
                label=question.label, choices=choices, widget=forms.RadioSelect, required=False
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors and not any(data.values()):
            raise forms.ValidationError(_("Choose a face."))
        return data

    def faces(self) -> dict[str, int]:
        return {question: int(face) for question, face in self.cleaned_data.items() if face}
