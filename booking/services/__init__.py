"""The only writers of reservations."""

from booking.services.agreements import save_agreement
from booking.services.arrivals import (
    arrive,
    arrive_at_desk,
    awaited_at,
    awaits_material,
    excuse,
    is_awaited,
    record_no_shows,
)
from booking.services.consents import settle_consent
from booking.services.machine_time import block_machines, check_in, close_finished, release
from booking.services.once import Answer, KeyReused, forget_keys, once
from booking.services.outages import settle_outage
from booking.services.preview import Choice, Fate, Foresight, Hit, Unforeseen, carry_out, foresee_change
from booking.services.reconciling import answer_anomaly, reconcile
from booking.services.releasing import can_be_finished, finish
from booking.services.reserving import Group, cancel, confirm, foresee, move, reserve
from booking.services.rows import acts_for_partner
from booking.services.series import Row, cancel_series, foresee_series, reserve_series
from booking.services.settling import settled
from booking.services.ties import settle_ties
from booking.services.waiting import offer_all_freed, stop_waiting, take_offer, wait

__all__ = [
    "Answer",
    "Choice",
    "Fate",
    "Foresight",
    "Group",
    "Hit",
    "KeyReused",
    "Row",
    "Unforeseen",
    "acts_for_partner",
    "answer_anomaly",
    "arrive",
    "arrive_at_desk",
    "awaited_at",
    "awaits_material",
    "block_machines",
    "can_be_finished",
    "cancel",
    "cancel_series",
    "carry_out",
    "check_in",
    "close_finished",
    "confirm",
    "excuse",
    "finish",
    "foresee",
    "foresee_change",
    "foresee_series",
    "forget_keys",
    "is_awaited",
    "move",
    "offer_all_freed",
    "once",
    "reconcile",
    "record_no_shows",
    "release",
    "reserve",
    "reserve_series",
    "save_agreement",
    "settle_consent",
    "settle_outage",
    "settle_ties",
    "settled",
    "stop_waiting",
    "take_offer",
    "wait",
]
