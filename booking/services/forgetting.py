"""Give back what a person who is forgotten had still to come, and forget who once waited."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from booking.ledger_models import Anomaly
from booking.models import UPCOMING, Kind, Reservation, State, WaitingEntry
from booking.services.rows import free_parts
from members.models import User


@transaction.atomic
def give_back(*, person: User, now: datetime) -> int:
    """Cancel a person's coming bookings without telling anybody; return how many.

    What was noted in words about their uses and bookings goes too.
    """
    theirs = Q(usage_session__member=person) | Q(reservation__member=person)
    Anomaly.objects.filter(theirs).update(note="")
    WaitingEntry.objects.filter(member=person).delete()
    rows = Reservation.objects.filter(member=person, kind=Kind.MEMBER, state__in=UPCOMING, starts_at__gt=now)
    keys = list(rows.values_list("pk", flat=True))
    free_parts(keys)
    return Reservation.objects.filter(pk__in=keys).update(state=State.CANCELLED, cancelled_at=now, cancel_reason="")


def forget_waiting(before: datetime) -> int:
    """Delete the waiting lists of times that were over before a moment; return how many lines."""
    return WaitingEntry.objects.filter(ends_at__lt=before).delete()[0]


def forget_notes(before: datetime) -> int:
    """Empty the notes of anomalies that were answered before a moment; return how many."""
    return Anomaly.objects.filter(answered_at__lt=before).exclude(note="").update(note="")
