"""What a roll says: enough grown-ups, hours given, a cycle completed. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from place.clock import Span

GRACE = timedelta(minutes=15)  # later than the start, earlier than the end: it counts as the whole session
MISSED_ONE_IN = 5  # of the dates held


@dataclass(frozen=True, slots=True)
class Watch:
    """How many people under 18 are there, and how many grown-ups look after them."""

    minors: int
    grown: int
    per_adult: int

    @property
    def missing(self) -> int:
        """Return how many grown-ups are missing."""
        return max(0, -(-self.minors // self.per_adult) - self.grown)


def time_there(session: Span, arrived_at: datetime | None, left_at: datetime | None) -> timedelta:
    """Return how long somebody was at a session; a quarter of an hour late, or before the end, is not counted."""
    start, end = session.start, session.end
    if arrived_at and arrived_at > start + GRACE:
        start = arrived_at
    if left_at and left_at < end - GRACE:
        end = left_at
    return max(end - start, timedelta())


def dates_needed(held: int) -> int:
    """Return how many of the dates held make a cycle completed: one in five may be missed, one from three dates on."""
    if held < 3:
        return held
    return held - max(1, held // MISSED_ONE_IN)
