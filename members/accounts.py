"""How django-allauth is used here: no sign-up form (the desk makes accounts), short names, no account too early."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models import Purpose, User
from members.queries import standings

# The same words whether the name exists or not, and whether its card is shut or not.
MISMATCH = _(
    "This name and this password or code do not go together. Try again, or ask the desk: "
    "after five wrong codes a card is shut until they open it."
)

INCORRECT_CODE = _("This is not right. Try again, or come to the desk.")


class LabAccountAdapter(DefaultAccountAdapter):
    """Accounts come from the desk or from an accepted joining request, never from an open form."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": MISMATCH,
        "email_password_mismatch": MISMATCH,
        "invalid_login": MISMATCH,
        "incorrect_code": INCORRECT_CODE,
        "too_many_login_attempts": _("Too many tries. Wait a while, then try again, or come to the desk."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Stop whoever is not old enough to agree alone and whose parent has not signed yet (on the day of the act)."""
        stopped = super().pre_login(request, user, **kwargs)
        if stopped is None and not may_have_account(user):
            clear_login(request)
            return redirect("desk:account_waits")
        return stopped

    def format_email_subject(self, subject: str) -> str:
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send nothing to an address that no account has: the answer on screen stays the same."""
        if template_prefix != "account/email/unknown_account":
            super().send_mail(template_prefix, email, context)


def may_have_account(user: User) -> bool:
    """Tell whether a person may sign in today; nobody of the team is a child, whatever their file leaves out."""
    if user.birth_date is None and (user.is_superuser or user.get_all_permissions()):
        return True
    return standings(user, timezone.localdate(), [Purpose.ACCOUNT])[Purpose.ACCOUNT].allows


class LabMFAAdapter(DefaultMFAAdapter):
    """The second sign-in step speaks like the rest of the site."""

    error_messages = {**DefaultMFAAdapter.error_messages, "incorrect_code": INCORRECT_CODE}


def display_name(user: User) -> str:
    return user.short_name
