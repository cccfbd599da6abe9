"""Shape of the answers to a quiz; what they are worth is decided by the rules."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from machines.quiz_rules import Asked


class AnswersForm(forms.Form):
    """One group of radio buttons for each question, in the order in which they were drawn."""

    def __init__(self, questions: Sequence[Asked], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, question in enumerate(questions, start=1):
            self.fields[f"q{number}"] = _answer_field(number, question)

    def letters(self) -> list[str]:
        """Return the letters that were ticked, one for each question."""
        return [self.cleaned_data[name] for name in self.fields]


def _answer_field(number: int, question: Asked) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=f"{number}. {question['text']}",
        help_text=_("Safety: this one must be right.") if question["safety"] else "",
        choices=[(letter, f"{letter}. {text}") for letter, text in question["choices"]],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose an answer."), "invalid_choice": _("Choose one of these answers.")},
    )
