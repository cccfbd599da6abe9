"""What a habilitation asks for, and how long it lasts: pure, no database."""

from datetime import date


def months_after(months: int, day: date) -> date:
    """Return the day that many calendar months later; the last day of a shorter month stands for the 29th to 31st."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError(day)


def months_before(months: int, day: date) -> date:
    return months_after(-months, day)
