"""The days on which something repeats, on the lab's wall clock."""

from datetime import date, timedelta

from place.clock import Span, UnreadableTime, at, local

MOST_DATES = 60


def repeated(first: Span, every_weeks: int, last_day: date) -> list[Span]:
    """Return the same hours every so many weeks up to a day, sixty times at most.

    14 h stays 14 h through both changes of clocks; an hour that a night leaves out is left out.
    """
    start, end = local(first.start), local(first.end)
    count = min((last_day - start.date()).days // (7 * every_weeks) + 1, MOST_DATES)
    days = (timedelta(weeks=every_weeks * number) for number in range(max(count, 1)))
    return [span for delta in days if (span := _on(start.date() + delta, end.date() + delta, first)) is not None]


def _on(first_day: date, last_day: date, first: Span) -> Span | None:
    try:
        return Span(at(first_day, local(first.start).time()), at(last_day, local(first.end).time()))
    except UnreadableTime:
        return None
