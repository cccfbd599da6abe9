"""What a reader at a machine reads from a card is as good as the card: only its digest goes further. No Django."""

import hashlib
import re

NAMED = re.compile(rb'("badge"\s*:\s*")(?:[^"\\]|\\.)*')
HIDDEN = rb"\1***"
TOPICS = ("/badge", "/job")


def digest(read: str) -> str:
    """Return the digest by which the lab knows a card, from its QR (an address) or the text at its end."""
    token = read.strip().rstrip("/").rpartition("/")[2]
    return hashlib.sha256(token.encode()).hexdigest()


def hidden(topic: str, payload: bytes) -> bytes:
    """Return a payload as it may be kept: without the card that it names."""
    return NAMED.sub(HIDDEN, payload) if topic.endswith(TOPICS) else payload
