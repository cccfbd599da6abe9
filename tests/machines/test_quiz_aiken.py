"""Aiken text in and out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.aiken import Item, parse, render
from machines.quiz_rules import plain

GOOD = """! Où est l’arrêt d’urgence ?
A. Sous la table
B. Devant
ANSWER: B

De quoi est fait
le PLA ?
A) d’amidon
B) de pétrole
C) de verre
ANSWER: A
"""
READ = [
    Item("Où est l’arrêt d’urgence ?", ("Sous la table", "Devant"), "B", safety=True),
    Item("De quoi est fait le PLA ?", ("d’amidon", "de pétrole", "de verre"), "A"),
]


def lines(text: str) -> list[int]:
    return [fault.line for fault in parse(text)[1]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_questions_are_read_whatever_the_editor(end, mark):
    items, faults = parse(mark + GOOD.replace("\n", end))
    assert (items, faults) == (READ, [])
    assert [item.line for item in items] == [1, 6]


def test_blank_lines_around_and_a_missing_one_between_do_no_harm():
    items, faults = parse("\n\n \t\n" + GOOD.replace("ANSWER: B\n\n", "answer : b\n") + "\n\n")
    assert (items, faults) == (READ, [])


def test_fixed_spaces_of_french_are_kept_and_others_are_one():
    items, _faults = parse("!\u00a0Où\u00a0?\t \x00oui\nA.\u00a0ici\u202f!\nB. là\nANSWER: A")
    assert items == [Item("Où\u00a0? oui", ("ici\u202f!", "là"), "A", safety=True)]


def test_nothing_is_no_question():
    assert parse("") == parse(" \r\n\n") == ([], [])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Q ?\nA. x\nB. y\nC. z\nD. w\nE. v\nANSWER: A", 6),
        ("Q ?\nA. x\nC. y\nANSWER: A", 3),
        ("Q ?\nB. x\nC. y\nANSWER: A", 2),
        ("Q ?\nA. x\nB.\nANSWER: A", 3),
        ("Q ?\nA. x\nB. y\n", 1),
        ("\nQ ?\nA. x\nB. y\n\nQ2 ?\nA. x\nB. y\nANSWER: A", 2),
        ("Q ?\n\nA. x\n", 1),
        ("Q ?\nANSWER: A", 2),
        ("Q ?\nA. x\nANSWER: A", 3),
        ("Q ?\nA. x\nB. y\nANSWER: C", 4),
        ("Q ?\nA. x\nB. y\nANSWER: 2", 4),
        ("Q ?\nA. x\nB. y\nANSWER:", 4),
        ("Q ?\nA. x\nB. x\nANSWER: A", 4),
        ("Q ?\nA. x\nencore\nB. y\nANSWER: A", 3),
    ],
)
def test_a_fault_is_told_with_its_line(text, line):
    assert lines(text)[0] == line


def test_every_fault_is_told_in_the_order_of_the_lines():
    text = "Q1 ?\nA. x\nC. y\nANSWER: A\n\nbonne ?\nA. x\nB. y\nANSWER: B\n\nQ2 ?\nA. x\nB. y\n\nQ3 ?"
    items, faults = parse(text)
    assert [item.text for item in items] == ["bonne ?"]
    assert [fault.line for fault in faults] == [3, 11, 15]
    assert all(fault.message for fault in faults)


one_line = st.text(min_size=1, max_size=80).map(plain).filter(bool)


@st.composite
def questions(draw) -> Item:
    text = draw(one_line.filter(lambda text: not text.startswith(("!", "\ufeff"))))
    choices = draw(st.lists(one_line, min_size=2, max_size=4, unique=True))
    right = draw(st.sampled_from("ABCD"[: len(choices)]))
    return Item(text, tuple(choices), right, draw(st.booleans()))


@given(st.lists(questions(), max_size=6), st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_reads_back_the_same(items, end):
    assert parse(render(items).replace("\n", end)) == (items, [])


aiken_like = st.lists(
    st.one_of(st.text(max_size=20), st.sampled_from(["", "A. x", "B) y", "E. z", "ANSWER: A", "answer:b", "! ", "A."]))
).map("\n".join)


@given(st.one_of(st.text(), aiken_like))
def test_no_text_breaks_the_reader(text):
    items, faults = parse(text)
    assert parse(render(items)) == (items, [])
    assert all(fault.line >= 1 and fault.message for fault in faults)
