"""Which of several identical machines a booking goes on, and which others give way: pure.

Bookings of intervals on identical machines fit whenever no moment has more of them than there are machines, as long as
those that named no machine may change places. What people chose themselves never moves.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from place.clock import Span

WANTED = 0  # the key of the booking that is asked for; reservations count from 1
LOOKED_AT = 3_000  # places tried before giving up: others wait for the answer
FAR = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Block:
    """Taken time of a machine, buffers included; a movable one may go to another machine."""

    key: int
    machine: int
    span: Span
    movable: bool = False


Usable = Callable[[Span, int], bool]


def arrange(
    wanted: Span, candidates: Sequence[int], machines: Sequence[int], blocks: Collection[Block], usable: Usable
) -> dict[int, int] | None:
    """Return on which machine the wanted time goes (`WANTED`) and which bookings move where; None when it cannot be.

    A free machine is taken first, the one whose gap it fills best; only then do movable bookings change places, as few
    as a search from where they are finds. `usable` tells whether a machine could serve a time if nobody had it.
    """
    free = [machine for machine in candidates if not _taken(machine, wanted, blocks)]
    if free:
        return {WANTED: min(free, key=lambda machine: _waste(machine, wanted, blocks))}
    chosen = [block for block in blocks if not block.movable]
    candidates = [machine for machine in candidates if not _taken(machine, wanted, chosen)]
    if not candidates or _full(wanted, machines, blocks):
        return None
    moving = _touched(wanted, [block for block in blocks if block.movable])
    fixed = [block for block in blocks if block not in moving]
    items = sorted([*moving, Block(WANTED, 0, wanted, movable=True)], key=lambda one: (one.span.start, one.key))
    found = _Search(items, candidates, machines, fixed, usable).run()
    return None if found is None else _changes(found, moving)


def _taken(machine: int, span: Span, blocks: Collection[Block]) -> bool:
    return any(block.machine == machine and block.span.meets(span) for block in blocks)


def _full(wanted: Span, machines: Sequence[int], blocks: Collection[Block]) -> bool:
    """Tell whether at some moment every machine is taken: then no changing of places helps."""
    meeting = [block for block in blocks if block.span.meets(wanted)]
    moments = [wanted.start, *(block.span.start for block in meeting if block.span.start > wanted.start)]
    busy = ({block.machine for block in meeting if block.span.start <= at < block.span.end} for at in moments)
    return any(len(taken) >= len(machines) for taken in busy)


def _waste(machine: int, wanted: Span, blocks: Collection[Block]) -> timedelta:
    """Return how much free time a booking would leave around itself: small gaps are filled first."""
    mine = [block.span for block in blocks if block.machine == machine]
    before = min((wanted.start - span.end for span in mine if span.end <= wanted.start), default=FAR)
    after = min((span.start - wanted.end for span in mine if span.start >= wanted.end), default=FAR)
    return min(before, FAR) + min(after, FAR)


def _touched(wanted: Span, movable: Sequence[Block]) -> list[Block]:
    """Return the movable bookings that meet the wanted time, those that meet these, and so on."""
    found: list[Block] = []
    reached = [wanted]
    while reached:
        span = reached.pop()
        new = [block for block in movable if block.span.meets(span) and block not in found]
        found += new
        reached += [block.span for block in new]
    return found


def _changes(found: Mapping[int, int], moving: Sequence[Block]) -> dict[int, int]:
    moved = {block.key: found[block.key] for block in moving if found[block.key] != block.machine}
    return {WANTED: found[WANTED], **moved}


@dataclass(slots=True)
class _Search:
    """Give each booking a machine, the earliest first, and step back where one finds none."""

    items: Sequence[Block]
    candidates: Sequence[int]
    machines: Sequence[int]
    fixed: Sequence[Block]
    usable: Usable
    placed: dict[int, Block] = field(default_factory=dict)
    tried: int = 0

    def run(self) -> dict[int, int] | None:
        return {key: block.machine for key, block in self.placed.items()} if self._place_from(0) else None

    def _place_from(self, number: int) -> bool:
        if number == len(self.items):
            return True
        item = self.items[number]
        for machine in self._choices(item):
            self.tried += 1
            self.placed[item.key] = Block(item.key, machine, item.span)
            if self._place_from(number + 1):
                return True
            del self.placed[item.key]
            if self.tried > LOOKED_AT:
                return False
        return False

    def _choices(self, item: Block) -> Iterator[int]:
        """A booking stays where it is if it can: nobody is moved for nothing."""
        allowed = self.candidates if item.key == WANTED else self.machines
        others = [*self.fixed, *self.placed.values()]
        for machine in sorted(allowed, key=lambda one: one != item.machine):
            stays = machine == item.machine and item.key != WANTED
            if not _taken(machine, item.span, others) and (stays or self.usable(item.span, machine)):
                yield machine
