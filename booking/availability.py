"""What may still be booked: the slots of a day and the nearest alternatives, judged by the rules of the service."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Self

from booking import rules
from booking.facts import Facts, Wish, kept_clear
from booking.pooling import empty, find_place
from booking.problems import Alternative, Problem
from booking.queries import free_spans, its_like, load_facts, of_kind
from machines.models import Machine
from members.models import User
from place.clock import Span, day_span, days_from, local, merged, without

SEARCH_DAYS = 14
HALF_DAY = timedelta(hours=12)
INSTANT = timedelta(microseconds=1)
LOOKED_AT = 300  # starts judged for alternatives: enough for a busy week, little for a server
Start = tuple[timedelta, bool, datetime, int]  # how far, on another machine, when, which


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of the day and why it cannot be taken (nothing: it can)."""

    span: Span
    problems: tuple[Problem, ...]

    @property
    def available(self) -> bool:
        return not self.problems


@dataclass(frozen=True, slots=True)
class Plan:
    """A strip of days of one machine as one person sees it; all facts are loaded at once (one query)."""

    facts: Facts
    first_day: date
    count: int
    now: datetime
    accompanied: bool = False
    ignore: int | None = None

    @classmethod
    def load(
        cls,
        machine: Machine,
        first_day: date,
        count: int,
        now: datetime,
        member: User | None,
        accompanied: bool = False,
        ignore: int | None = None,
    ) -> Self:
        known = cls._read(machine, _window(first_day, count), now, member, ignore)
        return cls(first_day=first_day, count=count, now=now, accompanied=accompanied, ignore=ignore, **known)

    @classmethod
    def _read(
        cls, machine: Machine, window: Span, now: datetime, member: User | None, ignore: int | None
    ) -> dict[str, Any]:
        facts = load_facts([machine], window, now, member)[machine.pk]
        kept = tuple(taken for taken in facts.taken if taken.reservation_id != ignore)  # not in its own way
        return {"facts": replace(facts, taken=kept)}

    @property
    def last_day(self) -> date:
        return self.first_day + timedelta(days=self.count - 1)

    def slots(self, day: date) -> list[Slot]:
        """Return free tiles and taken stretches of a day, in order, each with its problems."""
        window = day_span(day)
        free = [(span, self._problems(span)) for span in _tiles(self.facts, window, self.now)]
        busy = [(span, self._why_busy(span)) for span in _busy_stretches(self.facts, window, self.now)]
        extra = () if self.facts.person else (rules.not_allowed_anonymous(),)
        return [Slot(span, (*found, *extra)) for span, found in sorted([*free, *busy], key=lambda one: one[0])]

    def free_days(self) -> dict[date, bool]:
        """Tell for each day whether this person may take something then."""
        return {day: self._has_free(day) for day in days_from(self.first_day, self.count)}

    def first_free_day(self) -> date:
        """Return the first day with something to take, else the first open one (it says why), else the first day."""
        free = next((day for day, free in self.free_days().items() if free), None)
        opened = (day for day in days_from(self.first_day, self.count) if self.slots(day))
        return free or next(opened, self.first_day)

    def opens_with_team(self, found: Sequence[Problem], day: date) -> bool:
        """Tell whether coming with somebody from the team takes away what stands in the person's way that day."""
        if self.accompanied or not {problem.code for problem in found} & rules.PERSONAL:
            return False
        return replace(self, accompanied=True)._has_free(day)

    def lengths(self, start: datetime) -> list[Span]:
        """Return the bookings that may start at a moment, from the shortest to the longest that passes every rule."""
        machine = self.facts.machine
        shortest = _allowed_length(machine, machine.min_minutes) // timedelta(minutes=1)
        minutes = range(shortest, machine.max_minutes + 1, machine.step_minutes)
        spans = (Span(start, start + timedelta(minutes=length)) for length in minutes)
        return [span for span in spans if not self._problems(span)]

    def _has_free(self, day: date) -> bool:
        tiles = _tiles(self.facts, day_span(day), self.now)
        return any(not self._problems(span) for span in tiles)

    def _problems(self, span: Span) -> list[Problem]:
        return rules.problems(Wish(span, self.accompanied, self.ignore), self.facts, self.now)

    def _why_busy(self, span: Span) -> list[Problem]:
        """Nobody asks for exactly this stretch: its own start and length are no reasons."""
        least = min(span.end, span.start + timedelta(minutes=self.facts.machine.min_minutes))
        stretch, shortest = (Wish(one, self.accompanied, self.ignore) for one in (span, Span(span.start, least)))
        return [
            *rules.problems(stretch, self.facts, self.now, rules.OF_A_STRETCH),
            *rules.problems(shortest, self.facts, self.now, (rules.quota_reached,)),
        ]


