"""Give back what a person who is forgotten had still to come."""

from datetime import datetime

from django.db import transaction

from booking.models import UPCOMING, Kind, Reservation, State
from members.models import User


@transaction.atomic
def give_back(*, person: User, now: datetime) -> int:
    """Cancel a person's coming bookings without telling anybody; return how many."""
    rows = Reservation.objects.filter(member=person, kind=Kind.MEMBER, state__in=UPCOMING, starts_at__gt=now)
    return rows.update(state=State.CANCELLED, cancelled_at=now, cancel_reason="")
