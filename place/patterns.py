"""Ways of repeating, in words people choose from; pure values, checked when they are made."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

MAX_COUNT = 500
LONGEST_REPEATED = timedelta(days=7)


class Frequency(models.TextChoices):
    """How often a pattern comes back."""

    NONE = "none", _("just once")
    WEEKLY = "weekly", _("every week")
    FORTNIGHTLY = "fortnightly", _("every two weeks")
    MONTHLY = "monthly", _("every month")


class Weekday(models.TextChoices):
    """Days by name: django-scheduler narrows numbers to the first day without a word."""

    MO = "MO", _("Monday")
    TU = "TU", _("Tuesday")
    WE = "WE", _("Wednesday")
    TH = "TH", _("Thursday")
    FR = "FR", _("Friday")
    SA = "SA", _("Saturday")
    SU = "SU", _("Sunday")


class Nth(models.IntegerChoices):
    """Which one of the month."""

    FIRST = 1, _("the first one")
    SECOND = 2, _("the second one")
    THIRD = 3, _("the third one")
    FOURTH = 4, _("the fourth one")
    LAST = -1, _("the last one")


class InvalidRule(ValueError):
    """A pattern that could not be laid out as it reads; the message is for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSpec:
    """A pattern: `until` is the last local day, included; no weekday means the weekday of the first date.

    Raises InvalidRule when its parts do not go together.
    """

    frequency: Frequency = Frequency.NONE
    weekdays: tuple[Weekday, ...] = ()
    nth: Nth | None = None
    count: int | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "frequency", Frequency(self.frequency))
            object.__setattr__(self, "weekdays", tuple(sorted({Weekday(day) for day in self.weekdays}, key=_rank)))
            object.__setattr__(self, "nth", None if self.nth is None else Nth(self.nth))
        except ValueError as error:
            raise InvalidRule(gettext("This way of repeating is not known.")) from error
        self._check_parts()

    def _check_parts(self) -> None:
        if not self.repeats and (self.weekdays or self.nth or self.count is not None or self.until):
            raise InvalidRule(gettext("Something that happens just once has no days and no end."))
        if (self.frequency == Frequency.MONTHLY) != (self.nth is not None):
            raise InvalidRule(gettext("Say which one of the month, and only for what comes back every month."))
        if self.frequency == Frequency.MONTHLY and len(self.weekdays) > 1:
            raise InvalidRule(gettext("Choose one day for what comes back every month."))
        if self.count is not None and self.until is not None:
            raise InvalidRule(gettext("Choose either a number of dates or a last day."))
        if self.count is not None and not 1 <= self.count <= MAX_COUNT:
            raise InvalidRule(gettext("Choose between 1 and %(most)d dates.") % {"most": MAX_COUNT})

    def check_first(self, day: date, length: timedelta) -> None:
        """Raise InvalidRule unless a first date on that local day, of that length, is on the pattern."""
        if not self.repeats:
            return
        if length > LONGEST_REPEATED:
            raise InvalidRule(gettext("What repeats lasts seven days at most."))
        if self.weekdays and _weekday(day) not in self.weekdays:
            raise InvalidRule(gettext("The first date is not one of the chosen days."))
        if self.nth and day.day not in _days_of_nth(day, self.nth):
            raise InvalidRule(gettext("The first date is not the chosen one of its month."))
        if self.until and self.until < day:
            raise InvalidRule(gettext("The last day comes before the first date."))

    @property
    def repeats(self) -> bool:
        return self.frequency != Frequency.NONE


def _rank(day: Weekday) -> int:
    return Weekday.values.index(day)


def _weekday(day: date) -> Weekday:
    return Weekday(Weekday.values[day.weekday()])


def _days_of_nth(day: date, nth: Nth) -> range:
    """Return the days of the month among which the nth weekday falls."""
    if nth == Nth.LAST:
        length = ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
        return range(length - 6, length + 1)
    return range(nth * 7 - 6, nth * 7 + 1)


ONCE = RuleSpec()
