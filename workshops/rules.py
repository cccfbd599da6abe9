"""The rules of registering: pure, all asked, all problems returned together (order of contract.md §4)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.problems import NextStep, Problem
from place.clock import period_text


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Somebody asks for seats at a session, or at all the dates of a cycle, whose first one is meant here.

    `age` is the age on its day, None when unknown; a `group` comes with a grown-up whose age says nothing of theirs;
    `chosen_beside` names what the member has chosen already in the same part of a day, `day_to_join` the short name
    of the day it belongs to, while they are not registered for it.
    """

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
    kind: str = "single"
    group: bool = False
    chosen_beside: str = ""
    day_to_join: str = ""


DUO, DROP_IN = "duo", "drop_in"
Rule = Callable[[Enrolment], Problem | None]


def full(wish: Enrolment) -> Problem | None:
    """Refuse more seats than are left, unless nothing is left and waiting is an answer; fewer seats may still fit.

    Who takes a fixed number of seats waits for all of them.
    """
    waits = wish.accepts_waiting and wish.seats <= wish.places and (not wish.places_left or wish.kind == DUO)
    if wish.seats <= wish.places_left or waits:
        return None
    detail = {"places": wish.places, "places_left": wish.places_left}
    return Problem("full", _left_text(wish.places_left), detail, _other_dates())


def _left_text(left: int) -> str:
    if not left:
        return _("No place is left: choose another date.")
    return ngettext(
        "There is %(count)s place left: choose fewer seats or another date.",
        "There are %(count)s places left: choose fewer seats or another date.",
        left,
    ) % {"count": left}


def not_allowed(wish: Enrolment) -> Problem | None:
    if wish.kind != DUO or wish.seats == 2 or wish.group:
        return None
    return Problem("not_allowed", _("A duo is two people: a child and a grown-up, two places."), {"seats": 2})


def age_out_of_range(wish: Enrolment) -> Problem | None:
    if wish.group or fits_age(wish.age, wish.age_min, wish.age_max):
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
    if wish.registration is None and wish.chosen_beside:
        message = _("You have chosen “%(title)s” at that time: give it back first.") % {"title": wish.chosen_beside}
        return Problem("already_registered", message, {}, NextStep(_("See my workshops"), reverse("workshops:mine")))
    if wish.registration is None:
        return None
    step = NextStep(_("See my workshops"), reverse("workshops:mine"))
    return Problem("already_registered", _("You are already registered."), {"registration": wish.registration}, step)


def registration_closed(wish: Enrolment) -> Problem | None:
    period = period_text(wish.starts_at, wish.ends_at)
    if wish.kind == DROP_IN:
        return Problem("registration_closed", _("Nobody registers for this one: just come."), {})
    if wish.cancelled:
        return closed(_("This session is cancelled: %(period)s.") % {"period": period})
    if wish.starts_at <= wish.asked_at:
        return closed(_("This session has begun or is over: %(period)s.") % {"period": period})
    if wish.day_to_join:
        step = NextStep(_("Register for the day"), reverse("workshops:programme", args=[wish.day_to_join]))
        return Problem("registration_closed", _("It is part of a day: register for the day first."), {}, step)
    return None


RULES: tuple[Rule, ...] = (not_allowed, full, age_out_of_range, already_registered, registration_closed)


def problems(wish: Enrolment) -> list[Problem]:
    """Ask every rule; return all problems in the contract's order."""
    return [problem for rule in RULES if (problem := rule(wish)) is not None]


def day_problems(cancelled: bool, starts_at: datetime, places_left: int, now: datetime) -> list[Problem]:
    """Return what stops somebody from registering for a day with a programme."""
    found = []
    if not places_left:
        found.append(Problem("full", _left_text(0), {"places_left": 0}, _other_dates()))
    if cancelled or starts_at <= now:
        found.append(closed(_("This day is called off, or has begun.")))
    return found


def is_decided(starts_at: datetime, hours: int, now: datetime) -> bool:
    """Tell whether the hour has come to call off what too few people registered for."""
    return starts_at - timedelta(hours=hours) <= now


def too_few_places(taken: int) -> Problem:
    """Refuse fewer places than are taken."""
    message = ngettext(
        "%(count)s place is taken: you cannot have fewer.", "%(count)s places are taken: you cannot have fewer.", taken
    )
    return Problem("full", message % {"count": taken}, {"taken": taken})


def asks_more(session: int, asked: Iterable[str]) -> Problem:
    """Send to its page who registers elsewhere for a workshop that asks something of its own."""
    step = NextStep(_("Register on its page"), reverse("workshops:session", args=[session]))
    return Problem("not_allowed", " ".join(asked), {}, step)


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


def cycle_text(number: int, dates: int | None) -> str:
    """Say which date of a cycle one is."""
    return _("date %(number)s of %(dates)s, one registration for all") % {"number": number, "dates": dates}


def _other_dates() -> NextStep:
    return NextStep(_("See the other dates"), reverse("workshops:agenda"))
