"""Reading people, across models."""

from datetime import datetime

from django.db.models import Q, QuerySet

from members.models import ApiToken, User
from members.tokens import token_digest


def valid_token(plain: str, now: datetime) -> ApiToken | None:
    """Return the live token of this text with its person, or None."""
    found = ApiToken.objects.select_related("user").filter(digest=token_digest(plain), revoked_at=None)
    return found.filter(expires_at__gt=now, user__is_active=True).first()


def search_members(text: str) -> QuerySet[User]:
    """Return active people whose names or sign-in name contain every word."""
    found = User.objects.filter(is_active=True)
    for word in text.split()[:5]:
        found = found.filter(Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(username__icontains=word))
    return found.order_by("first_name", "last_name", "pk")