@dataclass(frozen=True, slots=True)
class KindPlan(Plan):
    """The same for any of the machines of a kind: a time is free when a place can be found for it.

    `facts` are those of a machine that nobody has: the day is cut alike however the others are taken.
    """

    alike: Mapping[int, Facts] = field(default_factory=dict)

    @classmethod
    def _read(
        cls, machine: Machine, window: Span, now: datetime, member: User | None, ignore: int | None
    ) -> dict[str, Any]:
        alike = load_facts(of_kind(machine), window, now, member)
        return {"facts": replace(empty(alike[machine.pk]), outages=()), "alike": alike}

    def _problems(self, span: Span) -> list[Problem]:
        wish = Wish(span, self.accompanied, self.ignore)
        return list(find_place(wish, self.alike, list(self.alike), self._window(), self.now).problems)

    def _window(self) -> Span:
        return _window(self.first_day, self.count)


def plan_for(machine: Machine, *args: Any, any_of_kind: bool = False, **kwargs: Any) -> Plan:
    """Return the plan of a machine, or of all machines of its kind."""
    kind = KindPlan if any_of_kind and machine.pool_id is not None else Plan
    return kind.load(machine, *args, **kwargs)


def _window(first_day: date, count: int) -> Span:
    return Span(day_span(first_day).start, day_span(first_day + timedelta(days=count - 1)).end)


def day_slots(machine: Machine, day: date, now: datetime, member: User | None = None) -> list[Slot]:
    """Return the slots of one machine-day as this person sees them: one query."""
    return Plan.load(machine, day, 1, now, member).slots(day)


def _tiles(facts: Facts, window: Span, now: datetime) -> Iterator[Span]:
    """Cut the free time of a window into bookings of the usual length, from the first start on the grid.

    What is nearer than the machine's notice is not cut: nobody may begin there any more.
    """
    machine = facts.machine
    since = now + timedelta(minutes=machine.notice_minutes)
    taken = [kept_clear(machine, taken.span) for taken in facts.taken]
    broken = [outage.span for outage in facts.outages]
    for span in without(_within(facts.accepted_openings(), window), taken + broken):
        yield from _cut(span, machine, since)


