"""Plan 200 weekly series and compare what the agenda reads with what it could cost: one JSON object."""

import json
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from schedule.models import Event
from schedule.periods import Period

from place.clock import at, day_span, today
from place.patterns import RuleSpec
from workshops.agenda_queries import entries_between
from workshops.models import Workshop, WorkshopSession
from workshops.services import save_workshop, schedule_series

SERIES, AGE = 200, 52
ROUNDS = 7
Read = Callable[[], Sequence]


def plan(first: datetime, series: int, slug: str) -> None:
    """Lay out weekly series, each at an hour of its own, from a day on."""
    workshop = save_workshop(workshop=Workshop(slug=slug, title=slug), actor=None)
    for number in range(series):
        start = first + timedelta(days=number % 7, hours=number % 12, minutes=5 * (number % 11))
        rule = RuleSpec(frequency="weekly")
        end = start + timedelta(hours=1)
        schedule_series(workshop=workshop, starts_at=start, ends_at=end, rule=rule, actor=None)


def plain(start: datetime, end: datetime) -> list[WorkshopSession]:
    """Read the dates of a window as rows, and nothing more."""
    rows = WorkshopSession.objects.filter(starts_at__lt=end, ends_at__gt=start)
    return list(rows.select_related("workshop").order_by("starts_at", "pk"))


def scheduled(start: datetime, end: datetime) -> list:
    """Have django-scheduler lay the same window out of its patterns."""
    return Period(Event.objects.all(), start, end).get_occurrences()


def compared(ours: Read, other: Read) -> dict[str, float]:
    """Time both in turns; return medians of the milliseconds and of the ratios, by the wall and of this process."""
    rows = len(ours()), len(other())
    pairs = [(_times(ours), _times(other)) for _ in range(ROUNDS)]
    with CaptureQueriesContext(connection) as captured:
        ours()
    return {
        "ratio": _median(one[0] / two[0] for one, two in pairs),
        "cpu_ratio": _median(one[1] / two[1] for one, two in pairs),
        "ms": [_median(one[0] for one, _two in pairs), _median(two[0] for _one, two in pairs)],
        "rows": rows,
        "queries": len(captured),
    }


def _times(read: Read) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    read()
    return 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)


def _median(values: object) -> float:
    return round(statistics.median(values), 3)  # type: ignore[call-overload]


def main() -> None:
    now = today()
    old = now - timedelta(weeks=AGE)
    plan(at(old, datetime.min.time()) + timedelta(hours=8), SERIES, "anciens")
    if connection.vendor == "postgresql":
        connection.cursor().execute("ANALYZE")
    start = day_span(now).start
    month, year, early = start + timedelta(days=31), start - timedelta(weeks=AGE), day_span(old).start
    week = timedelta(days=7)
    found = {
        "month": compared(lambda: entries_between(start, month), lambda: plain(start, month)),
        "week, series of a year": compared(
            lambda: entries_between(start, start + week), lambda: entries_between(early + week, early + 2 * week)
        ),
        "year": compared(lambda: entries_between(year, start), lambda: scheduled(year, start)),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
