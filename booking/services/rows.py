"""What every writer of reservations shares: the locks, the buffers, and the constraint's last word."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from booking.constraints import is_overlap
from booking.facts import Terms, blocked_span
from booking.group_models import Agreement
from booking.models import LIVE, NO_OVERLAP, Reservation, State
from booking.problems import Problem, Refused
from booking.queries import terms_of
from machines.models import Machine, MachineTie
from machines.services.park import lock_machines
from members.models import User
from members.queries import is_guardian_of
from members.standing import is_under
from place.clock import Span, today

LOCK_MACHINE = "SELECT id FROM machines_machine WHERE id = %s FOR NO KEY UPDATE"
LOCK_ALONG = (
    "SELECT id FROM machines_machine WHERE id = %s OR pool_id = %s OR id IN "
    "(SELECT t.other_id FROM machines_machinetie t JOIN machines_machine m ON m.id = t.machine_id "
    "WHERE t.role = 'taken' AND (m.id = %s OR m.pool_id = %s)) ORDER BY id FOR NO KEY UPDATE"
)
LOCK_FREE = (
    "SELECT id FROM machines_machine WHERE id = %s AND NOT EXISTS (SELECT 1 FROM booking_reservation r "
    "WHERE r.machine_id = machines_machine.id AND r.blocked_from < %s AND r.blocked_until > %s "
    "AND r.state = ANY(%s)) FOR NO KEY UPDATE"
)
LOCK_MEMBER = (
    "SELECT id FROM members_user WHERE (id = %s OR household_id = %s) AND (SELECT count(*) FROM machine) > 0 "
    "ORDER BY id FOR NO KEY UPDATE"  # counted: EXISTS would stop, and lock, at the first machine
)
LOCK_LAB = "SELECT id FROM place_labsettings FOR NO KEY UPDATE"


def lock(machine: Machine, member: User | None = None) -> None:
    """Lock the parent rows, machines first and in the order of their keys: else the constraint deadlocks on PostgreSQL.

    Those of its kind and what is taken along are locked too, and the person, or the household where its time counts:
    requests for two machines at once must see each other's quota. Young people are counted one after the other, in the
    whole lab. SQLite has one writer.
    """
    machines, values = (
        (LOCK_MACHINE, [machine.pk]) if stands_alone(machine) else (LOCK_ALONG, [machine.pk, machine.pool_id] * 2)
    )
    _lock(machines, values, machine, member)


def lock_both(machine: Machine, left: Machine, member: User | None) -> None:
    """Do so for a booking that goes from one machine to another: two that change places must not wait in a circle."""
    if machine.pk != left.pk:
        _lock_lab(machine, member)
        lock_machines([machine.pk, left.pk])
    lock(machine, member)


def lock_if_free(machine: Machine, member: User, span: Span) -> bool:
    """Do so, unless the time is seen to be taken: who can only be refused does not wait for, nor hold up, others.

    Return whether all is locked.
    """
    if not stands_alone(machine):
        lock(machine, member)
        return True
    values = [machine.pk, span.end, span.start, list(LIVE)]
    return _lock(LOCK_FREE, values, machine, member)


def stands_alone(machine: Machine) -> bool:
    """Tell whether a machine has no other of its kind and nothing goes along with it."""
    return machine.pool_id is None and not machine.tied


def _lock(machines: str, values: list[Any], machine: Machine, member: User | None) -> bool:
    if not connection.features.has_select_for_update:
        return True
    with connection.cursor() as cursor:
        if member is None:
            cursor.execute(machines, values)
            return True
        _lock_lab(machine, member)
        household = member.household_id if machine.household_weekly_minutes else None
        cursor.execute(f"WITH machine AS MATERIALIZED ({machines}) {LOCK_MEMBER}", [*values, member.pk, household])
        return cursor.fetchone() is not None


def _lock_lab(machine: Machine, member: User | None) -> None:
    """Young people are counted one after the other; to be called before machines are locked."""
    if member is None or not machine.minors_per_adult or not connection.features.has_select_for_update:
        return
    if is_under(settings.MAJORITY_AGE, member.birth_date, today()):
        with connection.cursor() as cursor:
            cursor.execute(LOCK_LAB)


def lock_all(reservations: Collection[int]) -> None:
    """Lock the machines of some bookings, then their holders, always in this order: several are changed at once."""
    rows = Reservation.objects.filter(pk__in=reservations).order_by()
    lock_machines(rows.values_list("machine", flat=True))
    holders = rows.exclude(member=None).values("member")
    list(User.objects.select_for_update(no_key=True).filter(pk__in=holders).order_by("pk").values_list("pk"))


def locked_reservation(reservation: Reservation) -> Reservation:
    rows = Reservation.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("member", "machine").get(pk=reservation.pk)


def place(reservation: Reservation, span: Span) -> None:
    blocked = blocked_span(reservation.machine, span)
    reservation.starts_at, reservation.ends_at = span.start, span.end
    reservation.blocked_from, reservation.blocked_until = blocked.start, blocked.end


def save(reservation: Reservation, without: Collection[int] = ()) -> None:
    """Write, and say `overlap` when the database knows better than the rules did; the transaction is then lost.

    `without`: what would be taken along and is already taken by the same act.
    """
    with _last_word():
        reservation.save()
        spread(reservation, without)


def save_alone(reservations: Iterable[Reservation]) -> list[Reservation]:
    """Write several new ones of machines with which nothing goes along: one statement, the locks are held shortly."""
    with _last_word():
        return Reservation.rows.bulk_create(reservations)


@contextmanager
def _last_word() -> Iterator[None]:
    """Turn the constraint's refusal into ours."""
    try:
        yield
    except IntegrityError as error:
        if not is_overlap(error, NO_OVERLAP):
            raise
        raise just_taken() from error


