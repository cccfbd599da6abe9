"""What a change of the park does to bookings: what now goes along with a machine is taken along from now on."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.constraints import is_overlap
from booking.models import LIVE, NO_OVERLAP, Kind, Reservation
from booking.services.rows import take_along
from machines.services.park import lock_machines
from place.clock import period_text


def settle_ties(machines: Sequence[int]) -> None:
    """Handler of TIES_HANDLERS: bring coming reservations in line, in the transaction that changes the park.

    Raises ValidationError, naming the first reservation for which there is no room: it is for people to move it.
    """
    lock_machines(machines)
    rows = Reservation.objects.filter(machine__in=machines, state__in=LIVE, ends_at__gt=timezone.now())
    for reservation in rows.select_related("machine").order_by("starts_at", "pk"):
        _bring_in_line(reservation)


def _bring_in_line(reservation: Reservation) -> None:
    try:
        with transaction.atomic():
            take_along(reservation, _taken_by_the_same_act(reservation))
    except IntegrityError as error:
        if not is_overlap(error, NO_OVERLAP):
            raise
        raise ValidationError(
            _("%(machine)s and what it would share are both taken %(period)s: move one of the bookings first.")
            % {
                "machine": reservation.machine,
                "period": period_text(reservation.starts_at, reservation.ends_at),
            }
        ) from error


def _taken_by_the_same_act(reservation: Reservation) -> set[int]:
    """A workshop takes several machines at once; what they share is taken once."""
    if reservation.kind == Kind.MEMBER:
        return set()
    rows = Reservation.rows.filter(
        kind=reservation.kind, starts_at=reservation.starts_at, ends_at=reservation.ends_at, state__in=LIVE
    )
    return set(rows.exclude(pk=reservation.pk).exclude(part_of=reservation).values_list("machine", flat=True))
