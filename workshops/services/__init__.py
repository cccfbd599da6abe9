"""The one writer of workshops, sessions and registrations."""

from workshops.services.planning import (
    cancel_session,
    change_places,
    materialise_series,
    move_session,
    name_mentors,
    save_workshop,
    schedule_series,
    schedule_session,
)
from workshops.services.registrations import cancel_registration, problems_for, register

__all__ = [
    "cancel_registration",
    "cancel_session",
    "change_places",
    "materialise_series",
    "move_session",
    "name_mentors",
    "problems_for",
    "register",
    "save_workshop",
    "schedule_series",
    "schedule_session",
]
