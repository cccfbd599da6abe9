"""Members' bookings: lock the machine, ask the rules, let the constraint have the last word."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from booking import notifications, rules
from booking.availability import alternatives
from booking.facts import Wish
from booking.models import UPCOMING, Kind, Reservation, State
from booking.problems import Problem, Refused
from booking.queries import load_facts
from booking.services.rows import lock, locked_reservation, may_act_for, place, save, spread, subject
from booking.services.waiting import drop_hold, offer_freed
from machines.models import Machine
from members.models import Channel, User
from members.services import record
from place.clock import Span

LONGEST_LOOK = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Waiver:
    """Rules that staff set aside, and why; kept with the booking for ever."""

    codes: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules said yes to: in which state it begins, and which refusals staff set aside."""

    state: str
    waived: tuple[str, ...]
    trial: bool = False


def reserve(
    *,
    actor: User,
    machine: Machine,
    starts_at: datetime,
    ends_at: datetime,
    member: User | None = None,
    accompanied: bool = False,
    channel: str = Channel.ONLINE,
    waive: Iterable[str] = (),
    waive_reason: str = "",
    now: datetime | None = None,
) -> Reservation:
    """Take a machine for a member (the actor unless staff or a guardian say who).

    Raises Refused with every problem and three alternatives, PermissionDenied when booking for somebody else without
    the right.
    """
    member, now = member or actor, now or timezone.now()
    may_act_for(actor, member)
    wish = Wish(Span(starts_at, ends_at), accompanied)
    waiver = _checked_waiver(actor, waive, waive_reason)
    try:
        return _reserve(actor, member, machine, wish, channel, waiver, now)
    except Refused as refused:
        if "overlap" not in refused.codes or not offer_freed(machine, now):  # perhaps only by a hold that had ended
            raise _helped(refused, machine, wish, now, member) from None
    try:
        return _reserve(actor, member, machine, wish, channel, waiver, now)
    except Refused as refused:
        raise _helped(refused, machine, wish, now, member) from None


def foresee(*, machine: Machine, member: User, wish: Wish, now: datetime) -> Refused | None:
    """Return the refusal that a wish would meet now, with alternatives; None when it would be accepted."""
    facts = load_facts([machine], _near(wish.span), now, member)[machine.pk]
    found = rules.problems(wish, facts, now)
    return _helped(Refused(found), machine, wish, now, member) if found else None


@transaction.atomic
def _reserve(
    actor: User, member: User, machine: Machine, wish: Wish, channel: str, waiver: Waiver, now: datetime
) -> Reservation:
    lock(machine, member)
    judged = _judge(wish, machine, member, waiver, now)
    reservation = Reservation(
        machine=machine,
        member=member,
        created_by=actor,
        accompanied=wish.accompanied,
        channel=channel,
        waived=list(judged.waived),
        waive_reason=waiver.reason if judged.waived else "",
        created_at=now,
        state=judged.state,
        trial=judged.trial,
    )
    place(reservation, wish.span)
    save(reservation)
    notifications.booked(reservation)
    return reservation


def move(
    *,
    actor: User,
    reservation: Reservation,
    starts_at: datetime,
    ends_at: datetime,
    waive: Iterable[str] = (),
    waive_reason: str = "",
    now: datetime | None = None,
) -> Reservation:
    """Give a booking another time, judged exactly like a new one; refused, the old one stands."""
    now = now or timezone.now()
    may_act_for(actor, reservation.member)
    waiver = _checked_waiver(actor, waive, waive_reason)
    wish = Wish(Span(starts_at, ends_at), reservation.accompanied, ignore=reservation.pk)
    try:
        moved = _move(actor, reservation, wish, waiver, now)
    except Refused as refused:
        raise _helped(refused, reservation.machine, wish, now, reservation.member) from None
    offer_freed(moved.machine, now)
    return moved


@transaction.atomic
def _move(actor: User, reservation: Reservation, wish: Wish, waiver: Waiver, now: datetime) -> Reservation:
    lock(reservation.machine, reservation.member)
    current = locked_reservation(reservation)
    _refuse_over(current, now)
    if current.state == State.HELD:
        raise Refused([rules.not_allowed(_("First say whether you take this time."))])
    _refuse_late(actor, current, now)
    judged = _judge(wish, current.machine, current.member, waiver, now)
    before = [current.starts_at.isoformat(), current.ends_at.isoformat()]
    current.sequence += 1
    current.state, current.doubt, current.trial = judged.state, "", judged.trial
    current.waived = sorted({*current.waived, *judged.waived})
    current.waive_reason = waiver.reason if judged.waived else current.waive_reason
    place(current, wish.span)
    save(current)
    record(actor=actor, action="reservation.moved", subject=subject(current), detail={"from": before})
    _tell_if_other(actor, current, notifications.moved)
    return current


