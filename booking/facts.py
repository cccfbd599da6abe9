"""What the rules of booking look at: plain frozen values, loaded by queries, judged by rules."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from machines.models import Machine
from members.standing import years_between
from place.clock import Span, merged, without


@dataclass(frozen=True, slots=True)
class Opening:
    span: Span
    kind: str


@dataclass(frozen=True, slots=True)
class Halt:
    """A closure or an outage; an open end is a far date."""

    span: Span
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A live reservation of the machine, buffers included; a floating one named no machine of its kind."""

    reservation_id: int
    span: Span
    kind: str = "member"
    floating: bool = False


@dataclass(frozen=True, slots=True)
class Booked:
    """A live reservation of the person, on any machine."""

    reservation_id: int
    machine_name: str
    category_id: int
    span: Span


@dataclass(frozen=True, slots=True)
class HeldQualification:
    """The person's habilitation on the machine's category."""

    level: int
    expires_on: date | None
    withdrawn: bool

    def holds(self, level: int, day: date) -> bool:
        return self.level >= level and not self.withdrawn and not self.expired(day)

    def expired(self, day: date) -> bool:
        return self.expires_on is not None and self.expires_on < day


@dataclass(frozen=True, slots=True)
class Duty:
    """Somebody grown-up of the team answers for the lab; `levels` are those they hold, by category."""

    span: Span
    levels: tuple[tuple[int, HeldQualification], ...] = ()

    def holds(self, category_id: int, level: int, day: date) -> bool:
        return level == 0 or any(held.holds(level, day) for category, held in self.levels if category == category_id)


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A line of the ledger of agreements, as `members.standing.standing` folds it."""

    act: str
    signatory: str
    guardian_id: int | None
    signed_on: date
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Season:
    """A membership, from its first day to its last, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Trial:
    """A day somebody came, or comes, before being a member; `reservation_id` 0 for a visit."""

    reservation_id: int
    day: date


@dataclass(frozen=True, slots=True)
class Person:
    member_id: int
    birth_date: date | None
    qualification: HeldQualification | None = None
    booked: tuple[Booked, ...] = ()
    household: tuple[Booked, ...] = ()  # what the others of the household hold
    seasons: tuple[Season, ...] = ()
    trials: tuple[Trial, ...] = ()
    papers: tuple[PaperLine, ...] = ()
    waived_days: frozenset[date] = frozenset()
    no_shows: tuple[datetime, ...] = ()  # when absences began, without those that are excused

    def age_on(self, day: date) -> int | None:
        return None if self.birth_date is None else years_between(self.birth_date, day)

    def is_member_on(self, day: date) -> bool:
        return any(season.first <= day <= season.last for season in self.seasons)


@dataclass(frozen=True, slots=True)
class Material:
    """What the machine's list says of a material: `yes`, `ask` or `no`."""

    name: str
    allowed: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the rules look at, for one machine and (perhaps) one person."""

    machine: Machine
    openings: tuple[Opening, ...]
    closures: tuple[Halt, ...]
    outages: tuple[Halt, ...]
    taken: tuple[Taken, ...]
    person: Person | None
    duties: tuple[Duty, ...] = ()
    materials: tuple[Material, ...] = ()
    minors: tuple[Booked, ...] = ()  # what others under 18 have booked, on any machine; known for who is under 18

    def accepted_openings(self) -> list[Span]:
        """Return when the machine may be booked: its kinds of openings, joined, closures cut out, the end kept free."""
        spans = self.open_spans(accepted_kinds(self.machine))
        kept = timedelta(minutes=self.machine.end_before_closing_minutes)
        return [Span(span.start, span.end - kept) for span in spans if span.end - kept > span.start] if kept else spans

    def open_spans(self, kinds: Collection[str]) -> list[Span]:
        """Return when the lab is open for these kinds of use, joined, closures cut out."""
        spans = merged([opening.span for opening in self.openings if opening.kind in kinds])
        return without(spans, [closure.span for closure in self.closures])


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed with a partner; `held` is what the group has already, `slots` are weekday, from, to."""

    title: str
    first_day: date
    last_day: date
    slots: tuple[tuple[int, time, time], ...]
    machines: frozenset[int]  # none: all
    most_machines: int
    most_people: int
    weekly_minutes: int = 0
    held: tuple[Booked, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for; `ignore` is the reservation being moved.

    `declared` says that the form is filled in: who must name a material and has not is told so only then.
    """

    span: Span
    accompanied: bool = False
    ignore: int | None = None
    material: str = ""
    declared: bool = False
    people: int = 1
    terms: Terms | None = None


def accepted_kinds(machine: Machine) -> set[str]:
    flags = {
        "open_lab": machine.accepts_open_lab,
        "workshop": machine.accepts_workshop,
        "partner": machine.accepts_partner,
    }
    return {kind for kind, accepted in flags.items() if accepted}


def kept_clear(machine: Machine, taken: Span) -> Span:
    """Return what a booking must keep out of, so that its own buffers do not meet a taken time."""
    return Span(
        taken.start - timedelta(minutes=machine.buffer_after_minutes),
        taken.end + timedelta(minutes=machine.buffer_before_minutes),
    )


def blocked_span(machine: Machine, span: Span) -> Span:
    """Return the span with the machine's buffers around it."""
    return Span(
        span.start - timedelta(minutes=machine.buffer_before_minutes),
        span.end + timedelta(minutes=machine.buffer_after_minutes),
    )
