"""When the lab is open: the weekly pattern, one day that is open whatever the weekday, and closures far ahead."""

from dataclasses import dataclass
from datetime import date, time, timedelta

from cms.demo.stage import FRIDAY, PAST_WEEKS, SATURDAY, THURSDAY, TUESDAY, WEDNESDAY, WEEK, Stage
from place import clock
from place.models import During, LabSettings, OpeningKind
from place.patterns import Frequency, RuleSpec
from place.services import add_closure, begin_calendar, plan_openings

QUIET_DAYS = 28  # no closure falls before


@dataclass(frozen=True, slots=True)
class Pattern:
    weekday: int
    start: str
    end: str
    label: str
    kind: str = OpeningKind.OPEN_LAB
    during: str = During.ALWAYS


# Three days a week are open for four hours or more, so that any seven days hold two of them yet to come.
WEEKLY = (
    Pattern(TUESDAY, "14:00", "16:00", "Classes du collège", OpeningKind.PARTNER, During.TERM),
    Pattern(TUESDAY, "16:30", "19:00", "Open lab ados"),
    Pattern(WEDNESDAY, "09:30", "11:30", "Groupe de la mission locale", OpeningKind.PARTNER),
    Pattern(WEDNESDAY, "13:30", "18:30", "Open lab du mercredi"),
    Pattern(THURSDAY, "09:00", "12:00", "Entretien des machines", OpeningKind.STAFF_ONLY),
    Pattern(FRIDAY, "14:00", "16:30", "Permanence numérique"),
    Pattern(FRIDAY, "16:30", "18:30", "Open lab pour tous"),
    Pattern(SATURDAY, "10:00", "16:00", "Open lab du samedi"),
)


def load(stage: Stage) -> None:
    """Name the lab and lay out its openings since ten weeks ago, and its closures."""
    LabSettings.objects.update_or_create(
        pk=1,
        defaults={
            "name": "CAN Lab (démonstration)",
            "motto": "Données de démonstration : les personnes et les réservations sont inventées.",
            "address": "101 rue de Copenhague, 13300 Salon-de-Provence",
            "phone": "04 90 44 02 20",
            "email": "bonjour@canlab.example",
        },
    )
    begin_calendar(stage.now)
    for pattern in WEEKLY:
        _plan(stage, pattern)
    plan_openings(
        kind=OpeningKind.OPEN_LAB, label="Journée découverte (démonstration)", actor=stage.admin, now=stage.now,
        starts_at=stage.moment(0, "09:00"), ends_at=stage.moment(0, "20:00"),
    )  # fmt: skip
    for first, last, reason in closures(stage.day):
        add_closure(
            starts_at=clock.at(first, time.min), ends_at=clock.at(last + timedelta(days=1), time.min), reason=reason,
            actor=stage.admin, now=stage.now,
        )  # fmt: skip


def _plan(stage: Stage, pattern: Pattern) -> None:
    first = stage.on(pattern.weekday, after=-PAST_WEEKS * WEEK.days)
    plan_openings(
        kind=pattern.kind,
        label=pattern.label,
        starts_at=stage.moment(first, pattern.start),
        ends_at=stage.moment(first, pattern.end),
        rule=RuleSpec(frequency=Frequency.WEEKLY),
        during=pattern.during,
        actor=stage.admin,
        now=stage.now,
    )


def closures(day: date) -> list[tuple[date, date, str]]:
    """Return the next August and the next end of the year that begin after the quiet days."""
    return [
        (*_next(day, (8, 1), 31), "Fermeture d’août"),
        (*_next(day, (12, 21), 14), "Fermeture de fin d’année"),
    ]


def _next(day: date, start: tuple[int, int], days: int) -> tuple[date, date]:
    first = next(
        first
        for year in (day.year, day.year + 1, day.year + 2)
        if (first := date(year, *start)) > day + timedelta(days=QUIET_DAYS)
    )
    return first, first + timedelta(days=days - 1)
