"""Facts and wishes of Wednesday 25 November 2026 for the pure rules; no database."""

from datetime import UTC, date, datetime, timedelta

from booking.facts import (
    Booked,
    Duty,
    Facts,
    Halt,
    HeldQualification,
    Opening,
    PaperLine,
    Person,
    Season,
    Taken,
    Wish,
)
from machines.models import Machine, MachineCategory
from place.clock import Span
from tests.factories.booking import WEDNESDAY, span, wall

NOW = wall(9)
WHEN_ON_DUTY = datetime(2026, 1, 1, tzinfo=UTC)
CATEGORY = MachineCategory(pk=7, slug="fdm", name="Impression 3D", process="fdm")

ALWAYS = Season(date(2000, 1, 1), date(2100, 8, 31))
SIGNED = PaperLine("signed", "guardian", 1, date(2026, 9, 1), None)
LEVEL_1 = HeldQualification(1, None, withdrawn=False)


def machine(**fields: object) -> Machine:
    values = {
        "pk": 1,
        "slug": "imprimante-1",
        "name": "Imprimante 1",
        "category": CATEGORY,
        "level_required": 1,
        "min_age": 10,
        "min_age_alone": 12,
        "step_minutes": 30,
        "min_minutes": 60,
        "max_minutes": 180,
        "weekly_quota_minutes": 240,
        "max_upcoming": 2,
        "horizon_days": 0,
    }
    return Machine(**{**values, **fields})


def person(
    birth_date: date | None = date(2013, 5, 17),
    qualification: HeldQualification | None = LEVEL_1,
    booked: tuple[Booked, ...] = (),
    **fields: object,
) -> Person:
    """A member whose parent has signed, unless said otherwise."""
    values = {"seasons": (ALWAYS,), "papers": (SIGNED,), **fields}
    return Person(3, birth_date, qualification, booked, **values)  # type: ignore[arg-type]


def booked(start: float, end: float, day: date = WEDNESDAY, category: int = 7, pk: int = 50) -> Booked:
    return Booked(pk, "Imprimante 2", category, span(start, end, day))


def taken(start: float, end: float, pk: int = 60) -> Taken:
    return Taken(pk, span(start, end))


def halt(start: float, end: float, reason: str = "inventaire") -> Halt:
    return Halt(span(start, end), reason)


def facts(**fields: object) -> Facts:
    values = {
        "machine": machine(),
        "openings": (Opening(span(14, 18), "open_lab"),),
        "closures": (),
        "outages": (),
        "taken": (),
        "person": person(),
        "duties": (Duty(Span(WHEN_ON_DUTY, WHEN_ON_DUTY + timedelta(days=800))),),
    }
    return Facts(**{**values, **fields})  # type: ignore[arg-type]


def wish(start: float, end: float, day: date = WEDNESDAY, *, accompanied: bool = False, **more: object) -> Wish:
    return Wish(span(start, end, day), accompanied, **more)  # type: ignore[arg-type]
