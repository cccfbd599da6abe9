"""What figures say of an age, and what the school year says of a day: pure."""

from collections.abc import Iterable
from datetime import date

from place.models import AgeBand, During, SchoolHoliday

_UPPER = (
    (11, AgeBand.UNDER_12),
    (14, AgeBand.FROM_12),
    (17, AgeBand.FROM_15),
    (24, AgeBand.FROM_18),
    (39, AgeBand.FROM_25),
    (59, AgeBand.FROM_40),
    (69, AgeBand.FROM_60),
)


def age_band(age: int | None) -> AgeBand:
    """Return the band of an age in whole years; an unknown age stays unknown (domain.md §6.3)."""
    if age is None:
        return AgeBand.UNKNOWN
    return next((band for oldest, band in _UPPER if age <= oldest), AgeBand.FROM_70)


def takes_place(during: str, day: date, holidays: Iterable[SchoolHoliday]) -> bool:
    """Tell whether an opening of that part of the school year takes place on a local day.

    A day that no known holiday holds is a school day: without a calendar, what is for term time always takes place.
    """
    if during == During.ALWAYS:
        return True
    met = [one for one in holidays if one.first_day <= day <= one.last_day]
    if during == During.SUMMER:
        return any(one.summer for one in met)
    return bool(met) == (during == During.HOLIDAYS)
