from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cms.models import LabImage, ProjectPage, SessionStory

LATEST = 60


class StoryForm(forms.Form):
    """Which of the latest photographs and projects are of a session; those that are already stay on offer."""

    photos = forms.ModelMultipleChoiceField(
        label=_("Photographs"),
        queryset=LabImage.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Add them first under Images, and say who is in each: one that nobody has spoken for is not shown."
        ),
    )
    projects = forms.ModelMultipleChoiceField(
        label=_("Projects made there"),
        queryset=ProjectPage.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, story: SessionStory | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("photos", LabImage.objects.all()), ("projects", ProjectPage.objects.live())):
            held = list(getattr(story, name).values_list("pk", flat=True)) if story else []
            latest = list(rows.order_by("-pk").values_list("pk", flat=True)[:LATEST])
            self.fields[name].queryset = rows.filter(Q(pk__in=held) | Q(pk__in=latest)).order_by("-pk")
            self.fields[name].initial = held
