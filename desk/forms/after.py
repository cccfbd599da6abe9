from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from workshops.models import SessionFeedback

Question, Face = SessionFeedback.Question, SessionFeedback.Face


class NoteForm(forms.Form):
    note = forms.CharField(
        label=_("Note for the team"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What worked, what to do differently. Nothing about a child: no name, no health."),
    )


class FacesForm(forms.Form):
    """How many people gave which face on paper, to each question."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in Question:
            for face in Face:
                widget = forms.NumberInput(attrs={"inputmode": "numeric", "min": 0, "max": 500})
                self.fields[f"{question}_{face}"] = forms.IntegerField(
                    label=f"{question.label} {face.label}", min_value=0, max_value=500, required=False, widget=widget
                )

    @property
    def table(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(str(question.label), [self[f"{question}_{face}"] for face in Face]) for question in Question]

    @property
    def genders(self) -> list[str]:
        return [str(face.label) for face in Face]

    def counts(self) -> dict[tuple[str, int], int]:
        pairs = ((question.value, face.value) for question in Question for face in Face)
        return {(question, face): self.cleaned_data[f"{question}_{face}"] or 0 for question, face in pairs}
