"""What is offered, on paper: the workshop, what it costs, what is asked."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from members.models import Purpose, QuotientBand, User
from members.roles import DIRECTOR, FAB_MANAGER, FACILITATOR, MENTOR
from workshops.models import Workshop, WorkshopPrice, WorkshopQuestion

RUNS_WORKSHOPS = (FACILITATOR, FAB_MANAGER, DIRECTOR, MENTOR)


def who_runs() -> Any:
    """Return who may be named to run a workshop."""
    return User.objects.filter(groups__name__in=RUNS_WORKSHOPS, is_active=True).distinct().order_by("first_name", "pk")


class WorkshopForm(WagtailAdminModelForm):
    """The offer; agreements as boxes to tick."""

    agreements = forms.MultipleChoiceField(
        label=_("Agreements needed under 18"),
        choices=Purpose.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Without them a registration waits."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["facilitators"].queryset = who_runs()


class TermsForm(forms.Form):
    """Prices in euros by band of family quotient, and up to three questions, each with its purpose."""

    QUESTIONS: ClassVar = (1, 2, 3)

    def __init__(self, *args: Any, workshop: Workshop, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.workshop = workshop
        known = dict(WorkshopPrice.objects.filter(workshop=workshop).values_list("band", "cents"))
        for band in QuotientBand:
            self.fields[f"price_{band.value}"] = forms.DecimalField(
                label=_("Price, family quotient: %(band)s (€)") % {"band": band.label},
                min_value=0, max_value=1000, decimal_places=2, required=False, localize=True,
                initial=None if band.value not in known else Decimal(known[band.value]).scaleb(-2),
            )  # fmt: skip
        for number, question in zip(self.QUESTIONS, [*workshop.questions.all(), None, None, None], strict=False):
            self._add_question(number, question)

    def _add_question(self, number: int, question: WorkshopQuestion | None) -> None:
        named = {"number": number}
        self.fields[f"text_{number}"] = forms.CharField(
            label=_("Question %(number)s") % named,
            max_length=160,
            required=False,
            initial=getattr(question, "text", ""),
        )
        self.fields[f"purpose_{number}"] = forms.CharField(
            label=_("What question %(number)s is for") % named,
            max_length=160, required=False, initial=getattr(question, "purpose", ""),
            help_text=_("It is read beside the question. The answers are deleted a week after the session."),
        )  # fmt: skip
        self.fields[f"required_{number}"] = forms.BooleanField(
            label=_("An answer is needed to question %(number)s") % named,
            required=False, initial=getattr(question, "required", False),
        )  # fmt: skip

    def cents_by_band(self) -> dict[str, int]:
        """Return the prices that are given; none at all: free."""
        prices = {band.value: self.cleaned_data[f"price_{band.value}"] for band in QuotientBand}
        return {band: int(price * 100) for band, price in prices.items() if price is not None}

    def questions(self) -> list[WorkshopQuestion]:
        """Return the questions that have a text; one whose text stays is the same question."""
        known = {question.text: question for question in self.workshop.questions.all()}
        return [self._question(known, number) for number in self.QUESTIONS if self.cleaned_data[f"text_{number}"]]

    def _question(self, known: dict[str, WorkshopQuestion], number: int) -> WorkshopQuestion:
        data, text = self.cleaned_data, self.cleaned_data[f"text_{number}"]
        question = known.get(text) or WorkshopQuestion(text=text)
        question.purpose, question.required = data[f"purpose_{number}"], data[f"required_{number}"]
        return question
