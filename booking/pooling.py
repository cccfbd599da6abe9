"""A place on any of several machines of the same kind: what the rules say of each, and who may change places.

Pure: facts in, a place or problems out.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from booking import rules
from booking.facts import Facts, Wish, blocked_span
from booking.models import SETTLED
from booking.packing import WANTED, Block, arrange
from booking.problems import Problem
from place.clock import Span

AROUND = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Placing:
    """On which machine a wish goes, and which reservations move where for it; or what stands in its way."""

    machine: int | None = None
    moves: Mapping[int, int] = field(default_factory=dict)
    problems: Sequence[Problem] = ()


def find_place(
    wish: Wish,
    facts: Mapping[int, Facts],
    candidates: Sequence[int],
    window: Span,
    now: datetime,
    waived: Collection[str] = (),
) -> Placing:
    """Judge a wish on the candidates, among machines of the same kind whose facts cover a window.

    Only where nothing but other bookings stands in the way do those that named no machine give way.
    """
    found = {key: _standing(wish, facts[key], now, waived) for key in candidates}
    able = [key for key in candidates if {problem.code for problem in found[key]} <= {"overlap"}]
    return (arranged(wish, facts, able, window, now) if able else None) or Placing(
        problems=min(found.values(), key=len)
    )


def arranged(
    wish: Wish, facts: Mapping[int, Facts], able: Sequence[int], window: Span, now: datetime
) -> Placing | None:
    """Find room for a time on one of the machines that may have it, whatever the rules say of it."""
    wanted = blocked_span(facts[able[0]].machine, wish.span)
    blocks = [block for key in facts for block in _blocks(facts[key], wish, window, now)]
    places = arrange(wanted, able, list(facts), blocks, lambda span, key: _could_serve(facts[key], span, now))
    return None if places is None else Placing(places.pop(WANTED), places)


def around(span: Span) -> Span:
    """Return what has to be known to let bookings near a time change places."""
    return Span(span.start - AROUND, span.end + AROUND)


def empty(facts: Facts) -> Facts:
    """Return the facts of a machine as if nobody had booked it: for who has found a place."""
    return replace(facts, taken=())


def _standing(wish: Wish, facts: Facts, now: datetime, waived: Collection[str]) -> list[Problem]:
    return [problem for problem in rules.problems(wish, facts, now) if problem.code not in waived]


def _blocks(facts: Facts, wish: Wish, window: Span, now: datetime) -> list[Block]:
    return [
        Block(
            taken.reservation_id,
            facts.machine.pk,
            taken.span,
            movable=taken.floating and taken.span.start > now + SETTLED and window.covers(taken.span),
        )
        for taken in facts.taken
        if taken.reservation_id != wish.ignore
    ]


def _could_serve(facts: Facts, blocked: Span, now: datetime) -> bool:
    machine = facts.machine
    span = Span(
        blocked.start + timedelta(minutes=machine.buffer_before_minutes),
        blocked.end - timedelta(minutes=machine.buffer_after_minutes),
    )
    return not rules.problems(Wish(span), facts, now, (rules.closed, rules.machine_down))
