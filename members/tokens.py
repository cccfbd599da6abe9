"""API tokens: what they may be used for, and how they are stored."""

import hashlib

SCOPES = (
    "reservations:read",
    "reservations:write",
    "registrations:write",
    "usage:read",
)


def token_digest(plain: str) -> str:
    """Digest of a random 256-bit token; independent of SECRET_KEY, so that rotating the key revokes nothing."""
    return hashlib.sha256(plain.encode()).hexdigest()
