"""Shapes of what people send; the rules are in services."""

from allauth.account.forms import ConfirmLoginCodeForm
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _

from members.models import JoinRequest


class JoinForm(forms.ModelForm):
    class Meta:
        model = JoinRequest
        fields = ["first_name", "last_name", "birth_date", "guardian_name", "email", "phone", "message"]
        widgets = {
            "birth_date": forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}),
            "message": forms.Textarea(attrs={"rows": 3}),
            "first_name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "last_name": forms.TextInput(attrs={"autocomplete": "family-name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "phone": forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
        }
        help_texts = {
            "guardian_name": _("If you are under 18: the name of a parent or guardian."),
            "email": _("If you have one. You can come without."),
            "phone": _("If you have one."),
        }


def code_field() -> forms.CharField:
    """Return the field of a code: digits on the keyboard of a phone, offered by the phone when it has just come."""
    return forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class LoginCodeForm(ConfirmLoginCodeForm):
    code = code_field()


class SecondStepForm(AuthenticateForm):
    code = code_field()


class SecondStepAgainForm(ReauthenticateForm):
    code = code_field()


class CodeAppForm(ActivateTOTPForm):
    code = code_field()


class PasskeyForm(AddWebAuthnForm):
    """A new passkey; unless said otherwise, it opens the account without a password."""

    name = forms.CharField(label=_("Name of this key"), max_length=60, required=False)
    credential = forms.JSONField(
        widget=forms.HiddenInput,
        error_messages={"required": _("Your device has not answered. Press the button again.")},
    )
    passwordless = forms.BooleanField(
        label=_("Sign in with this key alone, without a password"), required=False, initial=True
    )


class PasskeyNameForm(EditWebAuthnForm):
    name = forms.CharField(label=_("Name of this key"), max_length=60)
