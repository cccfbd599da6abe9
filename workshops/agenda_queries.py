"""What the agenda shows: dates and days with a programme, in order, by what a visitor wants.

Two queries whatever the length, and a third one when cycles are among the dates.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from django.db.models import Case, Count, Exists, F, IntegerField, Min, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from workshops.models import Programme, Workshop, WorkshopPrice, WorkshopSession
from workshops.queries import open_to, public_sessions

State, Kind = WorkshopSession.State, Workshop.Kind


@dataclass(slots=True)
class Date:
    """A session as the agenda tells it: a plain row, since building models is most of what a long agenda costs."""

    pk: int
    series_id: int | None
    starts_at: datetime
    ends_at: datetime
    places: int
    seats_taken: int
    waiting: int
    state: str
    sequence: int
    updated_at: datetime
    title: str
    summary: str
    kind: str
    theme: str
    age_min: int | None
    age_max: int | None
    more_dates: int = 0  # of its series, in the news
    cycle_number: int | None = None
    cycle_dates: int | None = None

    @property
    def places_left(self) -> int:
        return max(self.places - self.seats_taken, 0)

    @property
    def cancelled(self) -> bool:
        return self.state == State.CANCELLED


OWN = ("pk", "series_id", "starts_at", "ends_at", "places", "seats_taken", "waiting", "state", "sequence", "updated_at")
OF_WORKSHOP = ("title", "summary", "kind", "theme", "age_min", "age_max")
COLUMNS = (*OWN, *(f"workshop__{name}" for name in OF_WORKSHOP))  # in the order of Date
Entry = Date | Programme


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visitor asks to see; nothing set: everything."""

    age: int | None = None
    theme: str = ""
    language: str = ""
    kind: str = ""
    places: bool = False
    free: bool = False


@dataclass(frozen=True, slots=True)
class Offered:
    """What the workshops differ in: a filter that would change nothing is not worth showing."""

    themes: tuple[str, ...]
    languages: frozenset[str]
    kinds: frozenset[str]
    by_age: bool
    by_price: bool


EVERYTHING = Wanted()


def entries_between(
    start: datetime, end: datetime, wanted: Wanted = EVERYTHING, *, parts: bool = False, limit: int | None = None
) -> list[Entry]:
    """Return the public dates and the days, called off ones too, that meet `[start, end)`, in order.

    A workshop that is one choice of a day is shown with its day; `parts` gives it as a date of its own as well. A day
    fits what is wanted when one of its workshops does. Dates of a cycle carry `cycle_number` and `cycle_dates`.
    """
    window = Q(starts_at__lt=end, ends_at__gt=start)
    dates = _public(wanted).filter(window)
    if not parts:
        dates = dates.filter(band=None)
    sessions = [Date(*row) for row in dates.order_by("starts_at", "pk").values_list(*COLUMNS)[:limit]]
    _number_cycles(sessions)
    days = _days(wanted).filter(window).order_by("starts_at", "pk")[:limit]
    entries: list[Entry] = [*sessions, *days]
    return sorted(entries, key=attrgetter("starts_at"))[:limit]


def newly_planned(now: datetime, wanted: Wanted = EVERYTHING, *, limit: int) -> list[Entry]:
    """Return what is to come, the newest plan first: days, single dates, and of each series its next date.

    A date of a series carries `more_dates`: how many follow it.
    """
    coming = _public(wanted).filter(starts_at__gt=now, state=State.SCHEDULED, band=None)
    in_series = WorkshopSession.objects.filter(series=OuterRef("series")).order_by().values("series")
    still = in_series.filter(starts_at__gt=now, state=State.SCHEDULED)
    earlier = coming.filter(series=OuterRef("series"), starts_at__lt=OuterRef("starts_at"))
    rows = coming.exclude(Exists(earlier)).annotate(  # type: ignore[no-redef]
        planned=Coalesce(Subquery(in_series.annotate(least=Min("pk")).values("least")), F("pk")),
        more_dates=Coalesce(Subquery(still.annotate(dates=Count("pk") - 1).values("dates")), 0),
    )
    days = _days(wanted).filter(starts_at__gt=now, cancelled=False).order_by("-pk")
    dates = [Date(*row) for row in rows.order_by("-planned").values_list(*COLUMNS, "more_dates")[:limit]]
    _number_cycles(dates)
    entries: list[Entry] = [*days[:limit], *dates]
    return entries[:limit]


def offered() -> Offered:
    """Return what public workshops differ in: one query, as many rows as there are kinds of offers."""
    prices = WorkshopPrice.objects.filter(workshop=OuterRef("pk"), cents__gt=0)
    aged = Case(When(age_min=None, age_max=None, then=0), default=1, output_field=IntegerField())
    found = Workshop.objects.filter(draft=False).order_by().annotate(paid=Exists(prices), aged=aged)
    rows = list(found.values_list("theme", "language", "kind", "paid", "aged").distinct())
    themes = sorted({row[0] for row in rows})
    return Offered(
        themes=tuple(theme for theme in themes if theme) if len(themes) > 1 else (),
        languages=frozenset(row[1] for row in rows),
        kinds=frozenset(row[2] for row in rows),
        by_age=any(row[4] for row in rows),
        by_price=len({row[3] for row in rows}) > 1,
    )


def _public(wanted: Wanted) -> QuerySet[WorkshopSession]:
    rows = public_sessions()
    named = {"theme": wanted.theme, "language": wanted.language, "kind": wanted.kind}
    rows = rows.filter(**{f"workshop__{name}": value for name, value in named.items() if value})
    if wanted.age is not None:
        rows = rows.filter(open_to(wanted.age))
    if wanted.free:
        rows = rows.exclude(Exists(WorkshopPrice.objects.filter(workshop=OuterRef("workshop"), cents__gt=0)))
    if wanted.places:
        room = Q(workshop__kind=Kind.DROP_IN) | Q(seats_taken__lt=F("places"))
        rows = rows.filter(room, state=State.SCHEDULED)
    return rows


def _days(wanted: Wanted) -> QuerySet[Programme]:
    days = Programme.objects.all()
    if wanted.places:
        days = days.filter(cancelled=False, seats_taken__lt=F("places"))
    if wanted != EVERYTHING:
        days = days.filter(Exists(_public(wanted).filter(band__programme=OuterRef("pk"))))
    return days


def _number_cycles(dates: list[Date]) -> None:
    """Say of the dates of cycles which one they are, of how many that take place: one query, if there are any."""
    cycles = {one.series_id for one in dates if one.kind == Kind.CYCLE and one.series_id}
    rows = WorkshopSession.objects.filter(series__in=cycles, state=State.SCHEDULED).order_by("starts_at", "pk")
    held: defaultdict[int | None, list[int]] = defaultdict(list)
    for series, pk in rows.values_list("series", "pk") if cycles else ():
        held[series].append(pk)
    for one in dates:
        if one.series_id in cycles and not one.cancelled:
            one.cycle_number, one.cycle_dates = held[one.series_id].index(one.pk) + 1, len(held[one.series_id])
