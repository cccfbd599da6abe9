"""Machine time that no member holds: workshops, maintenance; and what machines themselves do to bookings."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from booking.constraints import is_overlap
from booking.models import LIVE, NO_OVERLAP, UPCOMING, Kind, Reservation, ReservationUse, State
from booking.services.pools import make_way
from booking.services.rows import free_parts, just_taken, place, save, save_alone, spread, stands_alone, ties_of
from machines.models import Machine, UsageSession
from machines.services.park import lock_machines
from members.models import Channel, User
from place.clock import Span


@transaction.atomic
def block_machines(
    *, machines: Iterable[Machine], starts_at: datetime, ends_at: datetime, kind: str, actor: User | None
) -> list[Reservation]:
    """Take several machines at once for a workshop or maintenance: all or none. Raises Refused(overlap)."""
    wanted = {machine.pk: machine for machine in machines}
    span, covered = Span(starts_at, ends_at), set[int]()
    _refuse_taken([machine for machine in wanted.values() if stands_alone(machine)], span)
    lock_machines(wanted)
    taken = [
        _block(machine, span, kind, actor, covered)
        for machine in _largest_first(wanted)
        if not stands_alone(machine) and machine.pk not in covered
    ]
    alone = [machine for key, machine in sorted(wanted.items()) if stands_alone(machine) and key not in covered]
    return taken + save_alone(_held(machine, span, kind, actor) for machine in alone)


def _refuse_taken(machines: Sequence[Machine], span: Span) -> None:
    """Say no before anything is locked, when it is seen that nothing else can come of it."""
    met = Reservation.rows.filter(machine__in=machines, blocked_from__lt=span.end, blocked_until__gt=span.start)
    if machines and met.filter(state__in=LIVE).exists():
        raise just_taken()


def _largest_first(wanted: Mapping[int, Machine]) -> list[Machine]:
    """A room before the benches in it: they go along with it."""
    tied = [machine.pk for machine in wanted.values() if machine.tied]
    along = Counter(ties_of(tied).values_list("machine", flat=True)) if tied else Counter[int]()
    return sorted(wanted.values(), key=lambda machine: (-along[machine.pk], machine.pk))


def _block(machine: Machine, span: Span, kind: str, actor: User | None, covered: set[int]) -> Reservation:
    """Take one machine and, of what goes along with it, what the others of the same act have not taken yet."""
    make_way(machine, span, timezone.now())
    reservation = _held(machine, span, kind, actor)
    save(reservation, without=covered)
    covered |= {machine.pk, *(ties_of([machine.pk]).values_list("other", flat=True) if machine.tied else ())}
    return reservation


def _held(machine: Machine, span: Span, kind: str, actor: User | None) -> Reservation:
    reservation = Reservation(machine=machine, kind=kind, created_by=actor, channel=Channel.DESK)
    place(reservation, span)
    return reservation


@transaction.atomic
def release(reservations: Iterable[Reservation], *, reason: str = "") -> None:
    """Give back machine time that a workshop or maintenance had taken."""
    keys = [one.pk for one in reservations]
    rows = Reservation.objects.filter(pk__in=keys, state__in=LIVE)
    rows.update(state=State.CANCELLED, cancelled_at=timezone.now(), cancel_reason=reason[:200])
    free_parts(keys)


@transaction.atomic
def check_in(*, reservation: Reservation, session: UsageSession) -> ReservationUse:
    """A machine started on this booking: link both; idempotent. Who was given up takes the time up again."""
    use, _made = ReservationUse.objects.get_or_create(usage_session=session, defaults={"reservation": reservation})
    begun = Reservation.objects.filter(pk=reservation.pk, state__in=(*UPCOMING, State.NO_SHOW))
    try:
        with transaction.atomic():
            if begun.update(state=State.CHECKED_IN):
                spread(Reservation.objects.select_related("machine").get(pk=reservation.pk))
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
