"""The only writer of reservations: lock the machine, ask the rules, let the constraint have the last word."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from booking import notifications, rules
from booking.availability import alternatives
from booking.constraints import is_overlap
from booking.facts import Wish, blocked_span
from booking.models import LIVE, NO_OVERLAP, UPCOMING, Kind, Reservation, ReservationUse, State
from booking.problems import Problem, Refused
from booking.queries import load_facts
from machines.models import Machine, Outage, UsageSession
from members.models import Channel, User
from members.services import record
from place.clock import Span

LONGEST_LOOK = timedelta(days=8)

LOCK_MACHINE = "SELECT id FROM machines_machine WHERE id = %s FOR NO KEY UPDATE"
LOCK_MACHINE_AND_MEMBER = f"""
WITH machine AS MATERIALIZED ({LOCK_MACHINE})
SELECT id FROM members_user WHERE id = %s AND EXISTS (SELECT 1 FROM machine) FOR NO KEY UPDATE
"""  # noqa: S608 -- put together from constants


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
    """Take a machine for a member (the actor unless staff say who).

    Raises Refused with every problem and three alternatives, PermissionDenied when booking for somebody else without
    the right.
    """
    member, now = member or actor, now or timezone.now()
    _may_act_for(actor, member)
    wish = Wish(Span(starts_at, ends_at), accompanied)
    waiver = _checked_waiver(actor, waive, waive_reason)
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
    _lock(machine, member)
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
    )
    _place(reservation, wish.span)
    _save(reservation)
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
    _may_act_for(actor, reservation.member)
    waiver = _checked_waiver(actor, waive, waive_reason)
    wish = Wish(Span(starts_at, ends_at), reservation.accompanied, ignore=reservation.pk)
    try:
        return _move(actor, reservation, wish, waiver, now)
    except Refused as refused:
        raise _helped(refused, reservation.machine, wish, now, reservation.member) from None


@transaction.atomic
def _move(actor: User, reservation: Reservation, wish: Wish, waiver: Waiver, now: datetime) -> Reservation:
    _lock(reservation.machine, reservation.member)
    current = _locked_reservation(reservation)
    _refuse_over(current, now)
    judged = _judge(wish, current.machine, current.member, waiver, now)
    before = [current.starts_at.isoformat(), current.ends_at.isoformat()]
    current.sequence += 1
    current.state, current.doubt = judged.state, ""
    current.waived = sorted({*current.waived, *judged.waived})
    current.waive_reason = waiver.reason if judged.waived else current.waive_reason
    _place(current, wish.span)
    _save(current)
    record(actor=actor, action="reservation.moved", subject=_subject(current), detail={"from": before})
    _tell_if_other(actor, current, notifications.moved)
    return current


@transaction.atomic
def cancel(*, actor: User, reservation: Reservation, reason: str = "", now: datetime | None = None) -> Reservation:
    """Give the time back. Raises Refused when it is over or already cancelled."""
    _may_act_for(actor, reservation.member)
    _lock(reservation.machine)
    current = _locked_reservation(reservation)
    now = now or timezone.now()
    _refuse_over(current, now)
    current.state, current.cancelled_at, current.cancel_reason = State.CANCELLED, now, reason.strip()[:200]
    current.sequence += 1
    current.save(update_fields=["state", "cancelled_at", "cancel_reason", "sequence"])
    record(actor=actor, action="reservation.cancelled", subject=_subject(current), detail={"reason": reason})
    _tell_if_other(actor, current, notifications.cancelled)
    return current


@transaction.atomic
def confirm(*, actor: User, reservation: Reservation) -> Reservation:
    """Staff say yes to a booking that waited for it."""
    if not actor.has_perm("booking.book_for_others"):
        raise PermissionDenied
    _lock(reservation.machine)
    current = _locked_reservation(reservation)
    if current.state == State.TO_CONFIRM:
        current.state, current.doubt = State.CONFIRMED, ""
        current.save(update_fields=["state", "doubt"])
        record(actor=actor, action="reservation.confirmed", subject=_subject(current))
        notifications.confirmed(current)
    return current


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
    _place(reservation, span)
    _save(reservation)
    return reservation


@transaction.atomic
def release(reservations: Iterable[Reservation], *, reason: str = "") -> None:
    """Give back machine time that a workshop or maintenance had taken."""
    rows = Reservation.objects.filter(pk__in=[one.pk for one in reservations], state__in=LIVE)
    rows.update(state=State.CANCELLED, cancelled_at=timezone.now(), cancel_reason=reason[:200])


@transaction.atomic
def check_in(*, reservation: Reservation, session: UsageSession) -> ReservationUse:
    """A machine started on this booking: link both; idempotent."""
    use, _made = ReservationUse.objects.get_or_create(usage_session=session, defaults={"reservation": reservation})
    Reservation.objects.filter(pk=reservation.pk, state__in=UPCOMING).update(state=State.CHECKED_IN)
    return use


def close_finished(now: datetime) -> int:
    """Mark used bookings that are over as done; idempotent, run by the timed tasks."""
    return Reservation.objects.filter(state=State.CHECKED_IN, ends_at__lte=now).update(state=State.DONE)


def settle_outage(event: str, outage: Outage) -> None:
    """Handler of OUTAGE_HANDLERS: what an outage does to bookings, in the same transaction.

    Planned: refused while members hold the time, then the time is taken as maintenance. Unplanned: bookings become
    `to_confirm` and their holders are warned; when the machine works again, later ones are confirmed.
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
        _place(held, Span(held.starts_at, outage.ends_at))
        held.save(update_fields=["ends_at", "blocked_until"])


