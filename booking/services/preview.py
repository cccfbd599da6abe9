"""A change of hours, looked at before it is made: which bookings it would hit, and what becomes of each.

`foresee_change` makes the change, looks, and takes it back. `carry_out` makes it for good with what was chosen for
each booking, in one transaction, and only if nothing else is hit than what was shown.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking import rules
from booking.availability import nearest_times
from booking.facts import Facts, Wish
from booking.models import Reservation, State
from booking.problems import Problem, Refused
from booking.services.reserving import cancel, move
from booking.services.rows import lock_all, locked_reservation, subject
from booking.services.settling import DOUBTS, coming_bookings, facts_of, holder, in_the_way, settle_bookings
from members.models import User
from members.services import record
from place.clock import Span
from place.models import LabSettings

T = TypeVar("T")
BEYOND = timedelta(days=14)  # how far after the last booking another time is looked for


class Fate(TextChoices):
    """What becomes of a booking."""

    KEPT = "kept", gettext_lazy("kept as it is")
    TO_CONFIRM = "to_confirm", gettext_lazy("to confirm")
    CONFIRMED = "confirmed", gettext_lazy("confirmed again")
    MOVED = "moved", gettext_lazy("moved")
    CANCELLED = "cancelled", gettext_lazy("cancelled")


@dataclass(frozen=True, slots=True)
class Hit:
    """One booking that a change hits: what becomes of it if nobody says otherwise, and what may be chosen instead."""

    reservation: Reservation
    fate: Fate
    problems: tuple[Problem, ...] = ()
    times: tuple[Span, ...] = ()

    @property
    def open(self) -> bool:
        """Tell whether there is something to choose."""
        return self.fate == Fate.TO_CONFIRM

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(problem.code for problem in self.problems)

    def may_be_kept(self, actor: User) -> bool:
        """Tell whether this person may set aside, for this booking, everything that stands in its way."""
        codes = self.codes
        return bool(codes) and all(code in DOUBTS and actor.has_perm(rules.WAIVABLE[code]) for code in codes)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the team chose for a booking; `span` only for one that is moved."""

    fate: Fate
    span: Span | None = None


LEFT = Choice(Fate.TO_CONFIRM)


@dataclass(frozen=True, slots=True)
class Foresight:
    """Every booking that a change would hit, in order of time; `seal` tells whether it still is the same."""

    hits: tuple[Hit, ...]

    @property
    def asks(self) -> bool:
        """Tell whether somebody must look before it is done: bookings that are only confirmed again need nobody."""
        return any(hit.fate != Fate.CONFIRMED for hit in self.hits)

    @property
    def seal(self) -> str:
        told = [
            f"{hit.reservation.pk} {hit.fate} {hit.reservation.starts_at.isoformat()} {hit.codes}" for hit in self.hits
        ]
        return blake2b("\n".join(told).encode(), digest_size=12).hexdigest()


class Unforeseen(Exception):
    """Meanwhile the change would hit other bookings than those shown: look again."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A coming booking as it stands, and what hours and duties say against it."""

    reservation: Reservation
    problems: dict[str, Problem]


def foresee_change(change: Callable[[], object], *, now: datetime | None = None) -> Foresight:
    """Return what a change of hours, duties or outages would do to bookings; nothing of it remains.

    A fixed number of queries, whatever is hit. Raises whatever the change raises.
    """
    now = now or timezone.now()
    with transaction.atomic():
        before = _look(now)
        change()
        facts = facts_of([seen.reservation for seen in before.values()], now, BEYOND)
        hits = _hits(before, _look(now))
        found = Foresight(tuple(_with_times(hit, facts, now) for hit in hits))
        transaction.set_rollback(True)
    return found


def carry_out(
    change: Callable[[], T],
    *,
    actor: User,
    seal: str,
    choices: Mapping[int, Choice],
    look: Callable[[], object] | None = None,
    reason: str = "",
    now: datetime | None = None,
) -> T:
    """Make a change and do what was chosen for the bookings it hits: all of it, or nothing.

    `look` is for a change that bookings must first make room for: what was foreseen in its place. What is chosen for
    bookings that are not hit is ignored. Raises Unforeseen, Refused (a time no longer free), PermissionDenied (a rule
    the actor may not set aside), and whatever the change raises.
    """
    now = now or timezone.now()
    with transaction.atomic():
        _one_at_a_time()
        lock_all([pk for pk, choice in choices.items() if choice.fate != Fate.TO_CONFIRM])
        foresight = foresee_change(look or change, now=now)
        if foresight.seal != seal:
            raise Unforeseen(_("Bookings have changed meanwhile. Look again at what would happen."))
        result = None if look else change()
        for hit in foresight.hits:
            _apply(choices.get(hit.reservation.pk, LEFT), hit, actor, reason, now)
        result = change() if look else result
        settle_bookings(now)
    return cast(T, result)


