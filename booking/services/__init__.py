"""The only writers of reservations."""

from booking.services.consents import settle_consent
from booking.services.machine_time import block_machines, check_in, close_finished, release
from booking.services.outages import settle_outage
from booking.services.reserving import cancel, confirm, foresee, move, reserve
from booking.services.settling import settled

__all__ = [
    "block_machines",
    "cancel",
    "check_in",
    "close_finished",
    "confirm",
    "foresee",
    "move",
    "release",
    "reserve",
    "settle_consent",
    "settle_outage",
    "settled",
]
