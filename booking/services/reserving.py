"""Members' bookings: lock the machine, ask the rules, let the constraint have the last word."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from booking import notifications, rules
from booking.facts import Wish, blocked_span
from booking.group_models import Agreement, BookingSeries
from booking.models import UPCOMING, Kind, Reservation, State
from booking.problems import Problem, Refused
from booking.services.judging import Judged, Waiver, checked_waiver, helped
from booking.services.pools import foreseen, settle
from booking.services.rows import (
    acts_for_partner,
    free_parts,
    lock,
    lock_agreement,
    lock_both,
    lock_if_free,
    locked_reservation,
    may_act_for,
    may_change,
    place,
    save,
    spread,
    subject,
)
from booking.services.waiting import drop_hold, offer_freed
from machines.models import Machine
from members.models import Channel, User
from members.services import record
from place.clock import Span


@dataclass(frozen=True, slots=True)
class Group:
    """For whom several come together: a club, a project, a partner under its agreement, once or again and again."""

    title: str = ""
    people: int = 1
    agreement: Agreement | None = None
    series: BookingSeries | None = None


ALONE = Group()


@dataclass(frozen=True, slots=True)
class Order:
    """Who wants what for whom, and which rules are set aside for it."""

    actor: User
    member: User
    machine: Machine
    wish: Wish
    channel: str
    waiver: Waiver
    floating: bool
    group: Group


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
    any_of_kind: bool = False,
    material: str = "",
    group: Group = ALONE,
    now: datetime | None = None,
) -> Reservation:
    """Take a machine, or any of its kind, for a member (the actor unless staff or a guardian say who).

    `material` names one of the machine's list. For a partner's group the member answers for it.

    Raises Refused with every problem and three alternatives, PermissionDenied when booking for somebody else without
    the right.
    """
    member, now = member or actor, now or timezone.now()
    may_book(actor, member, group.agreement)
    brought = material.strip()[:80]
    wish = Wish(Span(starts_at, ends_at), accompanied, material=brought, declared=True, people=group.people)
    waiver = checked_waiver(actor, waive, waive_reason)
    order = Order(actor, member, machine, wish, channel, waiver, any_of_kind and machine.pool_id is not None, group)
    try:
        return _reserve(order, now)
    except Refused as refused:
        # Perhaps only by a hold that had ended.
        if "overlap" not in refused.codes or not offer_freed(machine, now, blocked_span(machine, wish.span)):
            raise helped(refused, machine, wish, now, member) from None
    try:
        return _reserve(order, now)
    except Refused as refused:
        raise helped(refused, machine, wish, now, member) from None


def may_book(actor: User, member: User, agreement: Agreement | None) -> None:
    """For oneself, a child, as one of the team, or for a partner's group in the name of who acts for it too."""
    if acts_for_partner(actor, agreement) and acts_for_partner(member, agreement):
        return
    if agreement is not None and not actor.has_perm("booking.book_for_others"):
        raise PermissionDenied(_("You do not act for this partner."))
    may_act_for(actor, member)


def foresee(*, machine: Machine, member: User, wish: Wish, now: datetime, any_of_kind: bool = False) -> Refused | None:
    """Return the refusal that a wish would meet now, with alternatives; None when it would be accepted."""
    (found,) = foreseen([wish], machine, member, now, anywhere=any_of_kind)
    return helped(Refused(found), machine, wish, now, member) if found else None


@transaction.atomic
def _reserve(order: Order, now: datetime) -> Reservation:
    new = write(order, now)
    notifications.booked(new)
    return new


def write(order: Order, now: datetime) -> Reservation:
    """Judge and write a booking, telling nobody; inside a transaction. Raises Refused."""
    wish = replace(order.wish, terms=lock_agreement(order.group.agreement))
    chosen, judged = _settled(order, wish, now)
    new = Reservation(
        machine=chosen, member=order.member, created_by=order.actor, accompanied=order.wish.accompanied,
        channel=order.channel, created_at=now, floating=order.floating, material=order.wish.material,
        state=judged.state, trial=judged.trial,
        waived=list(judged.waived), waive_reason=order.waiver.reason if judged.waived else "",
        agreement=order.group.agreement, series=order.group.series, group=order.group.title,
        people=order.group.people,
    )  # fmt: skip
    place(new, order.wish.span)
    save(new)
    return new


def _settled(order: Order, wish: Wish, now: datetime) -> tuple[Machine, Judged]:
    """Judge under the locks; who is refused because the time was seen to be taken has done without them."""
    locked = lock_if_free(order.machine, order.member, wish.span)
    found = settle(wish, order.machine, order.member, order.waiver, now, anywhere=order.floating)
    if locked:
        return found
    lock(order.machine, order.member)  # given back in between
    return settle(wish, order.machine, order.member, order.waiver, now, anywhere=order.floating)


