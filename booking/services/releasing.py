"""Finished before the end: the rest of a booking under way is given back, and whoever waits for it is next."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from booking import notifications, rules
from booking.ledger_models import EarlyRelease
from booking.models import Kind, Reservation, State
from booking.problems import Refused
from booking.rules.ledger import release_end
from booking.services.rows import lock, locked_reservation, may_act_for, place, spread, subject
from booking.services.waiting import offer_freed
from machines.models import UsageSession
from members.models import User
from members.services import record
from place.clock import Span


def finish(*, actor: User, reservation: Reservation, now: datetime | None = None) -> Reservation:
    """End a booking under way now, brought up to the machine's granularity; the rest is free again.

    The time given back counts against no quota: what counts is how long the booking holds the machine. Raises
    Refused (not begun, nobody there, nothing left to give back, the machine still at work), PermissionDenied.
    """
    may_act_for(actor, reservation.member)
    now = now or timezone.now()
    finished = _finish(actor, reservation, now)
    offer_freed(finished.machine, now)
    return finished


@transaction.atomic
def _finish(actor: User, reservation: Reservation, now: datetime) -> Reservation:
    lock(reservation.machine)
    current = locked_reservation(reservation)
    _refuse_finishing(actor, current, now)
    planned_end = current.ends_at
    place(current, Span(current.starts_at, _new_end(current, now)))
    current.sequence += 1
    current.save(update_fields=["starts_at", "ends_at", "blocked_from", "blocked_until", "sequence"])
    spread(current)
    release, _made = EarlyRelease.objects.get_or_create(
        reservation=current, defaults={"planned_end": planned_end, "released_at": now, "released_by": actor}
    )
    record(
        actor=actor,
        action="reservation.finished",
        subject=subject(current),
        detail={"planned_end": release.planned_end.isoformat()},
    )
    if actor.pk != current.member_id:
        notifications.finished(current)
    return current


def _refuse_finishing(actor: User, reservation: Reservation, now: datetime) -> None:
    if not is_under_way(reservation, now):
        raise Refused([rules.not_allowed(_("Say so while you are there: this booking is not under way."))])
    if not can_be_finished(reservation, now):
        raise Refused([rules.not_allowed(_("It ends in a moment anyway: nothing is left to give back."))])
    at_work = UsageSession.objects.filter(machine=reservation.machine, ended_at=None).exists()
    if at_work and not actor.has_perm("booking.book_for_others"):
        raise Refused([rules.not_allowed(_("The machine is still at work: wait until it is done, or tell the team."))])


def is_under_way(reservation: Reservation, now: datetime) -> bool:
    """Tell whether somebody has come to a booking that has begun and is not over.

    Where nobody notes who comes, holding it is enough.
    """
    unwatched = reservation.state == State.CONFIRMED and not reservation.machine.no_show_minutes
    there = reservation.kind == Kind.MEMBER and (reservation.state == State.CHECKED_IN or unwatched)
    return there and reservation.starts_at <= now < reservation.ends_at


def can_be_finished(reservation: Reservation, now: datetime) -> bool:
    """Tell whether some of a booking can be given back now."""
    return is_under_way(reservation, now) and _new_end(reservation, now) < reservation.ends_at


def _new_end(reservation: Reservation, now: datetime) -> datetime:
    return release_end(Span(reservation.starts_at, reservation.ends_at), reservation.machine.step_minutes, now)
