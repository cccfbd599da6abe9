"""What no contest may leave behind."""

from django.db.models import F, QuerySet

from booking.models import LIVE, Reservation


def overlaps(rows: QuerySet[Reservation]) -> int:
    """Count pairs of live rows of a machine that meet, by joining the table with itself."""
    meeting = rows.filter(
        state__in=LIVE,
        machine__reservations__state__in=LIVE,
        machine__reservations__pk__gt=F("pk"),
        machine__reservations__blocked_from__lt=F("blocked_until"),
        machine__reservations__blocked_until__gt=F("blocked_from"),
    )
    return meeting.count()
