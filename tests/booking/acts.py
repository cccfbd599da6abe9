"""Short ways to book in the tests of the services."""

import pytest

from booking.models import Reservation
from booking.problems import Refused
from booking.services import reserve
from tests.factories.booking import wall


def take(machine, member, start: float = 14, end: float = 15, **more) -> Reservation:
    return reserve(
        actor=more.pop("actor", member),
        machine=machine,
        member=member,
        starts_at=wall(start),
        ends_at=wall(end),
        **more,
    )


def refused(action, *args, **kwargs) -> Refused:
    with pytest.raises(Refused) as caught:
        action(*args, **kwargs)
    return caught.value


def snapshot(reservation: Reservation) -> dict:
    return Reservation.objects.filter(pk=reservation.pk).values().get()
