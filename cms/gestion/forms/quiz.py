from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from booking.forms import DayField
from cms import sheets
from cms.gestion.forms.fields import member_field
from machines.models import Choice, MachineCategory, PaperSheet, Question
from machines.models.quiz import LETTERS
from place.clock import today

LONG = forms.Textarea(attrs={"rows": 3})
MAX_TEXT = 200_000


def _length_of(model: Any, name: str) -> int:
    return model._meta.get_field(name).max_length


class QuestionFilter(forms.Form):
    category = forms.ModelChoiceField(MachineCategory.objects.all(), label=_("Machines"), required=False)
    retired = forms.BooleanField(label=_("Retired questions"), required=False)


class QuizCategoryForm(forms.Form):
    category = forms.ModelChoiceField(MachineCategory.objects.all(), label=_("Machines"))


class QuestionForm(QuizCategoryForm):
    """A question with up to four answers; the first two must be there."""

    text = forms.CharField(label=_("Question"), max_length=_length_of(Question, "text"), widget=LONG)
    right = forms.ChoiceField(
        label=_("Right answer"), choices=[(letter, letter) for letter in LETTERS], widget=forms.RadioSelect
    )
    safety = forms.BooleanField(
        label=_("Safety: must be right"),
        required=False,
        help_text=_("Always asked; whoever gets it wrong does not pass."),
    )
    explanation = forms.CharField(
        label=_("Explanation"),
        max_length=_length_of(Question, "explanation"),
        widget=LONG,
        required=False,
        help_text=_("Shown after a wrong answer."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, letter in enumerate(LETTERS):
            self.fields[f"choice_{letter}"] = forms.CharField(
                label=_("Answer %(letter)s") % {"letter": letter},
                max_length=_length_of(Choice, "text"),
                required=number < 2,
            )
        self.order_fields(["category", "text", *(f"choice_{letter}" for letter in LETTERS)])

    def clean(self) -> dict[str, Any]:
        """Gather the answers; empty ones at the end are not there."""
        data = super().clean() or {}
        choices = [data.pop(f"choice_{letter}", "") for letter in LETTERS]
        while choices and not choices[-1]:
            choices.pop()
        return data | {"choices": choices}


class ImportForm(QuizCategoryForm):
    text = forms.CharField(
        label=_("Questions"), max_length=MAX_TEXT, required=False, widget=forms.Textarea(attrs={"rows": 12})
    )
    file = forms.FileField(label=_("or a text file"), required=False)

    def clean_file(self) -> str:
        upload = self.cleaned_data["file"]
        if not upload:
            return ""
        content = sheets.decoded(upload.read(MAX_TEXT + 1)) if upload.size <= MAX_TEXT else None
        if content is None:
            raise ValidationError(_("Choose a plain text file, 200 KB at most."))
        return content

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and bool(data["text"]) == bool(data["file"]):
            raise ValidationError(_("Paste the questions or choose a file, one of the two."))
        return data


class ResultForm(forms.Form):
    """What somebody wrote on a printed sheet."""

    sheet = forms.ModelChoiceField(
        PaperSheet.objects.select_related("category"),
        label=_("Number of the sheet"),
        widget=forms.NumberInput(attrs={"min": 1}),
        help_text=_("It is printed at the top."),
        error_messages={"invalid_choice": _("No sheet bears this number.")},
    )
    member = member_field()
    taken_on = DayField(label=_("Taken on"), initial=today)
    letters = forms.CharField(
        label=_("Letters"),
        max_length=120,
        help_text=_("In the order of the questions, for example ABDCA; a dash where there is no answer."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
