"""A message as it came from the broker or from a file."""

from hashlib import blake2b
from typing import NamedTuple


class Message(NamedTuple):
    """`received_at` and `late_since` in epoch seconds; late means: it waited while the bridge was away since then."""

    topic: str
    payload: bytes
    received_at: float
    qos: int = 1
    retain: bool = False
    dup: bool = False
    late_since: float | None = None
    announced: bool = False
    """It came by a subscription for devices nobody has set up; what a known device says comes by its own one too."""

    @property
    def digest(self) -> bytes:
        """What tells this message from another of the same topic."""
        return blake2b(self.payload, digest_size=16).digest()
