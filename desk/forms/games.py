"""What is typed to run a live quiz; the rules live in workshops.services.games."""

from datetime import datetime
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from machines.models import MachineCategory
from place.clock import day_span, today
from workshops.models import FreeQuiz, LiveGame, WorkshopSession


class StartForm(forms.Form):
    """Which questions, and in which of today's sessions if any."""

    category = forms.ModelChoiceField(None, label=_("Questions about machines"), required=False)
    quiz = forms.ModelChoiceField(FreeQuiz.objects.all(), label=_("Or a free quiz"), required=False)
    session = forms.ModelChoiceField(None, label=_("In the session (if it is one)"), required=False)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        with_questions = MachineCategory.objects.filter(questions__active=True).distinct()
        cast(forms.ModelChoiceField, self.fields["category"]).queryset = with_questions
        span = day_span(today(now))
        of_today = WorkshopSession.objects.filter(starts_at__lt=span.end, ends_at__gt=span.start)
        session = cast(forms.ModelChoiceField, self.fields["session"])
        session.queryset = of_today.select_related("workshop").order_by("starts_at")
        session.label_from_instance = lambda one: str(one.workshop)  # type: ignore[method-assign]

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if bool(data.get("category")) == bool(data.get("quiz")) and not self.errors:
            raise ValidationError(_("Choose one: questions about machines, or a free quiz."))
        return data

    def chosen(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("category", "quiz", "session")}


class CardsForm(forms.Form):
    """How many cards were held up for each answer of the question that is asked."""

    def __init__(self, *args: Any, game: LiveGame, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for letter, _text in game.question.get("choices", []):
            self.fields[letter] = forms.IntegerField(
                label=letter, min_value=0, max_value=500, required=False, widget=forms.NumberInput({"size": 3})
            )

    def counts(self) -> dict[str, int]:
        return {letter: count for letter, count in self.cleaned_data.items() if count is not None}


class FreeQuizForm(forms.ModelForm):
    class Meta:
        model = FreeQuiz
        fields = ["title", "text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 14, "spellcheck": "true"})}
        help_texts = {"text": _("A question, its answers A. to D., then ANSWER: B. A blank line between two.")}
