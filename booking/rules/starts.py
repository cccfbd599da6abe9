"""May somebody start a machine this minute: what still makes sense of the rules of booking. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from booking.facts import Facts, Taken, Wish
from booking.problems import Problem
from booking.rules.limits import overlap
from booking.rules.people import (
    consent_missing,
    membership_expired,
    qualification_missing,
    supervision_missing,
    too_young,
)
from booking.rules.times import closed, machine_down
from place.clock import Span, merged

ASKED = (
    closed,
    machine_down,
    membership_expired,
    consent_missing,
    too_young,
    qualification_missing,
    supervision_missing,
    overlap,
)
OF_THE_TEAM = frozenset({"closed", "membership_expired"})
"""What the team is not asked: they open the lab, and need not be members of it."""
INSTANT = timedelta(seconds=1)
EARLY = timedelta(minutes=15)
"""So long before a booking the machine may be started for it, while nobody else has it."""


@dataclass(frozen=True, slots=True)
class Own:
    """A booking that the person holds on the machine, now or soon."""

    reservation_id: int
    span: Span
    accompanied: bool = False
    waived: tuple[str, ...] = ()


def start_problems(own: Collection[Own], facts: Facts, *, team: bool, now: datetime) -> list[Problem]:
    """Return every reason why the machine cannot be started now; a booking's waivers count for its time."""
    held = [one for one in own if one.span.start - EARLY <= now < one.span.end]
    spared = {code for one in held for code in one.waived} | (OF_THE_TEAM if team else set())
    wish = Wish(Span(now, now + INSTANT), accompanied=any(one.accompanied for one in held))
    seen = _without(facts, own, team=team)
    found = (rule(wish, seen, now) for rule in ASKED)
    return [problem for problem in found if problem is not None and problem.code not in spared]


def start_until(own: Collection[Own], facts: Facts, *, team: bool, now: datetime) -> datetime | None:
    """Return the earliest of closing, the end of one's own time, the next holder and an outage; None: none is known."""
    return min(_ends(own, _without(facts, own, team=team), now), default=None)


def _ends(own: Collection[Own], facts: Facts, now: datetime) -> Iterator[datetime]:
    mine = merged([one.span for one in own])
    for span in (*facts.accepted_openings(), *mine):
        if span.start <= now < span.end:
            yield span.end
    for span in (*(taken.span for taken in facts.taken), *(halt.span for halt in facts.outages)):
        if span.start > now:
            yield span.start


def _without(facts: Facts, own: Collection[Own], *, team: bool) -> Facts:
    """Return the facts without what the person holds; a workshop's time is also the team's."""
    mine = {one.reservation_id for one in own}

    def others(taken: Taken) -> bool:
        return taken.reservation_id not in mine and not (team and taken.kind != "member")

    return replace(facts, taken=tuple(taken for taken in facts.taken if others(taken)))
