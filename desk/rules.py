"""How somebody may leave the lab: pure, every reason at once."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.utils.translation import gettext as _

from booking.problems import Problem
from members.standing import Standing, is_under
from place.models import Visit

Leaving = Visit.Leaving


@dataclass(frozen=True, slots=True)
class Departure:
    """Somebody is about to leave; `with_whom` is one of the people who may fetch, or who agreed by telephone."""

    leaving: str
    birth_date: date | None
    day: date
    home_alone: Standing
    with_whom: str = ""


def problems(departure: Departure) -> list[Problem]:
    """Return what stands against a way of leaving."""
    found = []
    young = is_under(settings.LEAVING_AGE, departure.birth_date, departure.day)
    if departure.leaving == Leaving.FREELY and young:
        message = _("Before %(age)s, say with whom, or that the agreement to go home alone is used.")
        found.append(Problem("not_allowed", message % {"age": settings.LEAVING_AGE}))
    if departure.leaving == Leaving.HOME_ALONE and not departure.home_alone.allows:
        found.append(Problem("consent_missing", _("No parent agreed that this person goes home alone.")))
    if departure.leaving in {Leaving.GUARDIAN, Leaving.FETCHED, Leaving.AGREED} and not departure.with_whom.strip():
        found.append(Problem("not_allowed", _("Say with whom.")))
    return found
