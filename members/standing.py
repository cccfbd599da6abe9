"""What holds for a person on a day: agreements, age, season. Pure; three ages, never one "minor" (domain.md §7).

Law behind the ages: art. 45 of the loi Informatique et Libertés (15: the child agrees to online processing together
with a parent before, alone from then on), Code civil art. 388 (18: majority), loi 2024-120 (a child's image: both
parents, the child heard). 16, to go home alone, is the lab's own rule.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from django.conf import settings

from members.models import Purpose

SEASON_BEGINS = 9  # September
SELF, GUARDIAN, GUARDIANS = "self", "guardian", "guardians"  # the last: every guardian there is
SIGNED = "signed"


def years_between(birth_date: date, day: date) -> int:
    """Return the age in whole years; somebody born on 29 February is a year older on 1 March."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def years_before(years: int, day: date) -> date:
    """Return the latest birth date of somebody who is that old on a day."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return date(day.year - years, 2, 28)


def is_under(age: int, birth_date: date | None, day: date) -> bool:
    """Tell whether somebody is younger than an age on a day; an unknown birth date counts as young."""
    return birth_date is None or years_between(birth_date, day) < age


def season_of(day: date) -> int:
    """Return the season a day belongs to: the year of its September."""
    return day.year if day.month >= SEASON_BEGINS else day.year - 1


def season_to_join(day: date) -> int:
    """Return the season that somebody who comes on a day joins: from June on, the one to come."""
    return day.year if day.month >= SEASON_BEGINS - 3 else day.year - 1


def season_span(season: int) -> tuple[date, date]:
    """Return the first and the last day of a season."""
    return date(season, SEASON_BEGINS, 1), date(season + 1, SEASON_BEGINS - 1, 31)


@dataclass(frozen=True, slots=True)
class Requirement:
    """Below an age these sign; from it on, those (nobody: no agreement is needed)."""

    below: Callable[[], int]
    young: tuple[str, ...]
    grown: tuple[str, ...] = ()
    seasonal: bool = True


def _consent_age() -> int:
    return settings.CONSENT_AGE


def _leaving_age() -> int:
    return settings.LEAVING_AGE


def _majority_age() -> int:
    return settings.MAJORITY_AGE


REQUIREMENTS = {
    Purpose.CHARTER: Requirement(_majority_age, (SELF,), (SELF,), seasonal=False),
    Purpose.ACCOUNT: Requirement(_consent_age, (SELF, GUARDIAN), seasonal=False),
    Purpose.MACHINES: Requirement(_majority_age, (GUARDIAN,)),
    Purpose.HOME_ALONE: Requirement(_leaving_age, (GUARDIAN,)),
    Purpose.PHOTO_LAB: Requirement(_majority_age, (SELF, GUARDIANS), (SELF,)),
    Purpose.PHOTO_WEB: Requirement(_majority_age, (SELF, GUARDIANS), (SELF,)),
    Purpose.PHOTO_PRESS: Requirement(_majority_age, (SELF, GUARDIANS), (SELF,)),
    Purpose.PUBLICATION: Requirement(_majority_age, (SELF, GUARDIAN), (SELF,), seasonal=False),
}
PHOTOS = (Purpose.PHOTO_LAB, Purpose.PHOTO_WEB, Purpose.PHOTO_PRESS)


def signatories(purpose: str, birth_date: date | None, day: date) -> tuple[str, ...]:
    """Return who must sign for a purpose on a day: SELF, GUARDIAN (one of them), GUARDIANS (each of them)."""
    requirement = REQUIREMENTS[Purpose(purpose)]
    return requirement.young if is_under(requirement.below(), birth_date, day) else requirement.grown


def expiry(purpose: str, signed_on: date) -> date | None:
    """Return the last day of an agreement signed on a day: the end of the season joined, or none."""
    return season_span(season_to_join(signed_on))[1] if REQUIREMENTS[Purpose(purpose)].seasonal else None


class Entry(Protocol):
    """A line of the ledger, as the fold reads it."""

    @property
    def act(self) -> str: ...
    @property
    def signatory(self) -> str: ...
    @property
    def guardian_id(self) -> int | None: ...
    @property
    def signed_on(self) -> date: ...
    @property
    def expires_on(self) -> date | None: ...


class Holds(StrEnum):
    """How an agreement stands on a day."""

    NOT_NEEDED = "not_needed"
    IN_FORCE = "in_force"
    UNASKED = "unasked"
    INCOMPLETE = "incomplete"
    EXPIRED = "expired"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Standing:
    """The fold of the ledger for one person, purpose and day; `missing` says who has still to sign."""

    holds: Holds
    missing: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None

    @property
    def allows(self) -> bool:
        return self.holds in {Holds.IN_FORCE, Holds.NOT_NEEDED}


def standing(
    purpose: str, entries: Iterable[Entry], birth_date: date | None, day: date, guardians: Collection[int] = ()
) -> Standing:
    """Fold the lines of one purpose, in order, into what holds on a day.

    A refusal or a withdrawal, by whomever, voids all that was signed before: everybody needed signs again. Lines dated
    after `day` do not count. `guardians` are the ids of those the child has now: where each of them must sign, one who
    is gone is no longer asked.
    """
    needed = signatories(purpose, birth_date, day)
    if not needed:
        return Standing(Holds.NOT_NEEDED)
    told = sorted((entry for entry in entries if entry.signed_on <= day), key=lambda entry: entry.signed_on)
    if not told:
        return Standing(Holds.UNASKED, needed)
    live, last_no = _after_last_no(told)
    valid = [entry for entry in live if entry.expires_on is None or day <= entry.expires_on]
    missing = tuple(one for one in needed if not _has_signed(one, valid, guardians))
    if not missing:
        return Standing(Holds.IN_FORCE, since=max(entry.signed_on for entry in valid), until=_until(needed, valid))
    return Standing(_why_not(live, valid, last_no), missing, last_no.signed_on if last_no else None)


def _after_last_no(told: list[Entry]) -> tuple[list[Entry], Entry | None]:
    """Split at the last refusal or withdrawal: what was signed after it counts."""
    cut = next((index for index in range(len(told) - 1, -1, -1) if told[index].act != SIGNED), None)
    return (told, None) if cut is None else (told[cut + 1 :], told[cut])


def _has_signed(needed: str, valid: list[Entry], guardians: Collection[int]) -> bool:
    by_guardians = [entry for entry in valid if entry.signatory == GUARDIAN]
    if needed == SELF:
        return any(entry.signatory == SELF for entry in valid)
    if needed == GUARDIANS and guardians:
        return set(guardians) <= {entry.guardian_id for entry in by_guardians}
    return bool(by_guardians)


def _until(needed: tuple[str, ...], valid: list[Entry]) -> date | None:
    """Return the first day on which somebody's last signature ends; None when none ever does."""
    ends: dict[tuple[str, int | None], date] = {}
    for entry in valid:
        who = (entry.signatory, entry.guardian_id if GUARDIANS in needed else None)
        ends[who] = max(ends.get(who, date.min), entry.expires_on or date.max)
    first = min(ends.values())
    return None if first == date.max else first


def _why_not(live: list[Entry], valid: list[Entry], last_no: Entry | None) -> Holds:
    if valid:
        return Holds.INCOMPLETE
    if live:
        return Holds.EXPIRED
    return Holds(last_no.act) if last_no else Holds.UNASKED


def must_be_fetched(birth_date: date | None, day: date, home_alone: Standing) -> bool:
    """Tell whether somebody may not walk out alone that day."""
    return is_under(settings.LEAVING_AGE, birth_date, day) and not home_alone.allows
