"""Who may be one and the same person, whatever the hands that wrote the names."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.duplicates import MAX_CANDIDATES, Crowd, Person, name_key, possible_duplicates
from members.names import folded

BORN = date(2011, 5, 17)
LETTERS = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])
NAMES = st.text(LETTERS, min_size=1, max_size=20)
DATES = st.none() | st.sampled_from([BORN, date(1990, 4, 1)])


def person(first: str, last: str, born: date | None = BORN, mark: str = "user-1") -> Person:
    return Person(mark, first, last, born)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Léa", "Le\u0301a"),
        ("LÉA", "léa"),
        ("Léa", "Lea"),
        ("Jean-Pierre", "jean  pierre"),
        ("Jean\u2011Pierre", "Jean\u00a0Pierre"),
        ("D’Angelo", "d'angelo"),
        ("Lœtitia", "LOETITIA"),
        ("Straße", "STRASSE"),
        (" Inès\u200b ", "inès"),
    ],
)
def test_one_name_written_two_ways_is_one(one, other):
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("Léa", "Léo"), ("Jean", "Jean Pierre"), ("", "x"), ("अनिता", "अनीता")])
def test_two_names_are_two(one, other):
    assert folded(one) != folded(other)


@given(NAMES)
def test_folding_is_the_same_composed_or_not_and_done_once(name):
    pieces, whole = unicodedata.normalize("NFD", name), unicodedata.normalize("NFC", name)
    assert folded(pieces) == folded(whole) == folded(folded(whole))


@given(st.text("abcdeéèçôüABCDEÉÈÇ' -’", max_size=20))
def test_folding_forgets_case_spaces_hyphens_and_apostrophes(name):
    written = f"  {name.upper().replace('-', '  ').replace(chr(39), '’')} "
    assert folded(written) == folded(name)


@given(NAMES, NAMES, DATES)
def test_swapped_columns_are_the_same_person(first, last, born):
    one, swapped = person(first, last, born), person(last, first, born)
    assert name_key(one) == name_key(swapped)
    assert Crowd([one]).like(swapped) == [one]


@given(DATES, DATES)
def test_birth_dates_part_people_only_when_both_are_known(one, other):
    found = Crowd([person("Léa", "Costa", one)]).like(person("Léa", "Costa", other))
    assert bool(found) == (one is None or other is None or one == other)


def test_rows_are_held_against_people_and_against_earlier_rows():
    rows = [
        person("Léa", "Costa", mark="line-2"),
        person("Costa", "Lea", mark="line-3"),
        person("Léa", "Costa", None, "line-4"),
        person("Léa", "Costa", date(1990, 4, 1), "line-5"),
        person("Max", "Roy", mark="line-6"),
    ]
    known = [person("LEA", "COSTA"), person("Max", "Roy", date(1980, 1, 1), "user-2")]
    found = possible_duplicates(rows, known)
    assert {mark: [one.mark for one in alike] for mark, alike in found.items()} == {
        "line-2": ["user-1"],
        "line-3": ["user-1", "line-2"],
        "line-4": ["user-1", "line-2"],
        "line-5": ["line-4"],
    }


def test_one_name_a_thousand_times_stays_short():
    rows = [person("Léa", "Costa", None if n % 2 else date(1990, 1, 1 + n % 28), f"line-{n}") for n in range(2000)]
    assert max(map(len, possible_duplicates(rows, rows[:500]).values())) == MAX_CANDIDATES
