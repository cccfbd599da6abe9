"""The rules of registering: pure, all asked, all problems returned together (order of contract.md §4)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.problems import NextStep, Problem
from place.clock import period_text


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Somebody asks for seats at a session; `age` is the age on its day, None when unknown."""

    starts_at: datetime
    ends_at: datetime
    cancelled: bool
    age_min: int | None
    age_max: int | None
    places: int
    places_left: int
    seats: int
    age: int | None
    asked_at: datetime
    registration: int | None = None
    accepts_waiting: bool = True


Rule = Callable[[Enrolment], Problem | None]


def full(wish: Enrolment) -> Problem | None:
    """Refuse more seats than the session has at all, or than are left when waiting is no answer."""
    most = wish.places if wish.accepts_waiting else wish.places_left
    if wish.seats <= most:
        return None
    message = ngettext(
        "There is %(count)s place left: choose fewer seats or another date.",
        "There are %(count)s places left: choose fewer seats or another date.",
        wish.places_left,
    ) % {"count": wish.places_left}
    return Problem("full", message, {"places": wish.places, "places_left": wish.places_left}, _other_dates())


def age_out_of_range(wish: Enrolment) -> Problem | None:
    if fits_age(wish.age, wish.age_min, wish.age_max):
        return None
    detail = {"age": wish.age, "age_min": wish.age_min, "age_max": wish.age_max}
    if wish.age is None:
        message = _("This workshop is %(ages)s, and we do not know your birth date yet: tell it to the desk.")
        return Problem("age_out_of_range", message % {"ages": ages_text(wish.age_min, wish.age_max)}, detail)
    message = _("This workshop is %(ages)s; that day you will be %(age)s.")
    words = {"ages": ages_text(wish.age_min, wish.age_max), "age": wish.age}
    step = NextStep(_("See the workshops for your age"), f"{reverse('workshops:agenda')}?age={wish.age}")
    return Problem("age_out_of_range", message % words, detail, step)


def already_registered(wish: Enrolment) -> Problem | None:
    if wish.registration is None:
        return None
    step = NextStep(_("See my workshops"), reverse("workshops:mine"))
    return Problem("already_registered", _("You are already registered."), {"registration": wish.registration}, step)


def registration_closed(wish: Enrolment) -> Problem | None:
    period = period_text(wish.starts_at, wish.ends_at)
    if wish.cancelled:
        return closed(_("This session is cancelled: %(period)s.") % {"period": period})
    if wish.starts_at <= wish.asked_at:
        return closed(_("This session has begun or is over: %(period)s.") % {"period": period})
    return None


RULES: tuple[Rule, ...] = (full, age_out_of_range, already_registered, registration_closed)


def problems(wish: Enrolment) -> list[Problem]:
    """Ask every rule; return all problems in the contract's order."""
    return [problem for rule in RULES if (problem := rule(wish)) is not None]


def closed(message: str) -> Problem:
    return Problem("registration_closed", message, {}, _other_dates())


def fits_age(age: int | None, age_min: int | None, age_max: int | None) -> bool:
    """Tell whether an age is in a range; an unknown age only fits where every age is welcome."""
    if age is None:
        return age_min is None and age_max is None
    return (age_min is None or age_min <= age) and (age_max is None or age <= age_max)


def ages_text(age_min: int | None, age_max: int | None) -> str:
    """Return the ages a workshop is for, in words."""
    if age_min is not None and age_max is not None:
        return _("for ages %(age_min)s to %(age_max)s") % {"age_min": age_min, "age_max": age_max}
    if age_min is not None:
        return _("from age %(age_min)s") % {"age_min": age_min}
    if age_max is not None:
        return _("up to age %(age_max)s") % {"age_max": age_max}
    return _("for all ages")


def _other_dates() -> NextStep:
    return NextStep(_("See the other dates"), reverse("workshops:agenda"))
