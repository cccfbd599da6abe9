"""Shape of what people send; the rules live in workshops.rules."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.html import escape
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from members.models import Partner
from workshops import agenda_queries
from workshops.models import ProgrammeBand, SessionFeedback, Workshop, WorkshopQuestion, WorkshopSession
from workshops.offer import Facts
from workshops.services import ANSWERS_KEPT, Party

# Kinds as a visitor names them; the back office says what each means for registering.
KINDS = [
    (Workshop.Kind.DROP_IN, _("come as you like")),
    (Workshop.Kind.SINGLE, _("on one date")),
    (Workshop.Kind.CYCLE, _("cycle, on several dates")),
    (Workshop.Kind.DUO, _("duo, a child and a grown-up")),
    (Workshop.Kind.TRAINING, _("training on machines")),
]


class AgendaFilter(forms.Form):
    """What of the agenda to show; kept in the address, so that it can be shared. A filter nobody needs is left out."""

    age = forms.IntegerField(label=_("Age"), required=False, min_value=0, max_value=120)
    theme = forms.ChoiceField(label=_("Theme"), required=False)
    kind = forms.ChoiceField(label=pgettext_lazy("filter of the agenda", "Form"), required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)
    places = forms.BooleanField(label=_("With places left"), required=False)
    free = forms.BooleanField(label=pgettext_lazy("filter of the agenda", "Free of charge"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = agenda_queries.offered()
        self._offer("theme", _("All themes"), [(theme, theme) for theme in found.themes])
        self._offer("kind", _("All forms"), [one for one in KINDS if one[0] in found.kinds])
        self._offer(
            "language", _("All languages"), [one for one in settings.FORM_LANGUAGES if one[0] in found.languages]
        )
        needed = {"age": found.by_age, "free": found.by_price, "theme": bool(found.themes),
            "kind": len(found.kinds) > 1, "language": len(found.languages) > 1}  # fmt: skip
        for name in [name for name, is_needed in needed.items() if not is_needed]:
            del self.fields[name]

    def _offer(self, name: str, everything: Any, choices: list[tuple[str, Any]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = [("", everything), *choices]

    def wanted(self) -> agenda_queries.Wanted:
        """Return what to show; a value that cannot be read is not one."""
        return agenda_queries.Wanted(**self.kept())

    def kept(self) -> dict[str, Any]:
        """Return the filters that are set, by their name in the address."""
        self.is_valid()
        return {
            name: value for name, value in self.cleaned_data.items() if value is not False and value not in (None, "")
        }

    def address(self, **more: str) -> str:
        """Return the part of an address that keeps the filters, with more before them; empty without any."""
        kept = {name: "on" if value is True else value for name, value in self.kept().items()}
        return "?" + urlencode(more | kept) if more or kept else ""


class IdeaForm(forms.Form):
    """A workshop somebody would like."""

    title = forms.CharField(label=_("Your idea"), max_length=120)
    text = forms.CharField(
        label=_("What would we do?"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("A few words are enough. Write no name and no phone number: everybody will read it."),
    )


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
