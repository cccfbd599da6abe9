"""Hours and duties change through here: bookings that a change hits are put in doubt, never silently cancelled."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from booking import notifications, rules
from booking.facts import Facts, Person, Wish
from booking.models import UPCOMING, Kind, Reservation, State
from booking.problems import Problem
from booking.queries import load_facts
from place.clock import Span

T = TypeVar("T")
# What may put a booking in doubt, the first reason that holds; how its holder is told.
DOUBTS: dict[str, tuple[rules.Rule, notifications.Teller]] = {
    "closed": (rules.closed, notifications.hours_changed),
    "supervision_missing": (rules.supervision_missing, notifications.nobody_on_duty),
}


@transaction.atomic
def settled(change: Callable[[], T], *, now: datetime | None = None) -> T:
    """Carry out a change of openings, closures or duties, then settle the members' bookings it hits.

    A booking outside the new openings, or that nobody watches over any more, becomes `to_confirm` and its holder is
    told; one that this module had put in doubt is confirmed again as soon as nothing stands in its way.
    """
    result = change()
    settle_bookings(now or timezone.now())
    return result


@transaction.atomic
def settle_bookings(now: datetime) -> int:
    """Bring every coming booking in line with openings and duties; return how many changed. Idempotent."""
    coming = list(coming_bookings(now).select_for_update(no_key=True, of=("self",)))
    facts = facts_of(coming, now)
    return sum(_settle(row, facts[row.machine_id], now) for row in coming)


def coming_bookings(now: datetime) -> QuerySet[Reservation]:
    """Return the members' bookings that have not begun: those a change of hours may hit."""
    rows = Reservation.objects.filter(kind=Kind.MEMBER, state__in=UPCOMING, starts_at__gt=now)
    return rows.select_related("machine__category", "member").order_by("pk")


def facts_of(coming: Sequence[Reservation], now: datetime, beyond: timedelta = timedelta(0)) -> dict[int, Facts]:
    """Return the facts of each machine from now to the last of some bookings, and some time beyond: one query."""
    if not coming:
        return {}
    machines = {row.machine_id: row.machine for row in coming}
    window = Span(now, max(row.ends_at for row in coming) + beyond)
    return load_facts(list(machines.values()), window, now)


def in_the_way(reservation: Reservation, facts: Facts, now: datetime) -> dict[str, Problem]:
    """Return what hours and duties say against a booking, by code, also what was set aside for it.

    Where there are too many young people for the adults left, those who booked last are in doubt.
    """
    wish = Wish(Span(reservation.starts_at, reservation.ends_at), reservation.accompanied, ignore=reservation.pk)
    before = tuple(booked for booked in facts.minors if booked.reservation_id < reservation.pk)
    seen = replace(facts, person=holder(reservation), minors=before)
    found = {code: rule(wish, seen, now) for code, (rule, _tell) in DOUBTS.items()}
    return {code: problem for code, problem in found.items() if problem}


def _settle(reservation: Reservation, facts: Facts, now: datetime) -> bool:
    doubt = _doubt(reservation, facts, now)
    if doubt and reservation.state == State.CONFIRMED:
        return _write(reservation, State.TO_CONFIRM, doubt, DOUBTS[doubt][1])
    if not doubt and reservation.doubt in DOUBTS:
        return _write(reservation, State.CONFIRMED, "", notifications.confirmed)
    return False


def _doubt(reservation: Reservation, facts: Facts, now: datetime) -> str:
    """Return what stands in a booking's way and was not waived when it was made; empty when all is well."""
    reasons = (code for code in in_the_way(reservation, facts, now) if code not in reservation.waived)
    return next(reasons, "")


def holder(reservation: Reservation) -> Person | None:
    """Return who holds a booking, as far as these rules look: an age."""
    member = reservation.member
    return Person(member.pk, member.birth_date) if member else None


def _write(reservation: Reservation, state: State, doubt: str, tell: notifications.Teller) -> bool:
    reservation.state, reservation.doubt = state, doubt
    reservation.save(update_fields=["state", "doubt"])
    tell(reservation)
    return True
