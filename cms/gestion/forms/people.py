from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from booking.forms import DayField
from members.models import JoinRequest, Message, User
from members.roles import LABELS, MEMBER
from members.services import grantable_roles


class PersonFilter(forms.Form):
    q = forms.CharField(label=_("Name"), required=False)
    inactive = forms.BooleanField(label=_("Closed accounts"), required=False)


class RolesMixin(forms.Form):
    """Only the roles that the person at the desk may give."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=[], widget=forms.CheckboxSelectMultiple, required=False, initial=[MEMBER]
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = [(role, LABELS[role]) for role in grantable_roles(actor)]


class IdentityForm(forms.Form):
    first_name = forms.CharField(label=_("First name"), max_length=150)
    last_name = forms.CharField(label=_("Last name"), max_length=150)
    birth_date = DayField(label=_("Birth date"))
    email = forms.EmailField(label=_("E-mail"), required=False, help_text=_("Not needed to have an account."))
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)


class MemberForm(IdentityForm, RolesMixin):
    username = forms.CharField(
        label=_("Sign-in name"), max_length=150, required=False, help_text=_("Empty: made from the first name.")
    )

    field_order = ["first_name", "last_name", "birth_date", "email", "phone", "username", "roles"]


class MemberEditForm(IdentityForm, RolesMixin):
    birth_date = DayField(label=_("Birth date"), required=False)
    preferred_language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    field_order = ["first_name", "last_name", "birth_date", "email", "phone", "preferred_language", "roles"]


class JoinFilter(forms.Form):
    state = forms.ChoiceField(
        label=_("State"), choices=JoinRequest.State.choices, initial=JoinRequest.State.PENDING, required=False
    )


class MessageFilter(forms.Form):
    via = forms.ChoiceField(label=_("By"), choices=[("", "—"), *Message.Via.choices], required=False)
    state = forms.ChoiceField(label=_("State"), choices=[("", "—"), *Message.State.choices], required=False)
