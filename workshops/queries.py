"""Reading sessions and registrations: one query a list, whatever its length."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Case, Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, When

from members.models import QuotientBand, User
from members.roles import MENTOR, STAFF
from members.standing import is_under
from workshops.models import (
    LIVE_STATUSES,
    Programme,
    ProgrammeBand,
    ProgrammeEntry,
    Registration,
    Workshop,
    WorkshopPrice,
    WorkshopSession,
)

Status = Registration.Status
State = WorkshopSession.State


def sessions_between(
    start: datetime,
    end: datetime,
    *,
    age: int | None = None,
    workshop: Workshop | int | None = None,
    limit: int | None = None,
    after: tuple[datetime, int] | None = None,
    whole_cycles: bool = False,
) -> list[WorkshopSession]:
    """Return the public sessions, cancelled ones too, that meet `[start, end)`, in order; one query.

    Each carries `workshop`, `places_left` and `waiting` (how many registrations wait). `age` keeps the workshops
    open to that age; `after` is the (starts_at, id) of a last row seen; with `whole_cycles` a cycle is its next date
    alone, with `dates_left`.
    """
    rows = with_counts(public_sessions().filter(starts_at__lt=end, ends_at__gt=start))
    if whole_cycles:
        rows = _whole_cycles(rows, start)
    if age is not None:
        rows = rows.filter(open_to(age))
    if workshop is not None:
        rows = rows.filter(workshop=workshop)
    if after is not None:
        rows = rows.filter(Q(starts_at__gt=after[0]) | Q(starts_at=after[0], pk__gt=after[1]))
    return list(rows.order_by("starts_at", "pk")[:limit])


def public_sessions() -> QuerySet[WorkshopSession]:
    """Return the sessions that anybody may see: those of a draft are nobody's business yet."""
    return WorkshopSession.objects.filter(workshop__draft=False)


def with_counts(rows: QuerySet[WorkshopSession]) -> QuerySet[WorkshopSession]:
    """Add `workshop` to sessions; `places_left` and `waiting` are counted with them."""
    return rows.select_related("workshop")


def waiting_line(session: WorkshopSession) -> QuerySet[Registration]:
    """Return who waits for a place, first come first."""
    rows = Registration.objects.filter(session=session, status=Status.WAITLISTED)
    return rows.select_related("member", "session__workshop").order_by("created_at", "pk")


def registration_of(session: WorkshopSession, member: User) -> Registration | None:
    """Return a member's live or waiting registration at a session, with its `position`."""
    return with_position(_not_cancelled(member).filter(session=session)).first()


def registrations_of(member: User, now: datetime) -> list[Registration]:
    """Return a member's registrations to sessions that are not over, in order, each with its `position`."""
    rows = with_position(_not_cancelled(member).filter(session__ends_at__gt=now))
    return list(rows.select_related("session__workshop", "band").order_by("session__starts_at", "session_id"))


def with_position(rows: QuerySet[Registration]) -> QuerySet[Registration]:
    """Add `position`: the place in the waiting line, from 1; None for somebody who does not wait."""
    before = Registration.objects.filter(session=OuterRef("session"), status=Status.WAITLISTED).filter(
        Q(created_at__lt=OuterRef("created_at")) | Q(created_at=OuterRef("created_at"), pk__lte=OuterRef("pk"))
    )
    place = before.order_by().values("session").annotate(total=Count("pk")).values("total")
    position = Case(When(status=Status.WAITLISTED, then=Subquery(place)), default=None)
    return rows.annotate(position=position)  # type: ignore[no-redef]


def mentored_by(person: User, start: datetime, end: datetime) -> list[WorkshopSession]:
    """Return the sessions of a window at which a peer mediator helps, with who is registered: two queries."""
    registered = Registration.objects.filter(status__in=LIVE_STATUSES).select_related("member").order_by("created_at")
    if not person.groups.filter(name=MENTOR).exists():
        return []
    rows = WorkshopSession.objects.filter(mentors=person, starts_at__lt=end, ends_at__gt=start, state=State.SCHEDULED)
    rows = rows.select_related("workshop").order_by("starts_at", "pk")
    return list(rows.prefetch_related(Prefetch("registrations", registered, to_attr="coming")))


def next_joinable(
    age: int | None, now: datetime, limit: int = 3, *, late_joiner: bool = False
) -> list[WorkshopSession]:
    """Return the next sessions, within 60 days, that somebody of that age can still join; a cycle once.

    A cycle that has begun is for a `late_joiner` alone; a workshop of a day comes with its day.
    """
    coming = public_sessions().filter(starts_at__gt=now, starts_at__lt=now + timedelta(days=60), band=None)
    rows = with_counts(coming.filter(open_to(age), state=State.SCHEDULED, seats_taken__lt=F("places")))
    rows = rows.exclude(workshop__kind=Workshop.Kind.DROP_IN)
    rows = _whole_cycles(rows, now) if late_joiner else _whole_cycles(rows)
    return list(rows.order_by("starts_at", "pk")[:limit])


