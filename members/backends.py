"""Sign in with the six digits of the desk's card, typed where a password would be."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from members import cards
from members.models import AccessCard, User
from members.services import try_code


class CardBackend(ModelBackend):
    """A name and a card's code; five wrong codes in a row shut the card until the desk opens it."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if not password or not cards.looks_like_code(password):
            return None
        name = username or kwargs.get("email") or ""
        found = AccessCard.objects.select_related("user").filter(revoked_at=None, user__is_active=True)
        by_name = {"user__email__iexact": name} if "@" in name else {"user__username__iexact": name}
        card = found.filter(**by_name).first() if name else None
        return card.user if card and try_code(card, password) else None
