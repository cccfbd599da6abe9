"""A day with a programme as it stands for one person: what they chose, what they may choose, and what is said of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from booking.problems import Problem
from members.models import User
from place.clock import local
from workshops import queries
from workshops.models import Programme, ProgrammeBand, ProgrammeEntry, Registration, WorkshopSession
from workshops.rules import fits_age


@dataclass(frozen=True, slots=True)
class Choice:
    """A workshop of a part; `own` is what the person has there already."""

    session: WorkshopSession
    own: Registration | None
    fits: bool
    ticked: bool

    @property
    def may_take(self) -> bool:
        return self.fits or self.own is not None


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the day; without choices it is for everybody."""

    band: ProgrammeBand
    choices: tuple[Choice, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def name(self) -> str:
        return f"part_{self.band.pk}"

    @property
    def none_ticked(self) -> bool:
        return not any(one.ticked for one in self.choices)


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole day; `problems` are those that belong to no part."""

    day: Programme
    member: User | None
    entry: ProgrammeEntry | None
    bands: tuple[ProgrammeBand, ...]
    parts: tuple[Part, ...]
    is_open: bool
    problems: tuple[Problem, ...] = field(default=())

    @property
    def is_refused(self) -> bool:
        return bool(self.problems) or any(part.problems for part in self.parts)

    @property
    def may_join(self) -> bool:
        return self.is_open and (self.entry is not None or self.day.places_left > 0)

    def refused(self, problems: Iterable[Problem], asked: Iterable[int]) -> "Plan":
        """Return the same page with what was asked for still ticked, and each problem beside its part."""
        found, ticked = tuple(problems), set(asked)
        parts = tuple(_with_problems(part, found, ticked) for part in self.parts)
        known = {part.band.pk for part in self.parts}
        rest = tuple(one for one in found if one.detail.get("part") not in known)
        return replace(self, parts=parts, problems=rest)


def _with_problems(part: Part, found: tuple[Problem, ...], ticked: set[int]) -> Part:
    choices = tuple(replace(one, ticked=one.session.pk in ticked) for one in part.choices)
    return replace(part, choices=choices, problems=tuple(p for p in found if p.detail.get("part") == part.band.pk))


def plan_of(day: Programme, member: User | None, now: datetime) -> Plan:
    """Return a day as it stands for a member, or for a visitor: four queries, two for a visitor."""
    entry = queries.entry_of(day, member) if member else None
    held = {row.session_id: row for row in queries.chosen_in(day, member).values()} if member else {}
    bands = tuple(queries.parts_of(day))
    age = member.age_on(local(day.starts_at).date()) if member else None
    parts = tuple(Part(band, _choices(band, held, member, age)) for band in bands)
    return Plan(day, member, entry, bands, parts, not day.cancelled and day.starts_at > now)


def _choices(
    band: ProgrammeBand, held: dict[int, Registration], member: User | None, age: int | None
) -> tuple[Choice, ...]:
    rows: list[WorkshopSession] = band.choices  # type: ignore[attr-defined]
    return tuple(_choice(row, held.get(row.pk), member, age) for row in rows)


def _choice(session: WorkshopSession, own: Registration | None, member: User | None, age: int | None) -> Choice:
    fits = member is None or fits_age(age, session.workshop.age_min, session.workshop.age_max)
    return Choice(session, own, fits, own is not None)
