"""The calendar of machines as other programs read it."""

from dataclasses import dataclass
from datetime import datetime

from booking import statement
from booking.statement import CLOSURE, OPENING, TAKEN, Row
from place.clock import Span, without


@dataclass(frozen=True, slots=True)
class Feed:
    """The taken time of a window (owner: the member) and when the lab is open in it, with the kind of opening."""

    blocks: list[Row]
    openings: list[tuple[Span, str]]


def feed(start: datetime, end: datetime, *, slug: str | None = None) -> Feed:
    """Return the calendar of one machine or of the park, in order of time: one query."""
    window = Span(start, end)
    taken = [statement.shown(window, slug), statement.shown_along(window, slug)]
    rows = statement.read([*taken, statement.openings(window), statement.closures(window)])
    closed = [Span(row.start, row.end) for row in rows[CLOSURE] if row.end]
    openings = [
        (piece, row.words) for row in rows[OPENING] if row.end for piece in without([Span(row.start, row.end)], closed)
    ]
    return Feed(rows[TAKEN], openings)
