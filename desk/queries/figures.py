"""The figures that reports are made of, over all that is past: what must not change when somebody is forgotten."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, F, Sum

from booking.ledger_models import BookingOutcome
from booking.models import Reservation
from machines.models import UsageSession
from members.models import DuesEntry, Membership
from place.clock import today
from place.models import Visit, WalkIn
from workshops.attended_queries import tallies
from workshops.models import LIVE_STATUSES, Attendance, Registration

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def figures(now: datetime) -> dict[str, Any]:
    """Return every figure by name, each as a sorted list of (group…, number)."""
    bookings = Reservation.objects.filter(starts_at__lte=now)
    came = Registration.objects.filter(session__starts_at__lte=now, status__in=LIVE_STATUSES)
    uses = UsageSession.objects.filter(ended_at__isnull=False)
    return {
        "visits by age and gender": _rows(Visit.objects.values_list("age_band", "gender").annotate(Count("pk"))),
        "walk-ins by age and gender": _rows(WalkIn.objects.values_list("age_band", "gender").annotate(Sum("count"))),
        "machine hours": _rows(uses.values_list("machine").annotate(spent=Sum(F("ended_at") - F("started_at")))),
        "energy": _rows(uses.values_list("machine").annotate(Sum("energy_wh"))),
        "bookings by machine and state": _rows(bookings.values_list("machine", "state").annotate(Count("pk"))),
        "booked and used minutes": _rows(
            BookingOutcome.objects.values_list("reservation__machine", "verdict").annotate(
                Sum("planned_minutes"), Sum("used_minutes")
            )
        ),
        "distinct people who booked": bookings.values("member").distinct().count(),
        "people, presences and hours by workshop": sorted(
            (one.workshop.pk, one.people, one.acts, one.time) for one in tallies(BEGINNING, now)
        ),
        "attendance by session, age and gender": _rows(
            Attendance.objects.values_list("session", "age_band", "gender", "state").annotate(Sum("people"))
        ),
        "seats by session": _rows(came.values_list("session").annotate(Sum("seats"))),
        "members by season, kind and gender": _rows(
            Membership.objects.filter(starts_on__lte=today(now))
            .values_list("season", "kind", "person__gender")
            .annotate(Count("pk"))
        ),
        "dues by kind": _rows(DuesEntry.objects.values_list("kind").annotate(Sum("cents"))),
    }


def _rows(query: Any) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in query.order_by()), key=repr)
