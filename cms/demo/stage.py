"""What the parts of the demonstration share: the day, the dice, and who and what has been made so far."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random

from machines.models import Machine
from members.models import User
from place import clock

PAST_WEEKS = 10
WEEK = timedelta(days=7)
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)


@dataclass
class Stage:
    """One demonstration: nothing in it depends on anything but the day."""

    day: date
    rng: Random = field(init=False)
    people: dict[str, User] = field(default_factory=dict)
    machines: dict[str, Machine] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = Random(self.day.toordinal())  # noqa: S311 -- it invents stories, not secrets

    @property
    def admin(self) -> User:
        return self.people["admin"]

    @property
    def now(self) -> datetime:
        """Return early that morning: all of the day is still to come, whenever the data are loaded."""
        return self.moment(0, "06:00")

    def moment(self, days: int, hour: str) -> datetime:
        """Return a local hour, a number of days from the day."""
        return clock.at(self.day + timedelta(days=days), time.fromisoformat(hour))

    def on(self, weekday: int, *, after: int = 0) -> int:
        """Return how many days ahead that weekday first falls, counting from `after` days ahead."""
        start = self.day + timedelta(days=after)
        return after + (weekday - start.weekday()) % 7

    def aged(self, youngest: int, oldest: int) -> list[User]:
        """Return the invented members, those with a name of their own in the contract apart, of these ages."""
        return [
            user
            for key, user in self.people.items()
            if key.startswith("member-") and youngest <= (user.age_on(self.day) or 0) <= oldest
        ]
