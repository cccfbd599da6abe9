"""Who came to what they had booked: signs of it, absences, and what is forgiven."""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from booking import notifications, rules
from booking.constraints import is_overlap
from booking.facts import Wish
from booking.models import NO_OVERLAP, Kind, Reservation, State
from booking.problems import Refused
from booking.queries import load_facts
from booking.services.rows import lock, locked_reservation, spread, subject
from booking.services.waiting import offer_freed
from machines.models import Declared, Machine
from members.models import User
from members.services import record
from place.clock import Span
from place.models import Visit

EARLY = timedelta(minutes=30)
AWAITED = (State.TO_CONFIRM, State.CONFIRMED, State.NO_SHOW)
MISSED = (State.CONFIRMED,)


@transaction.atomic
def arrive(*, actor: User, reservation: Reservation, material: str = "", now: datetime | None = None) -> Reservation:
    """Note that somebody is there for their booking: themselves or the team, from half an hour before to its end.

    Who must say which material they bring says it now at the latest. Who comes late takes the time up again while
    nobody else has it. Saying it twice changes nothing. Raises Refused, PermissionDenied.
    """
    now = now or timezone.now()
    _may_say(actor, reservation)
    lock(reservation.machine)
    current = locked_reservation(reservation)
    if current.state in {State.CHECKED_IN, State.DONE}:
        return current
    _refuse_untimely(current, now)
    _declare(current, material.strip()[:80], now)
    _begin(actor, current, now)
    return current


def awaits_material(reservation: Reservation) -> bool:
    """Tell whether the material is still to be said."""
    return reservation.machine.material_declared != Declared.NEVER and not reservation.material


def _declare(reservation: Reservation, material: str, now: datetime) -> None:
    """Keep what is brought, if the machine may take it; what must be asked has been asked: the team is there."""
    if not awaits_material(reservation):
        return
    span = Span(reservation.starts_at, reservation.ends_at)
    facts = load_facts([reservation.machine], span, now)[reservation.machine_id]
    if not facts.materials:
        return
    if not material:
        raise Refused([rules.material_unsaid(facts)])
    refused = rules.material_refused(Wish(span, material=material), facts, now)
    if refused:
        raise Refused([refused])
    reservation.material = material
    reservation.save(update_fields=["material"])


def arrive_at_desk(*, actor: User, person: User, now: datetime) -> int:
    """Note the bookings somebody is awaited for when they come to the desk; return how many.

    The desk that greets people need not be allowed to book for them.
    """
    rows = Reservation.objects.filter(member=person, kind=Kind.MEMBER, state__in=AWAITED)
    rows = rows.filter(starts_at__lte=now + EARLY, ends_at__gt=now).select_related("machine").order_by("machine_id")
    return sum(_note_arrival(actor, row, now) for row in rows)


@transaction.atomic
def _note_arrival(actor: User, reservation: Reservation, now: datetime) -> bool:
    lock(reservation.machine)
    current = locked_reservation(reservation)
    if not is_awaited(current, now):
        return False
    try:
        _begin(actor, current, now)
    except Refused:  # late, and the machine is somebody else's: they are here all the same
        return False
    return True


def _begin(actor: User, reservation: Reservation, now: datetime) -> None:
    reservation.state, reservation.arrived_at = State.CHECKED_IN, now
    _save_arrival(reservation)
    record(actor=actor, action="reservation.arrived", subject=subject(reservation))


def _may_say(actor: User, reservation: Reservation) -> None:
    if reservation.kind != Kind.MEMBER or reservation.member is None:
        raise PermissionDenied
    if actor.pk != reservation.member_id and not actor.has_perm("booking.book_for_others"):
        raise PermissionDenied(_("You can only say it for yourself."))


def is_awaited(reservation: Reservation, now: datetime) -> bool:
    """Tell whether the holder of a booking may say now that they are there."""
    return reservation.state in AWAITED and reservation.starts_at - EARLY <= now < reservation.ends_at


def awaited_at(member: User, machine: Machine, now: datetime) -> Reservation | None:
    """Return the booking for which somebody may say now, at a machine, that they are there."""
    rows = Reservation.objects.filter(member=member, machine=machine, kind=Kind.MEMBER, state__in=AWAITED)
    return rows.filter(starts_at__lte=now + EARLY, ends_at__gt=now).order_by("starts_at").first()


def _refuse_untimely(reservation: Reservation, now: datetime) -> None:
    if reservation.state not in AWAITED:
        raise Refused([rules.not_allowed(_("This booking is already used or cancelled."))])
    if not is_awaited(reservation, now):
        raise Refused([rules.not_allowed(_("Say it when you are there: from half an hour before."))])


def _save_arrival(reservation: Reservation) -> None:
    try:
        with transaction.atomic():
            reservation.save(update_fields=["state", "arrived_at"])
            spread(reservation)
    except IntegrityError as error:
        if not is_overlap(error, NO_OVERLAP):
            raise
        raise Refused([rules.not_allowed(_("You were late, and somebody else has the machine now."))]) from error


def record_no_shows(now: datetime) -> int:
    """Free the time of those who have not come by the machine's delay; return how many. Idempotent.

    Who has used the machine, was noted as arrived or is noted as being in the lab has come. What the lab itself had
    put in doubt is nobody's absence.
    """
    missed = [row for row in _awaited(now) if _miss(row, now)]
    for machine in {row.machine for row in missed}:
        offer_freed(machine, now)
    return len(missed)


def _awaited(now: datetime) -> list[Reservation]:
    rows = Reservation.objects.filter(kind=Kind.MEMBER, state__in=MISSED, starts_at__lte=now, member__isnull=False)
    rows = rows.filter(machine__no_show_minutes__gt=0).select_related("machine", "member").order_by("machine_id", "pk")
    return [row for row in rows if _last_call(row) <= now]


def _last_call(reservation: Reservation) -> datetime:
    delay = timedelta(minutes=reservation.machine.no_show_minutes)
    return min(reservation.starts_at + delay, reservation.ends_at)


@transaction.atomic
def _miss(reservation: Reservation, now: datetime) -> bool:
    lock(reservation.machine)
    current = locked_reservation(reservation)
    if current.state not in MISSED or _last_call(current) > now:
        return False
    visit = _visits_during(current).first()
    if visit is not None:
        current.state, current.arrived_at = State.CHECKED_IN, visit.came_at
        current.save(update_fields=["state", "arrived_at"])
        return False
    current.state = State.NO_SHOW
    current.sequence += 1
    current.save(update_fields=["state", "sequence"])
    spread(current)
    record(actor=None, action="reservation.no_show", subject=subject(current))
    notifications.missed(current)
    return True


def _visits_during(reservation: Reservation) -> QuerySet[Visit]:
    rows = Visit.objects.filter(person=reservation.member_id, came_at__lt=reservation.ends_at)
    return rows.filter(Q(left_at__isnull=True) | Q(left_at__gt=reservation.starts_at)).order_by("came_at")


@transaction.atomic
def excuse(*, actor: User, reservation: Reservation, reason: str) -> Reservation:
    """Forgive an absence: it no longer counts against the person. The time stays free. Raises Refused."""
    if not actor.has_perm("booking.book_for_others"):
        raise PermissionDenied
    current = locked_reservation(reservation)
    if current.state != State.NO_SHOW or current.excused:
        raise Refused([rules.not_allowed(_("There is no absence to excuse."))])
    current.excused = True
    current.save(update_fields=["excused"])
    record(actor=actor, action="reservation.excused", subject=subject(current), detail={"reason": reason.strip()[:200]})
    notifications.excused(current)
    return current
