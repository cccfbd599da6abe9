"""The second sign-in step: who must have one, and what stays open to them until they do."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from members.models import Channel, User
from members.services import record, refuse_above

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
STILL_OPEN = {
    "account_logout",
    "account_reauthenticate",
    "account_change_password",
    "account_set_password",
    "healthz",
    "readyz",
    "metrics",
}


class SecondFactorMissing(PermissionDenied):
    """Whoever asks must set up a second sign-in step before anything else."""


def owes_second_factor(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Tell whether a fab manager or above has neither a code app nor a passkey; one query, for them only."""
    if not settings.MFA_REQUIRED or not user.has_perm("members.needs_second_factor"):  # type: ignore[union-attr]
        return False
    return not Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists()


def refuse_without_second_factor(user: AbstractBaseUser) -> None:
    """Raise SecondFactorMissing for a person who owes one."""
    if owes_second_factor(user):
        raise SecondFactorMissing


@transaction.atomic
def forget_second_factor(*, actor: User | None, member: User, channel: str = Channel.DESK) -> None:
    """Remove the passkeys, code app and rescue codes of a person whose phone is lost; `actor` None: the command line.

    Raises PermissionDenied when the account has more rights than the actor's.
    """
    if actor is not None:
        refuse_above(actor, member)
    Authenticator.objects.filter(user_id=member.pk).delete()
    record(actor=actor, action="member.second_factor_forgotten", subject=f"user:{member.pk}", channel=channel)


class SecondFactorMiddleware:
    """Send who owes a second step to the page where it is set up; the API has its own answer (booking/api_tools.py)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_args: Any) -> HttpResponse | None:
        if _stays_open(request) or not owes_second_factor(request.user):
            return None
        return HttpResponseRedirect(reverse("mfa_index"))


def _stays_open(request: HttpRequest) -> bool:
    name = getattr(request.resolver_match, "view_name", "")
    beside = (settings.STATIC_URL, settings.MEDIA_URL, "/api/")
    return name in STILL_OPEN or name.startswith("mfa_") or request.path.startswith(beside)
