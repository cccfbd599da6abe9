"""The only writers of reservations."""

from booking.services.arrivals import arrive, arrive_at_desk, excuse, is_awaited, record_no_shows
from booking.services.consents import settle_consent
from booking.services.machine_time import block_machines, check_in, close_finished, release
from booking.services.once import Answer, KeyReused, forget_keys, once
from booking.services.outages import settle_outage
from booking.services.preview import Choice, Fate, Foresight, Hit, Unforeseen, carry_out, foresee_change
from booking.services.reserving import cancel, confirm, foresee, move, reserve
from booking.services.settling import settled
from booking.services.waiting import offer_all_freed, stop_waiting, take_offer, wait

__all__ = [
    "Answer",
    "Choice",
    "Fate",
    "Foresight",
    "Hit",
    "KeyReused",
    "Unforeseen",
    "arrive",
    "arrive_at_desk",
    "block_machines",
    "cancel",
    "carry_out",
    "check_in",
    "close_finished",
    "confirm",
    "excuse",
    "foresee",
    "foresee_change",
    "forget_keys",
    "is_awaited",
    "move",
    "offer_all_freed",
    "once",
    "record_no_shows",
    "release",
    "reserve",
    "settle_consent",
    "settle_outage",
    "settled",
    "stop_waiting",
    "take_offer",
    "wait",
]
