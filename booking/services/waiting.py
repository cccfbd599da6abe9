"""The waiting list of a machine: the first in line gets a hold that blocks the time and ends by itself."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from booking import notifications, rules
from booking.constraints import is_overlap
from booking.facts import Wish, kept_clear
from booking.models import LIVE, NO_OVERLAP, Reservation, State, WaitingEntry
from booking.problems import Refused
from booking.queries import load_facts, minutes_this_month
from booking.services.rows import free_parts, lock, locked_reservation, may_act_for, place, spread, subject, ties_of
from machines.models import Machine, MachineTie
from members.models import Channel, User
from members.services import record
from place.clock import Span
from place.queries import lab

MOST_WAITED = 3
OPEN = (WaitingEntry.State.WAITING, WaitingEntry.State.OFFERED)


@transaction.atomic
def wait(
    *,
    actor: User,
    member: User,
    machine: Machine,
    starts_at: datetime,
    ends_at: datetime,
    accompanied: bool = False,
    channel: str = Channel.ONLINE,
    now: datetime | None = None,
) -> WaitingEntry:
    """Put somebody in line for a taken time; asking twice is one place. Raises Refused, PermissionDenied."""
    now = now or timezone.now()
    may_act_for(actor, member)
    lock(machine, member)
    span = Span(starts_at, ends_at)
    known = WaitingEntry.objects.filter(member=member, machine=machine, starts_at=starts_at, ends_at=ends_at)
    if entry := known.filter(state__in=OPEN).first():
        return entry
    _refuse_useless(machine, member, Wish(span, accompanied), now)
    return WaitingEntry.objects.create(
        machine=machine, member=member, starts_at=starts_at, ends_at=ends_at, accompanied=accompanied,
        channel=channel, created_by=actor, created_at=now,
    )  # fmt: skip


def _refuse_useless(machine: Machine, member: User, wish: Wish, now: datetime) -> None:
    facts = load_facts([machine], wish.span, now, member)[machine.pk]
    found = rules.problems(wish, facts, now)
    lasting = [problem for problem in found if problem.code not in rules.PASSING]
    if lasting:
        raise Refused(lasting)
    if not any(problem.code == "overlap" for problem in found):
        raise Refused([rules.not_allowed(_("This time is free: you can book it."))])
    if WaitingEntry.objects.filter(member=member, state__in=OPEN).count() >= MOST_WAITED:
        message = _("You already wait for %(count)s times: give one up first.") % {"count": MOST_WAITED}
        raise Refused([rules.not_allowed(message)])


def stop_waiting(*, actor: User, entry: WaitingEntry, now: datetime | None = None) -> None:
    """Leave the line; what was held goes to the next. Raises PermissionDenied."""
    may_act_for(actor, entry.member)
    now = now or timezone.now()
    _leave(entry, now)
    offer_freed(entry.machine, now, Span(entry.starts_at, entry.ends_at))


@transaction.atomic
def _leave(entry: WaitingEntry, now: datetime) -> None:
    current = _locked(entry)
    if current.state in OPEN:
        _give_up_hold(current, WaitingEntry.State.LEFT, now)


def drop_hold(reservation: Reservation) -> None:
    """Note that a time kept for somebody is cancelled like a booking: they no longer wait for it."""
    if reservation.state == State.HELD:
        rows = WaitingEntry.objects.filter(hold=reservation, state=WaitingEntry.State.OFFERED)
        rows.update(state=WaitingEntry.State.LEFT)


@transaction.atomic
def take_offer(*, actor: User, entry: WaitingEntry, now: datetime | None = None) -> Reservation:
    """Turn a hold into a booking, judged as any other. Raises Refused (also when it has ended), PermissionDenied."""
    now = now or timezone.now()
    may_act_for(actor, entry.member)
    current = _locked(entry)
    if current.hold is None or current.state != WaitingEntry.State.OFFERED:
        raise Refused([rules.not_allowed(_("This time is no longer kept for you."))])
    held = locked_reservation(current.hold)
    if held.state != State.HELD or _has_ended(held, now):
        raise Refused([rules.not_allowed(_("This time is no longer kept for you."))])
    held.state, held.trial = _judged(current, held, now)
    held.held_until = None
    held.save(update_fields=["state", "trial", "held_until"])
    _write(current, WaitingEntry.State.TAKEN)
    record(actor=actor, action="reservation.taken_from_waiting", subject=subject(held))
    notifications.booked(held)
    return held


def _judged(entry: WaitingEntry, held: Reservation, now: datetime) -> tuple[str, bool]:
    wish = Wish(Span(entry.starts_at, entry.ends_at), entry.accompanied, ignore=held.pk)
    facts = load_facts([entry.machine], wish.span, now, entry.member)[entry.machine_id]
    if found := [problem for problem in rules.problems(wish, facts, now) if problem.code != "too_late"]:
        raise Refused(found)  # the notice was kept when the line was joined
    waits = rules.needs_confirmation(wish, facts, now)
    return (State.TO_CONFIRM if waits else State.CONFIRMED), rules.is_trial(wish, facts)


def offer_freed(machine: Machine, now: datetime, freed: Span | None = None) -> int:
    """End the holds of a machine that have had their time and offer what is free to the next; return how many.

    Called wherever machine time is given back, with that time where it is known: only who waits for some of it is
    looked at. One query when nobody does. Each act is a transaction of its own, so that no two people are ever locked
    together. Idempotent.
    """
    near = freed and kept_clear(machine, freed)
    return sum(_offer_on(key, now, near) for key in _sharing(machine))


def _sharing(machine: Machine) -> list[int]:
    """Return the machine and those for which it frees something: what goes along with it, and what that goes with."""
    if not machine.tied:
        return [machine.pk]
    along = {machine.pk, *ties_of([machine.pk]).values_list("other", flat=True)}
    rows = MachineTie.objects.filter(other__in=along, role=MachineTie.Role.TAKEN)
    return sorted(along | set(rows.values_list("machine", flat=True)))


def _offer_on(machine: int, now: datetime, near: Span | None) -> int:
    waiting = _open(machine, near)
    if not waiting:
        return 0
    offered = [entry for entry in waiting if entry.state == WaitingEntry.State.OFFERED]
    line = [entry for entry in waiting if entry.state == WaitingEntry.State.WAITING]
    return sum(_end(entry, now) for entry in offered) + sum(_offer(entry, now) for entry in _in_line(line))


def offer_all_freed(now: datetime) -> int:
    """Do so for every machine somebody waits for; a timed task, so that nothing is forgotten after downtime."""
    machines = Machine.objects.filter(waiting__state__in=OPEN).distinct().order_by("pk")
    return sum(offer_freed(machine, now) for machine in machines)


def _open(machine: int, near: Span | None) -> list[WaitingEntry]:
    rows = WaitingEntry.objects.filter(machine=machine, state__in=OPEN)
    if near is not None:
        rows = rows.filter(starts_at__lt=near.end, ends_at__gt=near.start)
    if not rows.exists():  # most often nobody waits; the whole query is four times as dear
        return []
    return list(rows.select_related("machine", "member", "hold").order_by("created_at", "pk"))


def _in_line(waiting: list[WaitingEntry]) -> list[WaitingEntry]:
    """Return who waits, first come first, or first who has had the least where the lab says so."""
    if len(waiting) < 2 or not lab().fair_waiting:
        return waiting
    first = waiting[0]
    had = minutes_this_month([entry.member_id for entry in waiting], first.machine.category_id, first.starts_at)
    return sorted(waiting, key=lambda entry: (had.get(entry.member_id, 0), entry.created_at, entry.pk))


def _locked(entry: WaitingEntry) -> WaitingEntry:
    lock(entry.machine, entry.member)
    return WaitingEntry.objects.select_related("machine", "member", "hold").get(pk=entry.pk)


@transaction.atomic
def _end(entry: WaitingEntry, now: datetime) -> bool:
    """Close an offer that was not answered, or whose hold has become something else."""
    current = _locked(entry)
    hold = current.hold
    if current.state != WaitingEntry.State.OFFERED or (hold and hold.state == State.HELD and not _has_ended(hold, now)):
        return False
    if hold and hold.state in LIVE and hold.state != State.HELD:
        _write(current, WaitingEntry.State.TAKEN)
        return False
    _give_up_hold(current, WaitingEntry.State.PASSED, now)
    notifications.offer_ended(current)
    return True


def _has_ended(hold: Reservation, now: datetime) -> bool:
    return hold.held_until is not None and hold.held_until <= now


def _give_up_hold(entry: WaitingEntry, state: str, now: datetime) -> None:
    if entry.hold_id is not None:
        held = Reservation.objects.filter(pk=entry.hold_id, state=State.HELD)
        if held.update(state=State.CANCELLED, cancelled_at=now, sequence=F("sequence") + 1):
            free_parts([entry.hold_id])
    _write(entry, state)


def _write(entry: WaitingEntry, state: str) -> None:
    entry.state = state
    entry.save(update_fields=["state"])


@transaction.atomic
def _offer(entry: WaitingEntry, now: datetime) -> bool:
    """Keep the time for somebody if it is free now and every rule agrees."""
    entry = _locked(entry)
    if entry.state != WaitingEntry.State.WAITING:
        return False
    if entry.starts_at <= now:
        _write(entry, WaitingEntry.State.OVER)
        return False
    wish = Wish(Span(entry.starts_at, entry.ends_at), entry.accompanied)
    facts = load_facts([entry.machine], wish.span, now, entry.member)[entry.machine_id]
    if rules.problems(wish, facts, now):
        return False
    return _hold(entry, wish.span, now)


def _hold(entry: WaitingEntry, span: Span, now: datetime) -> bool:
    until = min(now + timedelta(minutes=entry.machine.hold_minutes), entry.starts_at)
    hold = Reservation(
        machine=entry.machine, member=entry.member, created_by=entry.created_by, accompanied=entry.accompanied,
        channel=entry.channel, created_at=now, state=State.HELD, held_until=until,
    )  # fmt: skip
    place(hold, span)
    try:
        with transaction.atomic():
            hold.save()
            spread(hold)
    except IntegrityError as error:  # taken after all: the line goes on waiting
        if not is_overlap(error, NO_OVERLAP):
            raise
        return False
    entry.hold, entry.state = hold, WaitingEntry.State.OFFERED
    entry.save(update_fields=["hold", "state"])
    notifications.offered(entry)
    return True
