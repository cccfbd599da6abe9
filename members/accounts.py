"""How django-allauth is used here: no sign-up form (the desk makes accounts), short names."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from members.models import User

INCORRECT_CODE = _("This is not right. Try again, or come to the desk.")


class LabAccountAdapter(DefaultAccountAdapter):
    """Accounts come from the desk or from an accepted joining request, never from an open form."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("This name and this password do not go together. Try again, or ask the desk."),
        "email_password_mismatch": _("This name and this password do not go together. Try again, or ask the desk."),
        "invalid_login": _("This name and this password do not go together. Try again, or ask the desk."),
        "incorrect_code": INCORRECT_CODE,
        "too_many_login_attempts": _("Too many tries. Wait a while, then try again, or come to the desk."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def format_email_subject(self, subject: str) -> str:
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send nothing to an address that no account has: the answer on screen stays the same."""
        if template_prefix != "account/email/unknown_account":
            super().send_mail(template_prefix, email, context)


class LabMFAAdapter(DefaultMFAAdapter):
    """The second sign-in step speaks like the rest of the site."""

    error_messages = {**DefaultMFAAdapter.error_messages, "incorrect_code": INCORRECT_CODE}


def display_name(user: User) -> str:
    return user.short_name
