"""Openings and closures change through here: what a change hits is settled with it, never silently cancelled."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from booking import notifications, rules
from booking.facts import Facts, Wish
from booking.models import UPCOMING, Kind, Reservation, State
from booking.queries import load_facts
from place.clock import Span

T = TypeVar("T")
CLOSED = "closed"


@transaction.atomic
def change_openings(change: Callable[[], T], *, now: datetime | None = None) -> T:
    """Carry out a change of openings or closures, then settle the members' bookings it hits.

    A booking outside the new openings becomes `to_confirm` and its holder is told; one that this module had put in
    doubt is confirmed again as soon as the lab is open for it.
    """
    result = change()
    settle_openings(now or timezone.now())
    return result


@transaction.atomic
def settle_openings(now: datetime) -> int:
    """Bring every coming booking in line with the openings; return how many changed. Idempotent."""
    coming = list(_coming(now))
    if not coming:
        return 0
    machines = {row.machine_id: row.machine for row in coming}
    window = Span(now, max(row.ends_at for row in coming))
    facts = load_facts(list(machines.values()), window, now)
    return sum(_settle(row, facts[row.machine_id], now) for row in coming)


def _coming(now: datetime) -> Iterator[Reservation]:
    rows = Reservation.objects.select_for_update(no_key=True, of=("self",))
    rows = rows.filter(kind=Kind.MEMBER, state__in=UPCOMING, starts_at__gt=now)
    return rows.select_related("machine__category", "member").order_by("pk").iterator()


def _settle(reservation: Reservation, facts: Facts, now: datetime) -> bool:
    if CLOSED in reservation.waived:
        return False
    wish = Wish(Span(reservation.starts_at, reservation.ends_at), ignore=reservation.pk)
    shut = bool(rules.problems(wish, facts, now, (rules.closed,)))
    if shut and reservation.state == State.CONFIRMED:
        return _write(reservation, State.TO_CONFIRM, CLOSED, notifications.hours_changed)
    if not shut and reservation.doubt == CLOSED:
        return _write(reservation, State.CONFIRMED, "", notifications.confirmed)
    return False


def _write(reservation: Reservation, state: State, doubt: str, tell: notifications.Teller) -> bool:
    reservation.state, reservation.doubt = state, doubt
    reservation.save(update_fields=["state", "doubt"])
    tell(reservation)
    return True
