from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from desk.papers_form import OF_THE_DESK
from desk.queries.training import TrainingRow
from machines.models import MachineCategory
from machines.services.training import levels_to_sign
from members.models import Channel


class _OfCategories(forms.Form):
    """A form about one of the categories of the page."""

    category = forms.ModelChoiceField(label=_("Machines"), queryset=MachineCategory.objects.all())

    def _offer(self, rows: Sequence[TrainingRow]) -> None:
        self.fields["category"].queryset = MachineCategory.objects.filter(pk__in=[row.category.pk for row in rows])


class ObservationForm(_OfCategories):
    level = forms.TypedChoiceField(label=_("For level"), coerce=int)
    passed = forms.TypedChoiceField(
        label=_("Result"),
        choices=[("yes", _("can do it alone")), ("no", _("not yet"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    observed_on = forms.DateField(label=_("On"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    remark = forms.CharField(label=_("What to work on"), max_length=200, required=False)
    channel = forms.ChoiceField(label=_("How it came to us"), choices=OF_THE_DESK, initial=Channel.DESK)

    def __init__(self, *args: Any, rows: Sequence[TrainingRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer([row for row in rows if row.may_sign])
        self.fields["level"].choices = levels_to_sign()


class WaiverForm(_OfCategories):
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    motive = forms.CharField(label=_("Why?"), max_length=200)

    def __init__(self, *args: Any, rows: Sequence[TrainingRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer(rows)
