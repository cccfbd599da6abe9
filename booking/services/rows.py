"""What every writer of reservations shares: the locks, the buffers, and the constraint's last word."""

from collections.abc import Collection

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection
from django.utils.translation import gettext as _

from booking.constraints import is_overlap
from booking.facts import blocked_span
from booking.models import NO_OVERLAP, Reservation
from booking.problems import Problem, Refused
from machines.models import Machine
from members.models import User
from members.queries import is_guardian_of
from place.clock import Span

LOCK_MACHINE = "SELECT id FROM machines_machine WHERE id = %s FOR NO KEY UPDATE"
LOCK_MACHINE_AND_MEMBER = f"""
WITH machine AS MATERIALIZED ({LOCK_MACHINE})
SELECT id FROM members_user WHERE id = %s AND EXISTS (SELECT 1 FROM machine) FOR NO KEY UPDATE
"""  # noqa: S608 -- put together from constants


def lock(machine: Machine, member: User | None = None) -> None:
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


def lock_all(reservations: Collection[int]) -> None:
    """Lock the machines of some bookings, then their holders, always in this order: several are changed at once."""
    rows = Reservation.objects.filter(pk__in=reservations).order_by()
    for model, name in ((Machine, "machine"), (User, "member")):
        ids = rows.exclude(**{name: None}).values(name)
        list(model.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))


def locked_reservation(reservation: Reservation) -> Reservation:
    rows = Reservation.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("member", "machine").get(pk=reservation.pk)


def place(reservation: Reservation, span: Span) -> None:
    blocked = blocked_span(reservation.machine, span)
    reservation.starts_at, reservation.ends_at = span.start, span.end
    reservation.blocked_from, reservation.blocked_until = blocked.start, blocked.end


def save(reservation: Reservation) -> None:
    """Write, and say `overlap` when the database knows better than the rules did; the transaction is then lost."""
    try:
        reservation.save()
    except IntegrityError as error:
        if not is_overlap(error, NO_OVERLAP):
            raise
        raise Refused([Problem("overlap", _("This time has just been taken."))]) from error


def subject(reservation: Reservation) -> str:
    return f"reservation:{reservation.pk}"


def may_act_for(actor: User, member: User | None) -> None:
    """For oneself, for a child one answers for, or for anybody as one of the team."""
    if member is not None and member.pk == actor.pk:
        return
    if actor.has_perm("booking.book_for_others") or (member is not None and is_guardian_of(actor, member)):
        return
    raise PermissionDenied(_("You can only book for yourself and for your children."))
