from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.forms import DayField, WindowForm
from cms.gestion.forms.fields import ReasonForm, member_field
from cms.gestion.forms.offers import who_runs
from cms.gestion.forms.place import PatternForm, ScopeField
from members.models import Channel
from place.models import During
from workshops.models import Workshop


class PlacesMixin(forms.Form):
    workshop = forms.ModelChoiceField(Workshop.objects.all(), label=_("Workshop"))
    places = forms.IntegerField(
        label=_("Places"), min_value=1, max_value=500, required=False, help_text=_("Empty: as the workshop says.")
    )


class SeriesForm(PatternForm, PlacesMixin):
    """One date, or a pattern of dates."""

    facilitator = forms.ModelChoiceField(None, label=_("Who runs it"), required=False)
    during = forms.ChoiceField(
        label=_("When in the school year"),
        choices=During.choices,
        initial=During.ALWAYS,
        help_text=_(
            "For dates that come back: those in the school holidays, and on days when the lab is closed, are left out."
        ),
    )

    field_order = [
        "workshop", "day", "starts", "ends", "places", "facilitator", "frequency", "weekdays", "nth", "until", "during",
    ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["workshop"]).queryset = Workshop.objects.filter(draft=False)
        cast(forms.ModelChoiceField, self.fields["facilitator"]).queryset = who_runs()


class MoveForm(WindowForm):
    """The new time of something that was planned, and of which of its dates."""

    scope = ScopeField()


class SessionCancelForm(ReasonForm):
    scope = ScopeField(label=_("Cancel"))


class FacilitatorForm(forms.Form):
    facilitator = forms.ModelChoiceField(None, label=_("Who runs it"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["facilitator"]).queryset = who_runs()


class PlacesForm(forms.Form):
    places = forms.IntegerField(label=_("Places"), min_value=1, max_value=500)


class RegisterForm(forms.Form):
    member = member_field(_("Who comes?"))
    seats = forms.IntegerField(label=_("Seats"), min_value=1, max_value=20, initial=1)
    channel = forms.ChoiceField(label=_("How it was asked"), choices=Channel.choices, initial=Channel.DESK)


class SessionFilter(forms.Form):
    since = DayField(label=_("From"), required=False)
    workshop = forms.ModelChoiceField(Workshop.objects.all(), label=_("Workshop"), required=False)
