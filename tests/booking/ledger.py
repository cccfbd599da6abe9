"""Uses and bookings of one afternoon, for the tests of planned against real."""

from typing import Any

from booking.ledger_models import Anomaly
from booking.models import Reservation, State
from machines.models import Machine, Outcome, UsageSession
from machines.services.usage import close_usage, open_usage
from tests.factories.booking import ReservationFactory, wall


def runs(machine: Machine, start: float, key: str = "") -> UsageSession:
    """Let a machine begin a job at a local hour."""
    return open_usage(machine, source="test", natural_key=key or f"{machine.pk}@{start}", started_at=wall(start))


def ran(machine: Machine, start: float, end: float, outcome: str = Outcome.COMPLETED, **end_of: Any) -> UsageSession:
    """Let a machine do a job between two local hours."""
    return close_usage(runs(machine, start), ended_at=wall(end), outcome=outcome, **end_of)


def booked(start: float = 14, end: float = 15, state: str = State.DONE, **fields: Any) -> Reservation:
    """Return a booking between two local hours, used and over unless told."""
    return ReservationFactory(starts_at=wall(start), ends_at=wall(end), state=state, **fields)


def open_kinds() -> list[str]:
    return sorted(Anomaly.objects.filter(state="open").values_list("kind", flat=True))