def _put_in_doubt(outage: Outage) -> None:
    rows = Reservation.objects.filter(
        machine=outage.machine_id,
        kind=Kind.MEMBER,
        state__in=(State.CONFIRMED, State.HELD),
        ends_at__gt=outage.starts_at,
    )
    if outage.ends_at:
        rows = rows.filter(starts_at__lt=outage.ends_at)
    for reservation in rows.select_related("member", "machine").order_by("pk"):
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
    rows = Outage.objects.filter(machine=ended.machine_id, starts_at__lt=reservation.ends_at).exclude(pk=ended.pk)
    return rows.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=reservation.starts_at)).first()


def _doubt(outage: Outage) -> str:
    return f"outage:{outage.pk}"


def _lock(machine: Machine, member: User | None = None) -> None:
    """Lock the parent rows, the machine first: without it the exclusion constraint deadlocks on PostgreSQL.

    The person is locked too: requests for two machines at once must see each other's quota. SQLite has one writer.
    """
    if not connection.features.has_select_for_update:
        return
    with connection.cursor() as cursor:
        if member is None:
            cursor.execute(LOCK_MACHINE, [machine.pk])
        else:
            cursor.execute(LOCK_MACHINE_AND_MEMBER, [machine.pk, member.pk])


def _locked_reservation(reservation: Reservation) -> Reservation:
    rows = Reservation.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("member", "machine").get(pk=reservation.pk)


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
    return Judged(state, tuple(problem.code for problem in found))


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


def _place(reservation: Reservation, span: Span) -> None:
    blocked = blocked_span(reservation.machine, span)
    reservation.starts_at, reservation.ends_at = span.start, span.end
    reservation.blocked_from, reservation.blocked_until = blocked.start, blocked.end


def _save(reservation: Reservation) -> None:
    """Write, and say `overlap` when the database knows better than the rules did; the transaction is then lost."""
    try:
        reservation.save()
    except IntegrityError as error:
        if not is_overlap(error, NO_OVERLAP):
            raise
        raise Refused([Problem("overlap", _("This time has just been taken."))]) from error


def _may_act_for(actor: User, member: User | None) -> None:
    if member is not None and member.pk == actor.pk:
        return
    if not actor.has_perm("booking.book_for_others"):
        raise PermissionDenied(_("You can only book for yourself."))


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


def _subject(reservation: Reservation) -> str:
    return f"reservation:{reservation.pk}"