def _whole_cycles(rows: QuerySet[WorkshopSession], since: datetime | None = None) -> QuerySet[WorkshopSession]:
    """Keep of each cycle its first date (not over at a moment), with `dates_left`: how many it has from then on."""
    others = WorkshopSession.objects.filter(series=OuterRef("series"), state=State.SCHEDULED)
    if since is not None:
        others = others.filter(ends_at__gt=since)
    left = others.order_by().values("series").annotate(total=Count("pk")).values("total")
    is_cycle = Q(workshop__kind=Workshop.Kind.CYCLE, series__isnull=False)
    rows = rows.exclude(is_cycle & Exists(others.filter(starts_at__lt=OuterRef("starts_at"))))
    return rows.annotate(dates_left=Case(When(is_cycle, then=Subquery(left)), default=None))


def dates_of(session: WorkshopSession) -> list[WorkshopSession]:
    """Return the dates that one registration is for: those of the cycle that are not called off, or just this one."""
    if not session.is_cycle:
        return [session]
    rows = WorkshopSession.objects.filter(series=session.series_id, state=State.SCHEDULED).select_related("workshop")
    return list(rows.order_by("starts_at", "pk")) or [session]


def choice_in_band(session: WorkshopSession, member: User) -> Registration | None:
    """Return what a member has chosen in the part of a day that a session belongs to, when it is another one."""
    if session.band_id is None:
        return None
    rows = _not_cancelled(member).filter(band=session.band_id).exclude(session=session)
    return rows.select_related("session__workshop").first()


def with_conflicts(rows: QuerySet[WorkshopSession]) -> QuerySet[WorkshopSession]:
    """Add `also_runs`: the title of another workshop that the same person runs at the same time, or None."""
    others = WorkshopSession.objects.filter(
        facilitator=OuterRef("facilitator"), state=State.SCHEDULED, starts_at__lt=OuterRef("ends_at"),
        ends_at__gt=OuterRef("starts_at"),
    ).exclude(pk=OuterRef("pk"))  # fmt: skip
    title = Subquery(others.order_by("starts_at", "pk").values("workshop__title")[:1])
    return rows.annotate(also_runs=Case(When(state=State.SCHEDULED, then=title), default=None))  # type: ignore[no-redef]


def entry_of(day: Programme, member: User) -> ProgrammeEntry | None:
    """Return a member's place at a day with a programme."""
    return ProgrammeEntry.objects.filter(programme=day, member=member, cancelled_at=None).first()


def parts_of(day: Programme) -> list[ProgrammeBand]:
    """Return the parts of a day in order, each with its `choices` that are not called off: two queries."""
    choices = with_counts(public_sessions().filter(state=State.SCHEDULED)).order_by("workshop__title", "pk")
    return list(day.bands.prefetch_related(Prefetch("sessions", choices, to_attr="choices")))


def chosen_in(day: Programme, member: User) -> dict[int, Registration]:
    """Return what a member has chosen in a day, by the part it belongs to."""
    rows = with_position(_not_cancelled(member).filter(band__programme=day)).select_related("session__workshop")
    return {row.band_id: row for row in rows if row.band_id is not None}


def day_to_join(session: WorkshopSession, member: User) -> str:
    """Return the short name of the day a session belongs to, while a member is not registered for it; else nothing."""
    if session.band_id is None:
        return ""
    programme = Programme.objects.get(bands=session.band_id)
    held = ProgrammeEntry.objects.filter(programme=programme, member=member, cancelled_at__isnull=True)
    return "" if held.exists() else programme.slug


def price_of(workshop: Workshop, member: User) -> int:
    """Return what a workshop costs a member, in cents: by the band of their household, the dearest without one."""
    prices = prices_of(workshop)
    if not prices:
        return 0
    band = member.household.family_quotient_band if member.household else ""
    return prices.get(band, max(prices.values()))


def prices_of(workshop: Workshop) -> dict[str, int]:
    """Return what a workshop costs in each band of family quotient, in cents; nothing for one that is free."""
    return dict(WorkshopPrice.objects.filter(workshop=workshop).order_by("band").values_list("band", "cents"))


def price_list(workshop: Workshop) -> list[tuple[str, int]]:
    """Return what each band of family quotient pays, in words and cents; nothing for a workshop that is free."""
    prices = prices_of(workshop)
    return [(str(QuotientBand(band).label), cents) for band, cents in prices.items()] if any(prices.values()) else []


def leaders_of(workshop: Workshop, day: date) -> list[str]:
    """Return the first names of who runs a workshop: grown-ups of the team only, nobody young is named in public."""
    rows = workshop.facilitators.filter(is_active=True, groups__name__in=STAFF).distinct().order_by("first_name", "pk")
    return [one.first_name for one in rows if not is_under(settings.MAJORITY_AGE, one.birth_date, day)]


def coming_days(now: datetime) -> list[Programme]:
    """Return the days with a programme that have not begun and are not called off, in order."""
    return list(Programme.objects.filter(starts_at__gt=now, cancelled=False).order_by("starts_at", "pk"))


def _not_cancelled(member: User) -> QuerySet[Registration]:
    return Registration.objects.filter(member=member).exclude(status=Status.CANCELLED)


def open_to(age: int | None) -> Q:
    """An unknown age is welcome only where every age is (workshops.rules.fits_age, in SQL)."""
    youngest, oldest = Q(workshop__age_min__isnull=True), Q(workshop__age_max__isnull=True)
    if age is None:
        return youngest & oldest
    return (youngest | Q(workshop__age_min__lte=age)) & (oldest | Q(workshop__age_max__gte=age))
