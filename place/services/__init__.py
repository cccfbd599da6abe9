"""The only writers of openings, closures, school holidays, duties, visits and counts."""

from place.services.calendar import begin_calendar, follow_calendar, remove_holiday, save_holiday, take_over
from place.services.duty import call_off, put_on_duty
from place.services.hours import (
    Scope,
    add_closure,
    cancel_opening,
    edit_series,
    end_series,
    extend_horizons,
    horizon,
    move_opening,
    plan_openings,
    relabel_series,
    remove_closure,
)
from place.services.lab import describe_lab
from place.services.visits import (
    arrive,
    close_forgotten_visits,
    count_walk_ins,
    forget_visits,
    leave,
    take_back_arrival,
)

__all__ = [
    "Scope",
    "add_closure",
    "arrive",
    "begin_calendar",
    "call_off",
    "cancel_opening",
    "close_forgotten_visits",
    "count_walk_ins",
    "describe_lab",
    "edit_series",
    "end_series",
    "extend_horizons",
    "follow_calendar",
    "forget_visits",
    "horizon",
    "leave",
    "move_opening",
    "plan_openings",
    "put_on_duty",
    "relabel_series",
    "remove_closure",
    "remove_holiday",
    "save_holiday",
    "take_back_arrival",
    "take_over",
]
