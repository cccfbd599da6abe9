"""What figures say of an age: pure."""

from place.models import AgeBand

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
