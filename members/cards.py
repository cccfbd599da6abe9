"""What is printed on a desk card: derived from the card's nonce and SECRET_KEY, so that neither a copy of the database
nor the key alone opens an account, and a lost card can be printed again unchanged until it is revoked."""

import hashlib
from collections.abc import Iterator

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

CODE_DIGITS = 6
MOST_FAILURES = 5


def qr_token(nonce: str) -> str:
    """Return the text of the card's QR: 160 bits."""
    return salted_hmac("members.card.qr", nonce, algorithm="sha256").hexdigest()[:40]


def qr_digest(token: str) -> str:
    """Return what the database keeps of a QR text."""
    return hashlib.sha256(token.encode()).hexdigest()


def code(nonce: str) -> str:
    """Return the six digits of the card."""
    return next(_codes(nonce))


def is_code(nonce: str, text: str) -> bool:
    """Tell whether a text is the card's code, spaces apart; codes made under a key that was rotated still count."""
    given = "".join(text.split())
    return any(constant_time_compare(expected, given) for expected in _codes(nonce))


def looks_like_code(text: str) -> bool:
    """Tell whether somebody typed a code rather than a password."""
    given = "".join(text.split())
    return len(given) == CODE_DIGITS and given.isascii() and given.isdigit()


def _codes(nonce: str) -> Iterator[str]:
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        number = int(salted_hmac("members.card.code", nonce, secret=secret, algorithm="sha256").hexdigest(), 16)
        yield f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}}"
