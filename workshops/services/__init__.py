"""The one writer of workshops, their dates, places and attendance."""

from workshops.services.days import cancel_programme, leave_day, register_day, save_programme
from workshops.services.feedback import answer_at_kiosk, give_feedback, key_in_feedback
from workshops.services.ideas import decide, propose, settle_interest, take_up
from workshops.services.offers import ask, name_facilitator, name_mentors, price, save_workshop, write_note
from workshops.services.planning import (
    cancel_session,
    change_places,
    materialise_series,
    move_session,
    schedule_series,
    schedule_session,
)
from workshops.services.registrations import (
    ALONE,
    Party,
    cancel_registration,
    is_late,
    note_payment,
    problems_for,
    register,
)
from workshops.services.roll import NOW, Conflict, Tap, confirm_hours, count_walk_ins, mark, note_departure, unmark
from workshops.services.seats import missing_agreements
from workshops.services.series import cancel_sessions, move_sessions
from workshops.services.undersubscribed import cancel_undersubscribed
from workshops.services.waiting import (
    ANSWERS_KEPT,
    accept_place,
    expire_holds,
    forget_answers,
    remind,
    settle_consent,
    settle_pending,
)

__all__ = [
    "ALONE",
    "ANSWERS_KEPT",
    "NOW",
    "Conflict",
    "Party",
    "Tap",
    "accept_place",
    "answer_at_kiosk",
    "ask",
    "cancel_programme",
    "cancel_registration",
    "cancel_session",
    "cancel_sessions",
    "cancel_undersubscribed",
    "change_places",
    "confirm_hours",
    "count_walk_ins",
    "decide",
    "expire_holds",
    "forget_answers",
    "give_feedback",
    "is_late",
    "key_in_feedback",
    "leave_day",
    "mark",
    "materialise_series",
    "missing_agreements",
    "move_session",
    "move_sessions",
    "name_facilitator",
    "name_mentors",
    "note_departure",
    "note_payment",
    "price",
    "problems_for",
    "propose",
    "register",
    "register_day",
    "remind",
    "save_programme",
    "save_workshop",
    "schedule_series",
    "schedule_session",
    "settle_consent",
    "settle_interest",
    "settle_pending",
    "take_up",
    "unmark",
    "write_note",
]
