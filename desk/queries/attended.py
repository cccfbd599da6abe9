"""The hours that people gave, person by person."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from members.models import User
from workshops.attended_queries import Presence, helped, total


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody who helped in a period."""

    person: User
    presences: list[Presence]

    @property
    def waiting(self) -> list[Presence]:
        return [one for one in self.presences if one.attendance.hours_confirmed_at is None]

    @property
    def confirmed(self) -> timedelta:
        return total(one for one in self.presences if one.attendance.hours_confirmed_at)


def by_person(first: date, last: date) -> list[Helper]:
    """Return who helped from one day to another, with each date: one query."""
    found = []
    for _member, rows in groupby(helped(first, last), lambda one: one.attendance.member_id):
        presences = list(rows)
        person = presences[0].attendance.member
        assert person is not None
        found.append(Helper(person, presences))
    return found
