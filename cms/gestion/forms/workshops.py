from django import forms
from django.utils.translation import gettext_lazy as _

from booking.forms import DayField, WindowForm
from cms.gestion.forms.fields import member_field
from cms.gestion.forms.place import PatternForm
from members.models import Channel
from workshops.models import Workshop


class PlacesMixin(forms.Form):
    workshop = forms.ModelChoiceField(Workshop.objects.all(), label=_("Workshop"))
    places = forms.IntegerField(
        label=_("Places"), min_value=1, max_value=500, required=False, help_text=_("Empty: as the workshop says.")
    )


class SeriesForm(PatternForm, PlacesMixin):
    """One date, or a pattern of dates."""

    field_order = ["workshop", "day", "starts", "ends", "places", "frequency", "weekdays", "nth", "until"]


class MoveForm(WindowForm):
    """The new time of something that was planned."""


class PlacesForm(forms.Form):
    places = forms.IntegerField(label=_("Places"), min_value=1, max_value=500)


class RegisterForm(forms.Form):
    member = member_field(_("Who comes?"))
    seats = forms.IntegerField(label=_("Seats"), min_value=1, max_value=20, initial=1)
    channel = forms.ChoiceField(label=_("How it was asked"), choices=Channel.choices, initial=Channel.DESK)


class SessionFilter(forms.Form):
    since = DayField(label=_("From"), required=False)
    workshop = forms.ModelChoiceField(Workshop.objects.all(), label=_("Workshop"), required=False)
