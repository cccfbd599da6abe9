"""Reading sessions and registrations: one query a list, whatever its length."""

from datetime import datetime, timedelta

from django.db.models import Case, Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, When

from members.models import User
from members.roles import MENTOR
from place.models import Closure
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
) -> list[WorkshopSession]:
    """Return the sessions, cancelled ones too, that meet `[start, end)`, in order; one query.

    Each carries `workshop`, `places_left` and `waiting` (how many registrations wait). `age` keeps the workshops
    open to that age; `after` is the (starts_at, id) of a last row seen.
    """
    rows = with_counts(WorkshopSession.objects.filter(starts_at__lt=end, ends_at__gt=start))
    if age is not None:
        rows = rows.filter(open_to(age))
    if workshop is not None:
        rows = rows.filter(workshop=workshop)
    if after is not None:
        rows = rows.filter(Q(starts_at__gt=after[0]) | Q(starts_at=after[0], pk__gt=after[1]))
    return list(rows.order_by("starts_at", "pk")[:limit])


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
    return list(rows.select_related("session__workshop").order_by("session__starts_at", "session_id"))


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


def next_joinable(age: int | None, now: datetime, limit: int = 3) -> list[WorkshopSession]:
    """Return the next sessions, within 60 days, that somebody of that age can still join."""
    coming = WorkshopSession.objects.filter(starts_at__gt=now, starts_at__lt=now + timedelta(days=60))
    rows = with_counts(coming.filter(open_to(age), state=State.SCHEDULED, seats_taken__lt=F("places")))
    return list(rows.order_by("starts_at", "pk")[:limit])


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


def sessions_off_calendar(now: datetime) -> list[WorkshopSession]:
    """Return the coming sessions that fall on a closure planned since: the team moves or calls them off."""
    closed = Closure.objects.filter(starts_at__lt=OuterRef("ends_at"), ends_at__gt=OuterRef("starts_at"))
    rows = WorkshopSession.objects.filter(Exists(closed), state=State.SCHEDULED, starts_at__gt=now)
    return list(with_counts(rows).order_by("starts_at", "pk"))


def entry_of(day: Programme, member: User) -> ProgrammeEntry | None:
    """Return a member's place at a day with a programme."""
    return ProgrammeEntry.objects.filter(programme=day, member=member, cancelled_at=None).first()


def parts_of(day: Programme) -> list[ProgrammeBand]:
    """Return the parts of a day in order, each with its `choices` that are not called off: two queries."""
    choices = with_counts(WorkshopSession.objects.filter(state=State.SCHEDULED)).order_by("workshop__title", "pk")
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
    prices = dict(WorkshopPrice.objects.filter(workshop=workshop).values_list("band", "cents"))
    if not prices:
        return 0
    band = member.household.family_quotient_band if member.household else ""
    return prices.get(band, max(prices.values()))


def _not_cancelled(member: User) -> QuerySet[Registration]:
    return Registration.objects.filter(member=member).exclude(status=Status.CANCELLED)


def open_to(age: int | None) -> Q:
    """An unknown age is welcome only where every age is (workshops.rules.fits_age, in SQL)."""
    youngest, oldest = Q(workshop__age_min__isnull=True), Q(workshop__age_max__isnull=True)
    if age is None:
        return youngest & oldest
    return (youngest | Q(workshop__age_min__lte=age)) & (oldest | Q(workshop__age_max__gte=age))
