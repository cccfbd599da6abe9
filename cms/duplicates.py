"""Who may be one and the same person: names and birth dates compared as people compare them. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import islice

MAX_CANDIDATES = 10
ACCENTS = re.compile("[\u0300-\u036f]")
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
ONE_SIGN = str.maketrans(
    dict.fromkeys("’‘ʼ′`´＇", "'") | dict.fromkeys("-‐‑‒–—―−_", " ") | {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l"}
)


@dataclass(frozen=True, slots=True)
class Person:
    """As little as tells people apart; `mark` says where they stand (`user-12`, `line-3`)."""

    mark: str
    first_name: str
    last_name: str
    birth_date: date | None


def fold(text: str) -> str:
    """Return a text without what hands write differently: case, accents, hyphens, apostrophes, spaces."""
    text = UNSEEN.sub("", text).translate(ONE_SIGN)
    for _twice in range(2):
        text = ACCENTS.sub("", unicodedata.normalize("NFKD", text)).casefold()
    return " ".join(unicodedata.normalize("NFKD", text).translate(ONE_SIGN).split())


def name_key(person: Person) -> tuple[str, str]:
    """Return both names folded, in an order of their own: columns get swapped."""
    first, last = sorted((fold(person.first_name), fold(person.last_name)))
    return first, last


class Crowd:
    """People found again by name and birth date; an unknown birth date fits every other."""

    def __init__(self, people: Iterable[Person] = ()) -> None:
        self._named: dict[tuple[str, str], dict[date | None, list[Person]]] = {}
        for person in people:
            self.add(person)

    def add(self, person: Person) -> None:
        self._named.setdefault(name_key(person), {}).setdefault(person.birth_date, []).append(person)

    def like(self, person: Person) -> list[Person]:
        """Return those who may be this person, at most MAX_CANDIDATES."""
        by_date = self._named.get(name_key(person), {})
        dates = by_date if person.birth_date is None else (person.birth_date, None)
        found = (other for day in dates for other in by_date.get(day, ()))
        return list(islice(found, MAX_CANDIDATES))


def possible_duplicates(rows: Iterable[Person], known: Iterable[Person]) -> dict[str, list[Person]]:
    """Return, by mark, the rows that may be somebody known or an earlier row, with whom."""
    rows = list(rows)
    dates = {row.birth_date for row in rows}
    known = list(known) if None in dates else [one for one in known if one.birth_date in dates | {None}]
    there, earlier = Crowd(known), Crowd()
    found = {}
    for row in rows:
        said_before = earlier.like(row)
        if alike := [*there.like(row), *said_before][:MAX_CANDIDATES]:
            found[row.mark] = alike
        if row.birth_date not in {other.birth_date for other in said_before}:
            earlier.add(row)
    return found
