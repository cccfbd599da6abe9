"""Bookings on any of several identical machines, against every way there is."""

from datetime import timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from booking.packing import WANTED, Block, arrange
from place.clock import Span
from tests.factories.booking import wall

NOON = wall(12)


def hours(start: float, end: float) -> Span:
    return Span(NOON + timedelta(hours=start), NOON + timedelta(hours=end))


def anything(_span: Span, _machine: int) -> bool:
    return True


def test_a_free_machine_is_taken_and_nobody_moves() -> None:
    taken = [Block(1, 1, hours(0, 2), movable=True)]
    assert arrange(hours(0, 1), [1, 2], [1, 2], taken, anything) == {WANTED: 2}


def test_the_smallest_gap_is_filled_first() -> None:
    taken = [Block(1, 1, hours(0, 1)), Block(2, 2, hours(0, 1)), Block(3, 2, hours(2, 3))]
    assert arrange(hours(1, 2), [1, 2], [1, 2], taken, anything) == {WANTED: 2}


def test_the_peak_decides_not_the_count() -> None:
    """Two bookings meet the wish, but never both at once: one changes places and all fit."""
    taken = [Block(1, 1, hours(0, 1), movable=True), Block(2, 2, hours(1, 2), movable=True)]
    found = arrange(hours(0, 2), [1, 2], [1, 2], taken, anything)
    assert found in ({WANTED: 1, 1: 2}, {WANTED: 2, 2: 1})


def test_what_somebody_chose_never_moves() -> None:
    taken = [Block(1, 1, hours(0, 1)), Block(2, 2, hours(1, 2))]
    assert arrange(hours(0, 2), [1, 2], [1, 2], taken, anything) is None


def test_a_named_machine_is_freed_by_who_named_none() -> None:
    taken = [Block(1, 1, hours(0, 2), movable=True)]
    assert arrange(hours(0, 1), [1], [1, 2], taken, anything) == {WANTED: 1, 1: 2}


def test_nobody_is_moved_to_a_machine_that_is_broken_then() -> None:
    taken = [Block(1, 1, hours(0, 2), movable=True)]
    assert arrange(hours(0, 1), [1], [1, 2], taken, lambda _span, machine: machine != 2) is None


MACHINES = [1, 2, 3]


@st.composite
def days(draw: st.DrawFn) -> list[Block]:
    """Bookings that stand side by side on three machines, as the constraint keeps them."""
    blocks: list[Block] = []
    for key in range(1, draw(st.integers(1, 7))):
        start, length = draw(st.integers(0, 8)), draw(st.integers(1, 4))
        block = Block(key, draw(st.sampled_from(MACHINES)), hours(start, start + length), draw(st.booleans()))
        if not any(other.machine == block.machine and other.span.meets(block.span) for other in blocks):
            blocks.append(block)
    return blocks


def fits(blocks: list[Block]) -> bool:
    return not any(
        one.machine == two.machine and one.span.meets(two.span)
        for number, one in enumerate(blocks)
        for two in blocks[:number]
    )


def possible(wanted: Span, candidates: list[int], blocks: list[Block]) -> bool:
    """Try every machine for everybody who may move."""
    movable = [block for block in blocks if block.movable]
    fixed = [block for block in blocks if not block.movable]
    for machine in candidates:
        for places in product(MACHINES, repeat=len(movable)):
            moved = [Block(one.key, place, one.span) for one, place in zip(movable, places, strict=True)]
            if fits([*fixed, *moved, Block(WANTED, machine, wanted)]):
                return True
    return False


@given(days(), st.integers(0, 8), st.integers(1, 4), st.lists(st.sampled_from(MACHINES), min_size=1, unique=True))
def test_a_place_is_found_exactly_when_there_is_one(
    blocks: list[Block], start: int, length: int, candidates: list[int]
) -> None:
    wanted = hours(start, start + length)
    found = arrange(wanted, candidates, MACHINES, blocks, anything)
    assert (found is not None) == possible(wanted, candidates, blocks)
    if found:
        after = [Block(one.key, found.get(one.key, one.machine), one.span) for one in blocks]
        assert fits([*after, Block(WANTED, found[WANTED], wanted)])
        assert found[WANTED] in candidates
        assert all(block.movable for block in blocks if block.key in found)


@given(days(), st.integers(0, 8), st.integers(1, 4))
def test_where_nobody_named_a_machine_the_peak_alone_decides(blocks: list[Block], start: int, length: int) -> None:
    movable = [Block(one.key, one.machine, one.span, movable=True) for one in blocks]
    wanted = hours(start, start + length)
    spans = [wanted, *(block.span for block in movable)]
    peak = max(sum(one.start <= moment.start < one.end for one in spans) for moment in spans)
    assert (arrange(wanted, MACHINES, MACHINES, movable, anything) is not None) == (peak <= len(MACHINES))