def move(
    *,
    actor: User,
    reservation: Reservation,
    starts_at: datetime,
    ends_at: datetime,
    waive: Iterable[str] = (),
    waive_reason: str = "",
    sequence: int | None = None,
    machine: Machine | None = None,
    now: datetime | None = None,
) -> Reservation:
    """Give a booking another time or machine, judged exactly like a new one; refused, the old one stands.

    `sequence`: the version somebody looked at; refused when it has changed meanwhile. `machine`: another one than
    now, which then is the one it names; None keeps it. Raises Refused, PermissionDenied.
    """
    now = now or timezone.now()
    may_change(actor, reservation)
    waiver = checked_waiver(actor, waive, waive_reason)
    wish = Wish(
        Span(starts_at, ends_at),
        reservation.accompanied,
        reservation.pk,
        reservation.material,
        people=reservation.people,
    )
    left, freed = reservation.machine, Span(reservation.blocked_from, reservation.blocked_until)
    try:
        moved = _move(actor, reservation, machine or left, wish, waiver, sequence, now)
    except Refused as refused:
        raise helped(refused, machine or left, wish, now, reservation.member) from None
    offer_freed(left, now, freed)
    return moved


@transaction.atomic
def _move(
    actor: User,
    reservation: Reservation,
    machine: Machine,
    wish: Wish,
    waiver: Waiver,
    sequence: int | None,
    now: datetime,
) -> Reservation:
    wish, left = replace(wish, terms=lock_agreement(reservation.agreement)), reservation.machine
    lock_both(machine, left, reservation.member)
    current = locked_reservation(reservation)
    _refuse_unmovable(actor, current, sequence, now)
    _refuse_elsewhere(current, left)
    before = _stands(current)
    if machine.pk != left.pk:
        _leave(current, machine)
    current.machine, judged = settle(wish, current.machine, current.member, waiver, now, anywhere=current.floating)
    current.sequence += 1
    current.state, current.doubt, current.trial = judged.state, "", judged.trial
    current.waived = sorted({*current.waived, *judged.waived})
    current.waive_reason = waiver.reason if judged.waived else current.waive_reason
    place(current, wish.span)
    save(current)
    record(actor=actor, action="reservation.moved", subject=subject(current), detail=before)
    elsewhere = current.machine_id != left.pk
    _tell_if_other(actor, current, notifications.moved_elsewhere if elsewhere else notifications.moved)
    return current


def _stands(reservation: Reservation) -> dict[str, object]:
    """Return where a booking stands before it is moved, as the log keeps it."""
    times = [reservation.starts_at.isoformat(), reservation.ends_at.isoformat()]
    return {"from": times, "machine": reservation.machine.slug}


def _leave(reservation: Reservation, machine: Machine) -> None:
    """Name another machine: what was taken along with the one that is left is given back."""
    free_parts([reservation.pk])
    reservation.machine, reservation.floating = machine, False


def _refuse_elsewhere(reservation: Reservation, machine: Machine) -> None:
    """Meanwhile it may have been put on a machine that is not locked, save one of its kind."""
    now_on = reservation.machine
    if now_on.pk != machine.pk and (now_on.pool_id is None or now_on.pool_id != machine.pool_id):
        raise Refused([rules.changed(reservation)])


def _refuse_unmovable(actor: User, reservation: Reservation, sequence: int | None, now: datetime) -> None:
    changed = None if sequence is None else rules.changed_meanwhile(reservation, sequence)
    if changed:
        raise Refused([changed])
    _refuse_over(reservation, now)
    if reservation.state == State.HELD:
        raise Refused([rules.not_allowed(_("First say whether you take this time."))])
    _refuse_late(actor, reservation, now)


def cancel(*, actor: User, reservation: Reservation, reason: str = "", now: datetime | None = None) -> Reservation:
    """Give the time back: whoever waits for it is next. Raises Refused when it is too late, over or already cancelled.

    What its holder, or who answers for them, gives back late is noted as such.
    """
    may_change(actor, reservation)
    now = now or timezone.now()
    cancelled = _cancel(actor, reservation, reason, now)
    offer_freed(cancelled.machine, now, Span(cancelled.blocked_from, cancelled.blocked_until))
    return cancelled


@transaction.atomic
def _cancel(actor: User, reservation: Reservation, reason: str, now: datetime) -> Reservation:
    cancelled = give_back(actor, reservation, reason, now)
    _tell_if_other(actor, cancelled, notifications.cancelled)
    return cancelled


def give_back(actor: User, reservation: Reservation, reason: str, now: datetime) -> Reservation:
    """Cancel a booking, telling nobody; inside a transaction. Raises Refused."""
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


def _tell_if_other(actor: User, reservation: Reservation, tell: notifications.Teller) -> None:
    if actor.pk != reservation.member_id:
        tell(reservation)