def just_taken() -> Refused:
    return Refused([Problem("overlap", _("This time has just been taken."))])


def spread(reservation: Reservation, without: Collection[int] = ()) -> None:
    """Bring what is taken along in line with a reservation: its time, and whether it is taken at all.

    To be called wherever either changes. Raises IntegrityError when some of it is somebody else's.
    """
    if reservation.machine.tied:
        take_along(reservation, without)


def take_along(reservation: Reservation, without: Collection[int] = ()) -> None:
    """Do so also for a machine with which nothing goes along any more."""
    along = set(ties_of([reservation.machine_id]).values_list("other", flat=True)).difference(without)
    if reservation.state in LIVE:
        _take(reservation, along)
    else:
        free_parts([reservation.pk])


def free_parts(reservations: Collection[int]) -> None:
    """Give back what was taken along with reservations that are given back."""
    Reservation.rows.filter(part_of__in=reservations, state__in=LIVE).update(state=State.CANCELLED)


def _take(reservation: Reservation, along: set[int]) -> None:
    parts = Reservation.rows.filter(part_of=reservation)
    parts.exclude(machine__in=along).update(state=State.CANCELLED)
    parts.filter(machine__in=along).update(state=State.CONFIRMED, **_time_of(reservation))
    missing = along - set(parts.values_list("machine", flat=True))
    Reservation.rows.bulk_create(_part(reservation, machine) for machine in sorted(missing))


def _part(reservation: Reservation, machine: int) -> Reservation:
    return Reservation(
        part_of=reservation, machine_id=machine, kind=reservation.kind, channel=reservation.channel,
        created_at=reservation.created_at, **_time_of(reservation),
    )  # fmt: skip


def _time_of(reservation: Reservation) -> dict[str, datetime]:
    return {name: getattr(reservation, name) for name in ("starts_at", "ends_at", "blocked_from", "blocked_until")}


def ties_of(machines: Iterable[int]) -> QuerySet[MachineTie]:
    return MachineTie.objects.filter(machine__in=machines, role=MachineTie.Role.TAKEN)


def subject(reservation: Reservation) -> str:
    return f"reservation:{reservation.pk}"


def may_change(actor: User, reservation: Reservation) -> None:
    """Whoever may act for its holder, and whoever acts for the partner it was made for."""
    if not acts_for_partner(actor, reservation.agreement):
        may_act_for(actor, reservation.member)


def acts_for_partner(actor: User, agreement: Agreement | None) -> bool:
    return agreement is not None and agreement.partner.active and agreement.partner.contacts.contains(actor)


def lock_agreement(agreement: Agreement | None) -> Terms | None:
    """Lock an agreement, before machines and people, and say what it holds: two requests see each other's machines."""
    if agreement is None:
        return None
    Agreement.objects.select_for_update(no_key=True).get(pk=agreement.pk)
    return terms_of(agreement)


def may_act_for(actor: User, member: User | None) -> None:
    """For oneself, for a child one answers for, or for anybody as one of the team."""
    if member is not None and member.pk == actor.pk:
        return
    if actor.has_perm("booking.book_for_others") or (member is not None and is_guardian_of(actor, member)):
        return
    raise PermissionDenied(_("You can only book for yourself and for your children."))
