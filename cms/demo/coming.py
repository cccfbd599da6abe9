"""What is booked today and on the next days, by the rules of everybody: only slots that the screens would offer."""

from collections.abc import Iterator

from booking.availability import Slot, day_slots
from booking.services import reserve
from cms.demo.park import users_of
from cms.demo.stage import SATURDAY, WEDNESDAY, Stage
from machines.models import Machine
from members.models import User
from place import clock

# Nothing is booked ahead on imprimante-3, nor by the people of the contract: they have it to themselves.
TODAY = (
    "imprimante-1", "imprimante-1", "imprimante-2", "imprimante-2", "imprimante-4", "decoupe-laser", "decoupe-laser",
    "decoupe-vinyle", "couture-1", "presse-a-chaud",
)  # fmt: skip
LATER = ("imprimante-1", "imprimante-2", "imprimante-4", "decoupe-laser", "decoupe-vinyle", "couture-1", "couture-2")


def load(stage: Stage) -> int:
    """Book for invented members; return how many bookings that made."""
    days = [0, *sorted({stage.on(WEDNESDAY, after=1), stage.on(SATURDAY, after=1), stage.on(WEDNESDAY, after=8)})]
    wanted = [(day, slug) for day in days for slug in (LATER if day else TODAY)]
    return sum(_book(stage, day, stage.machines[slug]) for day, slug in wanted)


def _book(stage: Stage, day: int, machine: Machine) -> bool:
    """Book one or two slots in a row for somebody who may; return whether anybody could."""
    for member in _candidates(stage, machine):
        slots = day_slots(machine, clock.today(stage.moment(day, "12:00")), stage.now, member)
        free = [slot for slot in slots if slot.available]
        if free:
            _reserve(stage, machine, member, stage.rng.choice(list(_stretches(free))))
            return True
    return False


def _candidates(stage: Stage, machine: Machine) -> list[User]:
    members = users_of(stage, machine)
    return stage.rng.sample(members, min(6, len(members)))


def _stretches(free: list[Slot]) -> Iterator[tuple[Slot, Slot]]:
    """Return each free slot alone, and with the next one when they touch."""
    for slot, following in zip(free, [*free[1:], free[-1]], strict=True):
        yield slot, slot
        if following.span.start == slot.span.end:
            yield slot, following


def _reserve(stage: Stage, machine: Machine, member: User, stretch: tuple[Slot, Slot]) -> None:
    first, last = stretch
    reserve(
        actor=member,
        machine=machine,
        starts_at=first.span.start,
        ends_at=last.span.end,
        now=stage.now,
    )
