"""The calendar of machines as other programs read it: one hand-written statement, because it is asked most.

Django takes longer to write this statement than a database to answer it, and Python reads moments faster as text;
`make bench` (feeds) keeps watch.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter

from django.db import connection

from booking.models import LIVE
from place.clock import Span, without

TAKEN, OPENING, CLOSURE = range(3)
_STATEMENT = f"""
SELECT {TAKEN}, m.slug, CAST(r.starts_at AS text), CAST(r.ends_at AS text), r.kind, r.member_id
FROM booking_reservation r JOIN machines_machine m ON m.id = r.machine_id
WHERE r.starts_at < %s AND r.ends_at > %s AND r.blocked_until > %s AND m.in_service
AND r.state IN ({", ".join(["%s"] * len(LIVE))}) {{one}}
UNION ALL SELECT {OPENING}, '', CAST(starts_at AS text), CAST(ends_at AS text), kind, NULL
FROM place_openingperiod WHERE starts_at < %s AND ends_at > %s AND NOT cancelled
UNION ALL SELECT {CLOSURE}, '', CAST(starts_at AS text), CAST(ends_at AS text), '', NULL
FROM place_closure WHERE starts_at < %s AND ends_at > %s
"""  # noqa: S608 -- only numbers and placeholders are put in
_BY_TIME = itemgetter(1, 0)
_PARK, _ONE = _STATEMENT.format(one=""), _STATEMENT.format(one="AND m.slug = %s")


@dataclass(frozen=True, slots=True)
class Feed:
    """The taken time of a window, `(machine slug, start, end, kind, member id)`, and when the lab is open in it."""

    blocks: list[tuple[str, datetime, datetime, str, int | None]]
    openings: list[tuple[Span, str]]


def feed(start: datetime, end: datetime, *, slug: str | None = None) -> Feed:
    """Return the calendar of one machine or of the park, in order of time: one query."""
    rows = _rows(start, end, slug)
    closed = [Span(first, last) for _slug, first, last, _kind, _member in rows[CLOSURE]]
    openings = [
        (piece, kind)
        for _slug, first, last, kind, _member in sorted(rows[OPENING], key=_BY_TIME)
        for piece in without([Span(first, last)], closed)
    ]
    return Feed(sorted(rows[TAKEN], key=_BY_TIME), openings)


def _rows(start: datetime, end: datetime, slug: str | None) -> dict[int, list[tuple]]:
    since, until = (connection.ops.adapt_datetimefield_value(moment) for moment in (start, end))
    one = [] if slug is None else [slug]
    found: dict[int, list[tuple]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_ONE if one else _PARK, [until, since, since, *LIVE, *one, until, since, until, since])
        for source, machine, first, last, kind, member in cursor:
            found[source].append((machine, _moment(first), _moment(last), kind, member))
    return found


def _moment(text: str) -> datetime:
    """Both databases write UTC; SQLite says nothing of it."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
