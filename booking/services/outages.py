"""What an outage does to bookings, in the transaction that declares or ends it."""

from django.db.models import Q
from django.utils import timezone

from booking import notifications
from booking.models import LIVE, Kind, Reservation, State
from booking.services.machine_time import block_machines, release
from booking.services.pools import find_another
from booking.services.rows import place, spread
from machines.models import MachineTie, Outage
from place.clock import Span


def settle_outage(event: str, outage: Outage) -> None:
    """Handler of OUTAGE_HANDLERS: what an outage does to bookings, in the same transaction.

    Planned: refused while members hold the time, then the time is taken as maintenance. Unplanned: bookings become
    `to_confirm` and their holders are warned; when the machine works again, later ones are confirmed. Those that named
    no machine go to another of its kind where there is room.
    """
    settle = {
        ("declared", True): _take_for_maintenance,
        ("declared", False): _put_in_doubt,
        ("ended", True): _give_back_maintenance,
        ("ended", False): _lift_doubt,
    }
    settle[event, outage.planned](outage)


def _take_for_maintenance(outage: Outage) -> None:
    assert outage.ends_at is not None
    block_machines(
        machines=[outage.machine],
        starts_at=outage.starts_at,
        ends_at=outage.ends_at,
        kind=Kind.MAINTENANCE,
        actor=outage.reported_by,
    )


def _give_back_maintenance(outage: Outage) -> None:
    """Give the whole time back when the work never began, only the rest when it ended early."""
    assert outage.ends_at is not None
    rows = Reservation.objects.filter(
        machine=outage.machine_id, kind=Kind.MAINTENANCE, starts_at=outage.starts_at, state__in=LIVE
    )
    release(rows.filter(ends_at=outage.ends_at), reason=outage.reason)
    for held in rows.filter(ends_at__gt=outage.ends_at).select_related("machine"):
        place(held, Span(held.starts_at, outage.ends_at))
        held.save(update_fields=["ends_at", "blocked_until"])
        spread(held)


def _put_in_doubt(outage: Outage) -> None:
    rows = Reservation.objects.filter(
        machine__in=_stopped(outage),
        kind=Kind.MEMBER,
        state__in=(State.CONFIRMED, State.HELD),
        ends_at__gt=outage.starts_at,
    )
    if outage.ends_at:
        rows = rows.filter(starts_at__lt=outage.ends_at)
    for reservation in rows.select_related("member", "machine").order_by("pk"):
        if find_another(reservation, timezone.now()):
            continue
        reservation.state, reservation.doubt = State.TO_CONFIRM, _doubt(outage)
        reservation.save(update_fields=["state", "doubt"])
        notifications.to_confirm(reservation, outage.reason)


def _lift_doubt(outage: Outage) -> None:
    rows = Reservation.objects.filter(state=State.TO_CONFIRM, doubt=_doubt(outage), ends_at__gt=timezone.now())
    for reservation in rows.select_related("member", "machine").order_by("pk"):
        other = _other_outage(outage, reservation)
        reservation.state = State.TO_CONFIRM if other else State.CONFIRMED
        reservation.doubt = _doubt(other) if other else ""
        reservation.save(update_fields=["state", "doubt"])
        if other is None:
            notifications.confirmed(reservation)


def _other_outage(ended: Outage, reservation: Reservation) -> Outage | None:
    """Return another outage that still stands in the way of a booking."""
    rows = Outage.objects.filter(machine__in=_stoppers(reservation), starts_at__lt=reservation.ends_at)
    rows = rows.exclude(pk=ended.pk)
    return rows.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=reservation.starts_at)).first()


def _stopped(outage: Outage) -> list[int]:
    """Return the machine and those that cannot be used without it, or that stand in it."""
    rows = MachineTie.objects.filter(other=outage.machine_id, role=MachineTie.Role.STOPS)
    return [outage.machine_id, *rows.values_list("machine", flat=True)]


def _stoppers(reservation: Reservation) -> list[int]:
    rows = MachineTie.objects.filter(machine=reservation.machine_id, role=MachineTie.Role.STOPS)
    return [reservation.machine_id, *rows.values_list("other", flat=True)]


def _doubt(outage: Outage) -> str:
    return f"outage:{outage.pk}"
