"""What goes along with what, without a database."""

from hypothesis import given
from hypothesis import strategies as st

from machines.ties import Layout, in_a_circle, stopped_by, taken_along

ROOM, BENCH, SAW, LASER, PLOTTER, EXTRACTION = range(6)
LAB = Layout(inside={BENCH: ROOM, SAW: BENCH, LASER: ROOM}, needs={LASER: [EXTRACTION], SAW: [EXTRACTION], PLOTTER: []})


def test_a_room_takes_its_benches_what_stands_on_them_and_what_these_need() -> None:
    assert taken_along(ROOM, LAB) == {BENCH, SAW, LASER, EXTRACTION}
    assert taken_along(BENCH, LAB) == {SAW, EXTRACTION}


def test_a_machine_takes_what_it_shares_but_neither_its_bench_nor_its_neighbours() -> None:
    assert taken_along(SAW, LAB) == {EXTRACTION}
    assert taken_along(PLOTTER, LAB) == set()


def test_a_machine_is_stopped_by_what_it_stands_in_and_what_it_needs() -> None:
    assert stopped_by(SAW, LAB) == {BENCH, ROOM, EXTRACTION}
    assert stopped_by(ROOM, LAB) == set()


def test_nothing_stands_in_itself() -> None:
    assert in_a_circle(Layout(inside={1: 2, 2: 3, 3: 1, 4: 1})) == {1, 2, 3}
    assert in_a_circle(Layout(inside={1: 1})) == {1}
    assert in_a_circle(LAB) == set()


KEYS = st.integers(0, 7)


@given(st.dictionaries(KEYS, KEYS, max_size=8), st.dictionaries(KEYS, st.lists(KEYS, max_size=3), max_size=5))
def test_who_meets_somewhere_meets_whichever_way_one_looks(inside: dict, needs: dict) -> None:
    layout = Layout(inside, needs)
    for one in range(8):
        for other in taken_along(one, layout):
            assert taken_along(other, layout) <= taken_along(one, layout) | {one}
        assert one not in taken_along(one, layout) | stopped_by(one, layout)
