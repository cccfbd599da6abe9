"""What is taken along with a machine and what stops it: pure, from where machines stand and what they need."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Layout:
    """`inside`: the room or bench a machine stands in. `needs`: what it shares with others. Keys of machines."""

    inside: Mapping[int, int] = field(default_factory=dict)
    needs: Mapping[int, Collection[int]] = field(default_factory=dict)

    def contents(self, place: int) -> list[int]:
        return [machine for machine, around in self.inside.items() if around == place]

    def around(self, machine: int) -> list[int]:
        return [self.inside[machine]] if machine in self.inside else []


def taken_along(machine: int, layout: Layout) -> set[int]:
    """Return what a booking of a machine takes besides it: all that is in it, and all that these need."""
    return _reached(machine, lambda one: [*layout.contents(one), *layout.needs.get(one, ())]) - {machine}


def stopped_by(machine: int, layout: Layout) -> set[int]:
    """Return whose outage stops a machine besides its own: what it stands in, and what it needs."""
    return (_reached(machine, layout.around) | _reached(machine, lambda one: layout.needs.get(one, ()))) - {machine}


def in_a_circle(layout: Layout) -> set[int]:
    """Return the machines that would stand in themselves."""
    return {one for one in layout.inside if one in _reached(one, layout.around)}


def _reached(start: int, onward: Callable[[int], Iterable[int]]) -> set[int]:
    """Return what is reached from a start by going on and on; the start itself only where a way leads back to it."""
    found: set[int] = set()
    waiting = list(onward(start))
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(onward(one))
    return found
