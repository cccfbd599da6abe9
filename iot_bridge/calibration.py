"""Which thresholds fit what a plug measured. Pure: no clock, no database. Watts and seconds.

A machine rests at one or more flat levels (standby, a chiller, a fan) and works above them, at a power that varies.
The thresholds lie in the gap between the highest rest and the lowest work.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from iot_bridge.rules import PowerRule

LONGEST = 60.0
"""A reading speaks for the time up to the next one, for this long at most."""
RARE = 0.002
"""A power seen for a smaller share of the time than this is a switching peak, no level."""
APART_WATTS, APART_RATIO = 8.0, 1.3
"""Levels are apart when the next higher power is at least so much more."""
FLAT_WATTS, FLAT_RATIO = 8.0, 0.15
"""A level is flat when it varies by no more than this."""
PAUSE, LEAST_HOLD, HOLD_STEP = 120.0, 45, 5
"""A rest shorter than `PAUSE` is a gap in a job; the stop hold is half as long again as the longest of them."""

Measure = tuple[float, float]
"""When (epoch seconds), and how much (watts)."""


@dataclass(frozen=True, slots=True)
class Bar:
    """How long the power lay in `[low, high)` watts."""

    low: int
    high: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Level:
    """A power at which the machine stays for a while."""

    low: float
    high: float

    @property
    def flat(self) -> bool:
        return self.high - self.low <= max(FLAT_WATTS, FLAT_RATIO * self.high)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A power rule, and the levels that it lies between."""

    rule: PowerRule
    rests: tuple[Level, ...]
    works: tuple[Level, ...]


def durations(measures: Sequence[Measure]) -> list[Measure]:
    """Return how long each measured power lasted: (seconds, watts)."""
    return [(min(max(0.0, later - at), LONGEST), watts) for (at, watts), (later, _watts) in pairwise(measures)]


def histogram(lasted: Iterable[Measure], bars: int = 20) -> list[Bar]:
    """Return the time spent in equal ranges of power, from zero to the highest."""
    spent = list(lasted)
    highest = max((watts for _seconds, watts in spent), default=0.0)
    width = max(1, math.ceil((highest + 1) / bars))
    sums = [0.0] * bars
    for seconds, watts in spent:
        sums[int(watts // width)] += seconds
    return [Bar(number * width, (number + 1) * width, seconds) for number, seconds in enumerate(sums)]


def levels(lasted: Iterable[Measure]) -> list[Level]:
    """Return the powers at which the machine stayed, lowest first."""
    spent: dict[int, float] = {}
    for seconds, watts in lasted:
        spent[round(watts)] = spent.get(round(watts), 0.0) + seconds
    groups: list[list[int]] = []
    for watts in sorted(spent):
        if groups and not _apart(groups[-1][-1], watts):
            groups[-1].append(watts)
        else:
            groups.append([watts])
    least = RARE * sum(spent.values())
    return [Level(group[0], group[-1]) for group in groups if sum(spent[watts] for watts in group) >= max(least, 1.0)]


def _apart(low: float, high: float) -> bool:
    return high - low >= APART_WATTS and high >= APART_RATIO * low


def propose(measures: Sequence[Measure], present: PowerRule) -> Proposal | None:
    """Return thresholds that tell work from rest, None when only one level was seen.

    Work is the lowest level that varies and whatever is above it; if all are flat, the highest alone.
    """
    found = levels(durations(measures))
    if len(found) < 2:
        return None
    first = next((number for number, level in enumerate(found) if number and not level.flat), len(found) - 1)
    rests, works = tuple(found[:first]), tuple(found[first:])
    low, gap = rests[-1].high, works[0].low - rests[-1].high
    start, stop = round(low + gap * 2 / 3), round(low + gap / 3)
    hold = _stop_hold(measures, start, stop)
    return Proposal(PowerRule(start, present.start_hold, stop, hold), rests, works)


def _stop_hold(measures: Sequence[Measure], start: float, stop: float) -> int:
    pauses = [length for length in _rests_between(measures, start, stop) if length < PAUSE]
    wanted = 1.5 * max(pauses, default=0.0)
    return max(LEAST_HOLD, math.ceil(wanted / HOLD_STEP) * HOLD_STEP)


def _rests_between(measures: Sequence[Measure], start: float, stop: float) -> list[float]:
    """Return how long the power stayed below `stop` between two times that it was above `start`."""
    found: list[float] = []
    working, below_at = False, None
    for at, watts in measures:
        if watts >= start:
            if working and below_at is not None:
                found.append(at - below_at)
            working, below_at = True, None
        elif watts < stop and below_at is None:
            below_at = at
    return found