def _cut(span: Span, machine: Machine, since: datetime) -> Iterator[Span]:
    step, usual = timedelta(minutes=machine.step_minutes), _allowed_length(machine, machine.slot_minutes)
    shortest = _allowed_length(machine, machine.min_minutes)
    start = on_grid(max(span.start, since), machine.step_minutes)
    while span.end - start >= shortest:
        length = min(usual, (span.end - start) // step * step)
        yield Span(start, start + length)
        start = on_grid(start + length, machine.step_minutes)


def _busy_stretches(facts: Facts, window: Span, now: datetime) -> list[Span]:
    """Return the taken or broken parts of the open time, shown so that the lab's life is learnt by looking."""
    openings = _within(facts.accepted_openings(), window)
    busy = merged([*(taken.span for taken in facts.taken), *(outage.span for outage in facts.outages)])
    stretches = [
        Span(max(one.start, two.start), min(one.end, two.end)) for one in openings for two in busy if one.meets(two)
    ]
    return [span for span in stretches if span.end > now]


def _within(spans: list[Span], window: Span) -> list[Span]:
    return [Span(max(span.start, window.start), min(span.end, window.end)) for span in spans if span.meets(window)]


def on_grid(moment: datetime, step_minutes: int) -> datetime:
    """Return the first moment at or after this one whose local clock time is a multiple of the step."""
    late = timedelta(seconds=-_seconds_of_day(moment) % (step_minutes * 60))
    return on_grid(moment + late, step_minutes) if late else moment  # midnight or a change of clocks may lie between


def _back_on_grid(moment: datetime, step_minutes: int) -> datetime:
    """Return the last such moment at or before this one."""
    early = timedelta(seconds=_seconds_of_day(moment) % (step_minutes * 60))
    return _back_on_grid(moment - early, step_minutes) if early else moment


def _seconds_of_day(moment: datetime) -> float:
    wall = local(moment)
    return (wall.hour * 60 + wall.minute) * 60 + wall.second + wall.microsecond / 1e6


def alternatives(machine: Machine, wish: Wish, now: datetime, member: User | None, limit: int = 3) -> list[Alternative]:
    """Return the nearest slots of the same length that this person may take, on this machine or its like.

    Looks 14 days around, at the few hundred nearest starts; two queries, three where nothing is free that day.
    """
    like, start = its_like(machine), wish.span.start
    near = Span(max(now, start - 2 * HALF_DAY), start + 2 * HALF_DAY)  # all within half a day is surely seen in it
    if near.start < near.end and wish.span.end - start <= HALF_DAY:
        found = _nearest(like, machine, wish, near, now, member, limit)
        if len(found) == limit and all(abs(one.span.start - start) <= HALF_DAY for one in found):
            return found
    return _nearest(like, machine, wish, _search_window(wish.span, now), now, member, limit)


def _nearest(
    like: Sequence[Machine], machine: Machine, wish: Wish, window: Span, now: datetime, member: User | None, limit: int
) -> list[Alternative]:
    facts = load_facts(like, window, now, member)
    nearest = heapq.merge(*(line for other in like for line in _starts(facts[other.pk], wish, other != machine, now)))
    offers = (_offer(facts[pk], wish, start, now) for _far, _other, start, pk in islice(nearest, LOOKED_AT))
    return list(islice(filter(None, offers), limit))


def nearest_times(facts: Facts, wish: Wish, now: datetime, limit: int = 3) -> list[Span]:
    """Return the nearest times on the same machine, of the same length, that nothing but the person may speak against.

    Looks seven days around; no query.
    """
    near = _search_window(wish.span, now)
    around = replace(facts, openings=tuple(one for one in facts.openings if one.span.meets(near)))
    length = _allowed_length(facts.machine, wish.span.minutes)
    lines = heapq.merge(*_starts(around, wish, other=False, now=now))
    spans = (Span(start, start + length) for _far, _other, start, _pk in islice(lines, LOOKED_AT))
    found = (span for span in spans if not rules.problems(replace(wish, span=span), facts, now, rules.OF_THE_TIME))
    return list(islice(found, limit))


def _search_window(span: Span, now: datetime) -> Span:
    start = max(now, span.start - timedelta(days=SEARCH_DAYS // 2))
    return Span(start, start + timedelta(days=SEARCH_DAYS))


def _starts(facts: Facts, wish: Wish, other: bool, now: datetime) -> Iterator[Iterator[Start]]:
    """Return two lines of starts in free time, by growing distance from the wish: those after it, those before."""
    wanted, free, pk = wish.span.start, free_spans(facts, now), facts.machine.pk
    length = _allowed_length(facts.machine, wish.span.minutes)
    yield ((start - wanted, other, start, pk) for start in _forwards(free, facts.machine, length, wanted))
    yield ((wanted - start, other, start, pk) for start in _backwards(free, facts.machine, length, wanted))


def _forwards(free: list[Span], machine: Machine, length: timedelta, since: datetime) -> Iterator[datetime]:
    """Return in order the starts on the machine's grid, from a moment on, at which a booking fits into free time."""
    step = timedelta(minutes=machine.step_minutes)
    for span in free:
        start = on_grid(max(span.start, since), machine.step_minutes)
        while start + length <= span.end:
            yield start
            start = on_grid(start + step, machine.step_minutes)


def _backwards(free: list[Span], machine: Machine, length: timedelta, until: datetime) -> Iterator[datetime]:
    """Return those before a moment, the last first."""
    step = timedelta(minutes=machine.step_minutes)
    for span in reversed(free):
        start = _back_on_grid(min(span.end - length, until - INSTANT), machine.step_minutes)
        while start >= span.start:
            yield start
            start = _back_on_grid(start - step, machine.step_minutes)


def _offer(facts: Facts, wish: Wish, start: datetime, now: datetime) -> Alternative | None:
    """Return the wish at another time, as long as the machine allows, if every rule agrees."""
    machine = facts.machine
    asked = replace(wish, span=Span(start, start + _allowed_length(machine, wish.span.minutes)))
    return None if rules.problems(asked, facts, now) else Alternative(machine.slug, machine.name, asked.span)


def _allowed_length(machine: Machine, wished_minutes: float) -> timedelta:
    """Return the wished length, brought to what the machine allows."""
    step = machine.step_minutes
    shortest, longest = -(-machine.min_minutes // step) * step, machine.max_minutes // step * step
    return timedelta(minutes=max(shortest, min(-(-int(wished_minutes) // step) * step, longest)))
