"""The only writers of openings, closures, duties, visits and counts."""

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
from place.services.visits import arrive, close_forgotten_visits, count_walk_ins, forget_visits, leave

__all__ = [
    "Scope",
    "add_closure",
    "arrive",
    "call_off",
    "cancel_opening",
    "close_forgotten_visits",
    "count_walk_ins",
    "describe_lab",
    "edit_series",
    "end_series",
    "extend_horizons",
    "forget_visits",
    "horizon",
    "leave",
    "move_opening",
    "plan_openings",
    "put_on_duty",
    "relabel_series",
    "remove_closure",
]
