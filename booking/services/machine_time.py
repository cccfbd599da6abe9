"""Machine time that no member holds: workshops, maintenance; and what machines themselves do to bookings."""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from booking.constraints import is_overlap
from booking.models import LIVE, NO_OVERLAP, UPCOMING, Kind, Reservation, ReservationUse, State
from booking.services.rows import place, save
from machines.models import Machine, UsageSession
from members.models import Channel, User
from place.clock import Span


@transaction.atomic
def block_machines(
    *, machines: Iterable[Machine], starts_at: datetime, ends_at: datetime, kind: str, actor: User | None
) -> list[Reservation]:
    """Take several machines at once for a workshop or maintenance: all or none. Raises Refused(overlap)."""
    ids = sorted(machine.pk for machine in machines)
    locked = list(Machine.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
    return [_block(machine, Span(starts_at, ends_at), kind, actor) for machine in locked]


def _block(machine: Machine, span: Span, kind: str, actor: User | None) -> Reservation:
    reservation = Reservation(machine=machine, kind=kind, created_by=actor, channel=Channel.DESK)
    place(reservation, span)
    save(reservation)
    return reservation


@transaction.atomic
def release(reservations: Iterable[Reservation], *, reason: str = "") -> None:
    """Give back machine time that a workshop or maintenance had taken."""
    rows = Reservation.objects.filter(pk__in=[one.pk for one in reservations], state__in=LIVE)
    rows.update(state=State.CANCELLED, cancelled_at=timezone.now(), cancel_reason=reason[:200])


@transaction.atomic
def check_in(*, reservation: Reservation, session: UsageSession) -> ReservationUse:
    """A machine started on this booking: link both; idempotent. Who was given up takes the time up again."""
    use, _made = ReservationUse.objects.get_or_create(usage_session=session, defaults={"reservation": reservation})
    begun = Reservation.objects.filter(pk=reservation.pk, state__in=(*UPCOMING, State.NO_SHOW))
    try:
        with transaction.atomic():
            begun.update(state=State.CHECKED_IN)
    except IntegrityError as error:  # part of the time is somebody else's by now
        if not is_overlap(error, NO_OVERLAP):
            raise
    return use


def close_finished(now: datetime) -> int:
    """Mark what is over as done; idempotent, run by the timed tasks.

    Used bookings, and those of machines where nobody notes who comes: they are never taken for absences later.
    """
    over = Reservation.objects.filter(state__in=(State.CHECKED_IN, State.CONFIRMED), ends_at__lte=now)
    unwatched = Q(machine__in=Machine.objects.filter(no_show_minutes=0)) | ~Q(kind=Kind.MEMBER)
    return over.filter(Q(state=State.CHECKED_IN) | unwatched).update(state=State.DONE)