def _one_at_a_time() -> None:
    """Two changes at once could each wait for somebody whom the other has locked."""
    list(LabSettings.objects.select_for_update(no_key=True).filter(pk=1))


def _look(now: datetime) -> dict[int, _Seen]:
    coming = list(coming_bookings(now))
    facts = facts_of(coming, now)
    return {row.pk: _Seen(row, in_the_way(row, facts[row.machine_id], now)) for row in coming}


def _hits(before: Mapping[int, _Seen], after: Mapping[int, _Seen]) -> list[Hit]:
    found = (_hit(seen, after[pk]) for pk, seen in before.items() if pk in after)
    return sorted(filter(None, found), key=lambda hit: (hit.reservation.starts_at, hit.reservation.pk))


def _hit(before: _Seen, after: _Seen) -> Hit | None:
    """Tell what a change did to one booking, as `settle_bookings` will; None when it is not concerned."""
    row = after.reservation
    newly = tuple(problem for code, problem in after.problems.items() if code not in before.problems)
    if row.state == State.TO_CONFIRM != before.reservation.state:
        return Hit(row, Fate.TO_CONFIRM, (*newly, _of_machine(row)))
    if newly:
        standing = tuple(problem for code, problem in after.problems.items() if code not in row.waived)
        waits = bool(standing) and row.state != State.HELD
        return Hit(row, Fate.TO_CONFIRM, standing) if waits else Hit(row, Fate.KEPT, newly)
    freed = row.doubt in DOUBTS and not set(after.problems) - set(row.waived)
    return Hit(row, Fate.CONFIRMED) if freed else None


def _of_machine(row: Reservation) -> Problem:
    return Problem("machine_down", _("%(machine)s is out of order then.") % {"machine": row.machine})


def _with_times(hit: Hit, facts: Mapping[int, Facts], now: datetime) -> Hit:
    if not hit.open:
        return hit
    row = hit.reservation
    known = replace(facts[row.machine_id], person=holder(row))
    wish = Wish(Span(row.starts_at, row.ends_at), row.accompanied, ignore=row.pk)
    return replace(hit, times=tuple(nearest_times(known, wish, now)))


def _apply(choice: Choice, hit: Hit, actor: User, reason: str, now: datetime) -> None:
    """Do what was chosen for a booking, if there was something to choose. Raises Refused, saying for whom."""
    if not hit.open:
        return
    row = hit.reservation
    try:
        if choice.fate == Fate.MOVED and choice.span is not None:
            _move(row, choice.span, actor, reason, now)
        elif choice.fate == Fate.CANCELLED:
            cancel(actor=actor, reservation=row, reason=reason, now=now)
        elif choice.fate == Fate.KEPT:
            _keep(hit, actor, reason)
    except Refused as refused:
        raise Refused(replace(one, message=f"{row.member}: {one.message}") for one in refused.problems) from refused


def _move(row: Reservation, span: Span, actor: User, reason: str, now: datetime) -> None:
    """What was set aside for the booking stays set aside at its new time."""
    waived = {"waive": row.waived, "waive_reason": row.waive_reason or reason} if row.waived else {}
    move(actor=actor, reservation=row, starts_at=span.start, ends_at=span.end, now=now, **waived)


def _keep(hit: Hit, actor: User, reason: str) -> None:
    """Set aside for one booking what stands in its way, before it is put in doubt: its holder hears nothing."""
    if not hit.may_be_kept(actor):
        raise PermissionDenied(_("You cannot set this rule aside."))
    row = locked_reservation(hit.reservation)
    row.waived = sorted({*row.waived, *hit.codes})
    row.waive_reason = row.waive_reason or reason.strip()[:200]
    row.save(update_fields=["waived", "waive_reason"])
    record(actor=actor, action="reservation.kept", subject=subject(row), detail={"waived": list(hit.codes)})
