"""Who may be one and the same person: names and birth dates compared as people compare them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import islice

from members.names import folded

MAX_CANDIDATES = 10


@dataclass(frozen=True, slots=True)
class Person:
    """As little as tells people apart; `mark` says where they stand (`user-12`, `line-3`)."""

    mark: str
    first_name: str
    last_name: str
    birth_date: date | None


def name_key(person: Person) -> tuple[str, str]:
    """Return both names folded, in an order of their own: columns get swapped."""
    first, last = sorted((folded(person.first_name), folded(person.last_name)))
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
