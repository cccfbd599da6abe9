"""How django-allauth is used here: no sign-up form (the desk makes accounts), short names."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from members.models import User


class LabAccountAdapter(DefaultAccountAdapter):
    """Accounts come from the desk or from an accepted joining request, never from an open form."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("This name and this password do not go together. Try again, or ask the desk."),
        "email_password_mismatch": _("This name and this password do not go together. Try again, or ask the desk."),
        "invalid_login": _("This name and this password do not go together. Try again, or ask the desk."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def format_email_subject(self, subject: str) -> str:
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send nothing to an address that no account has: the answer on screen stays the same."""
        if template_prefix != "account/email/unknown_account":
            super().send_mail(template_prefix, email, context)


def display_name(user: User) -> str:
    return user.short_name
