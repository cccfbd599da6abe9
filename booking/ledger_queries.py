"""Reading planned against real: what is still to compare, what belongs together, and the figures of a period."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from booking.ledger_models import Anomaly, AnomalyState, BookingOutcome, UseToReckon
from booking.models import LIVE, Kind, Reservation, State
from machines.models import Machine, UsageSession
from members.models import User
from place.clock import Span, day_span, local

# A booking has its verdict once nothing can change it but its uses.
SETTLED = (State.DONE, State.NO_SHOW)
LATEST = timedelta(days=62)  # no use stays open so long, before a booking or after it


def uses_to_reckon(limit: int) -> list[UsageSession]:
    """Return the uses that changed since they were compared, and all that run: two queries, the oldest first."""
    changed = UseToReckon.objects.select_related("usage_session__machine").order_by("pk")[:limit]
    found = {row.usage_session_id: row.usage_session for row in changed}
    running = UsageSession.objects.filter(ended_at=None).select_related("machine").order_by("started_at", "pk")
    return list({**found, **{row.pk: row for row in running}}.values())


def bookings_to_settle(now: datetime, limit: int) -> list[Reservation]:
    """Return members' bookings that are over, their uses too, and not in the ledger: two queries, the oldest first.

    It looks back from the latest line of the ledger, whenever that was written: nothing is missed after downtime.
    """
    latest = BookingOutcome.objects.aggregate(latest=Max("ends_at"))["latest"]
    rows = _settled(now).filter(outcome=None).exclude(_still_used())
    rows = rows.filter(ends_at__gt=latest - LATEST) if latest else rows
    return list(rows.order_by("ends_at", "pk")[:limit])


def _settled(now: datetime) -> QuerySet[Reservation]:
    rows = Reservation.objects.filter(kind=Kind.MEMBER, state__in=SETTLED, ends_at__lte=now)
    return rows.select_related("machine", "early_release", "outcome")


def _still_used() -> Exists:
    return Exists(UsageSession.objects.filter(reservation_use__reservation=OuterRef("pk"), ended_at=None))


def bookings_of_use(use: UsageSession, now: datetime) -> list[Reservation]:
    """Return the settled bookings whose line a use may change: its own, and all it meets or once met."""
    link = getattr(use, "reservation_use", None)
    met = Q(ends_at__gt=use.started_at, starts_at__lt=use.last_evidence_at)
    its_own = Q(pk=link.reservation_id if link else None)
    rows = _settled(now).filter(met | its_own, machine=use.machine_id).exclude(_still_used())
    return list(rows.order_by("pk"))


def uses_of(reservation: Reservation) -> list[Span]:
    """Return the ended uses of a booking: attached to it, or its member's on that machine in its time."""
    theirs = Q(reservation_use__reservation=reservation)
    if reservation.member_id is not None:
        theirs |= Q(member=reservation.member_id, started_at__lt=reservation.ends_at)
    began = {"started_at__gt": reservation.starts_at - LATEST, "ended_at__gt": reservation.starts_at}
    rows = UsageSession.objects.filter(theirs, machine=reservation.machine_id, **began)
    return [Span(start, end) for start, end in rows.values_list("started_at", "ended_at") if end]


def own_after(reservation: Reservation, end: datetime) -> list[Span]:
    """Return what else the same member holds on the machine between the end of a booking and a moment."""
    if reservation.member_id is None or end <= reservation.ends_at:
        return []
    rows = bookings_after(reservation, end).filter(member=reservation.member_id)
    return [Span(*moments) for moments in rows.values_list("starts_at", "ends_at")]


def bookings_after(reservation: Reservation, end: datetime) -> QuerySet[Reservation]:
    """Return what takes the machine from the end of a booking to a moment, in order."""
    rows = Reservation.objects.filter(machine=reservation.machine_id, state__in=LIVE, ends_at__gt=reservation.ends_at)
    return rows.filter(starts_at__lt=end).exclude(pk=reservation.pk).order_by("starts_at")


def has_told(machine: Machine | int, before: datetime) -> bool:
    """Tell whether a machine had ever reported a use by then."""
    return UsageSession.objects.filter(machine=machine, started_at__lt=before).exists()


def is_blocked(use: UsageSession, end: datetime) -> bool:
    """Tell whether a workshop or maintenance held the machine during a use."""
    rows = Reservation.objects.filter(machine=use.machine_id, state__in=LIVE, starts_at__lt=end)
    return rows.filter(ends_at__gt=use.started_at).exclude(kind=Kind.MEMBER).exists()


def open_anomalies(limit: int) -> list[Anomaly]:
    """Return what waits for an answer, the latest first: one query."""
    return list(anomalies().filter(state=AnomalyState.OPEN).order_by("-noticed_at", "-pk")[:limit])


def anomalies() -> QuerySet[Anomaly]:
    """Return anomalies with all that a line about them says."""
    return Anomaly.objects.select_related(
        "machine", "usage_session__member", "reservation__member", "usage_session__reservation_use__reservation",
        "answered_by",
    )  # fmt: skip


def people_around(use: UsageSession, limit: int) -> list[User]:
    """Return who may have used a machine then: who was in the lab, and who had booked it that day; one query."""
    end, day = use.ended_at or use.last_evidence_at, day_span(local(use.started_at).date())
    here = Q(visits__came_at__lte=end) & (Q(visits__left_at=None) | Q(visits__left_at__gte=use.started_at))
    here &= Q(visits__came_at__gte=day.start)
    booked = Q(reservations__machine=use.machine_id, reservations__starts_at__lt=day.end)
    booked &= Q(reservations__ends_at__gt=day.start)
    rows = User.objects.filter(here | booked, is_active=True)
    return list(rows.distinct().order_by("first_name", "last_name", "pk")[:limit])


def planned_and_used(first: date, after: date) -> list[dict[str, Any]]:
    """Return booked and used minutes by month and machine, of bookings that began `[first, after)`: one query.

    `measured` is the booked time of those whose machine tells what it does; the used time is theirs.
    """
    began = {"starts_at__gte": day_span(first).start, "starts_at__lt": day_span(after).start}
    rows: QuerySet[Any] = BookingOutcome.objects.filter(**began).annotate(month=TruncMonth("starts_at"))
    sums = {name: Sum(f"{name}_minutes") for name in ("planned", "used", "idle", "over_run", "released")}
    measured = Sum("planned_minutes", filter=Q(used_minutes__isnull=False))
    counted = rows.values("month", "reservation__machine__name").annotate(
        bookings=Count("pk"), measured=measured, **sums
    )
    return list(counted.order_by("-month", "reservation__machine__name"))