def cancel(*, actor: User, reservation: Reservation, reason: str = "", now: datetime | None = None) -> Reservation:
    """Give the time back: whoever waits for it is next. Raises Refused when it is too late, over or already cancelled.

    What its holder, or who answers for them, gives back late is noted as such.
    """
    may_act_for(actor, reservation.member)
    now = now or timezone.now()
    cancelled = _cancel(actor, reservation, reason, now)
    offer_freed(cancelled.machine, now)
    return cancelled


@transaction.atomic
def _cancel(actor: User, reservation: Reservation, reason: str, now: datetime) -> Reservation:
    lock(reservation.machine)
    current = locked_reservation(reservation)
    _refuse_over(current, now)
    _refuse_late(actor, current, now)
    drop_hold(current)
    current.state, current.cancelled_at, current.cancel_reason = State.CANCELLED, now, reason.strip()[:200]
    current.cancelled_late = not actor.has_perm("booking.book_for_others") and rules.is_late(current, now)
    current.sequence += 1
    current.save(update_fields=["state", "cancelled_at", "cancel_reason", "cancelled_late", "sequence"])
    spread(current)
    record(actor=actor, action="reservation.cancelled", subject=subject(current), detail={"reason": reason})
    _tell_if_other(actor, current, notifications.cancelled)
    return current


@transaction.atomic
def confirm(*, actor: User, reservation: Reservation) -> Reservation:
    """Staff say yes to a booking that waited for it."""
    if not actor.has_perm("booking.book_for_others"):
        raise PermissionDenied
    lock(reservation.machine)
    current = locked_reservation(reservation)
    if current.state == State.TO_CONFIRM:
        _overrule(actor, current)
        current.state, current.doubt = State.CONFIRMED, ""
        current.save(update_fields=["state", "doubt", "waived"])
        record(actor=actor, action="reservation.confirmed", subject=subject(current))
        notifications.confirmed(current)
    return current


def _overrule(actor: User, reservation: Reservation) -> None:
    """A yes to a booking in doubt sets that rule aside for it, by who may: it is not put in doubt for it again."""
    needed = rules.WAIVABLE.get(reservation.doubt)
    if needed is None:
        return
    if not actor.has_perm(needed):
        raise PermissionDenied(_("Find somebody to be on duty, or ask the director."))
    reservation.waived = sorted({*reservation.waived, reservation.doubt})


def _judge(wish: Wish, machine: Machine, member: User | None, waiver: Waiver, now: datetime) -> Judged:
    """Ask the rules. Raises Refused with what stands in the way and is not set aside.

    A booking that needs somebody beside the person waits until the team says yes.
    """
    facts = load_facts([machine], _near(wish.span), now, member)[machine.pk]
    found = rules.problems(wish, facts, now)
    if any(problem.code not in waiver.codes for problem in found):
        raise Refused(problem for problem in found if problem.code not in waiver.codes)
    waits = not waiver.codes and rules.needs_confirmation(wish, facts, now)
    state = State.TO_CONFIRM if waits else State.CONFIRMED
    return Judged(state, tuple(problem.code for problem in found), rules.is_trial(wish, facts))


def _near(span: Span) -> Span:
    """Never load more than a week of facts: a longer wish is refused whatever they say."""
    return Span(span.start, min(span.end, span.start + LONGEST_LOOK))


def _refuse_over(reservation: Reservation, now: datetime) -> None:
    if reservation.kind != Kind.MEMBER:
        raise Refused([rules.not_allowed(_("This time is held by a workshop or by maintenance: change it there."))])
    if reservation.state not in UPCOMING:
        raise Refused([rules.not_allowed(_("This booking is already used or cancelled."))])
    if reservation.starts_at <= now:
        message = _("This booking has begun or is over: talk to the desk.")
        raise Refused([Problem("past", message, {"starts_at": reservation.starts_at})])


def _refuse_late(actor: User, reservation: Reservation, now: datetime) -> None:
    """Members keep the machine's deadline; the team, whom they call then, does not."""
    problem = rules.too_late_to_change(reservation, now)
    if problem and reservation.state != State.HELD and not actor.has_perm("booking.book_for_others"):
        raise Refused([problem])


def _checked_waiver(actor: User, codes: Iterable[str], reason: str) -> Waiver:
    """Return the waiver if the actor may give it; staff never set a rule aside in silence."""
    wanted = tuple(sorted(set(codes)))
    if not wanted:
        return Waiver()
    if not reason.strip():
        raise Refused([rules.not_allowed(_("Say why the rule is set aside."))])
    if not all(code in rules.WAIVABLE and actor.has_perm(rules.WAIVABLE[code]) for code in wanted):
        raise Refused([rules.not_allowed(_("You cannot set this rule aside."))])
    return Waiver(wanted, reason.strip()[:200])


def _helped(refused: Refused, machine: Machine, wish: Wish, now: datetime, member: User | None) -> Refused:
    if rules.PERSONAL & set(refused.codes) or wish.span.minutes <= 0:
        return refused
    return refused.with_alternatives(alternatives(machine, wish, now, member))


def _tell_if_other(actor: User, reservation: Reservation, tell: notifications.Teller) -> None:
    if actor.pk != reservation.member_id:
        tell(reservation)
