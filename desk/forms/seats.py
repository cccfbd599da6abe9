"""What the desk writes down when somebody asks for a place: as on the pages, and how it came to us."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from desk.papers_form import OF_THE_DESK
from members.models import Channel, Partner, User
from workshops.forms import SeatForm
from workshops.services import Party


class ToldForm(forms.Form):
    channel = forms.ChoiceField(
        label=_("How it came to us"), choices=OF_THE_DESK, initial=Channel.DESK, widget=forms.RadioSelect
    )


class DeskSeatForm(SeatForm, ToldForm):
    """A place for a person, for several people, or for the group of a partner they act for."""

    group = forms.ModelChoiceField(
        Partner.objects.none(), label=_("For the group of"), required=False, empty_label=_("no group")
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, several=True, **kwargs)
        groups = person.partners.filter(active=True).order_by("name")
        self.fields["group"].queryset = groups
        if not groups:
            del self.fields["group"]

    def party(self) -> Party:
        group, party = self.cleaned_data.get("group"), super().party()
        return Party(party.seats, partner=group) if group else party
