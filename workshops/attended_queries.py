"""What somebody attended and gave: read from the roll, dated, in hours."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from members.models import User
from place.clock import Span, day_span, local
from workshops.models import LIVE_STATUSES, Attendance, Registration, Workshop, WorkshopSession
from workshops.roll_rules import dates_needed, time_there

Role, State = Attendance.Role, Attendance.State


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody was at a session that long."""

    attendance: Attendance

    @property
    def session(self) -> WorkshopSession:
        return self.attendance.session

    @property
    def day(self) -> date:
        return local(self.session.starts_at).date()

    @property
    def time(self) -> timedelta:
        span = Span(self.session.starts_at, self.session.ends_at)
        return time_there(span, self.attendance.arrived_at, self.attendance.left_at)


@dataclass(frozen=True, slots=True)
class Course:
    """A session, or all the dates of a cycle, that somebody took part in."""

    workshop: Workshop
    lead: WorkshopSession
    presences: tuple[Presence, ...]

    @property
    def time(self) -> timedelta:
        return total(self.presences)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a workshop reached in a time: distinct people, presences (acts) and participants' hours (domain.md §6.3)."""

    workshop: Workshop
    people: int
    acts: int
    time: timedelta


def tallies(start: datetime, end: datetime) -> list[Tally]:
    """Count who took part in the sessions that began in `[start, end)`, by workshop in order of title; one query.

    Somebody who came to every date of a cycle is one person; a duo is two; people without a name are one each.
    """
    rows = Attendance.objects.filter(
        role=Role.PARTICIPANT, state=State.PRESENT, session__starts_at__gte=start, session__starts_at__lt=end
    )
    of_workshop: dict[Workshop, list[Presence]] = {}
    for row in rows.select_related("session__workshop").order_by("session__workshop__title", "session__workshop_id"):
        of_workshop.setdefault(row.session.workshop, []).append(Presence(row))
    return [_tally(workshop, presences) for workshop, presences in of_workshop.items()]


def _tally(workshop: Workshop, presences: list[Presence]) -> Tally:
    together: dict[int, int] = {}
    nameless = 0
    for one in presences:
        who, people = one.attendance.member_id, one.attendance.people
        if who is None:
            nameless += people
        else:
            together[who] = max(together.get(who, 0), people)
    acts = sum(one.attendance.people for one in presences)
    time = sum((one.time * one.attendance.people for one in presences), timedelta())
    return Tally(workshop, nameless + sum(together.values()), acts, time)


def total(presences: Iterable[Presence]) -> timedelta:
    return sum((one.time for one in presences), timedelta())


def courses_of(person: User) -> list[Course]:
    """Return what somebody took part in, the latest first, a cycle once: one query."""
    found: dict[tuple[str, int], list[Presence]] = {}
    for row in _present(person).filter(role=Role.PARTICIPANT):
        session = row.session
        key = ("series", session.series_id or 0) if session.is_cycle else ("session", session.pk)
        found.setdefault(key, []).append(Presence(row))
    courses = [Course(rows[0].session.workshop, rows[0].session, tuple(rows)) for rows in found.values()]
    return sorted(courses, key=lambda one: one.presences[-1].session.starts_at, reverse=True)


def course_of(person: User, session: int) -> Course | None:
    """Return what somebody took part in, by one of its sessions."""
    return next((one for one in courses_of(person) if session in {row.session.pk for row in one.presences}), None)


def hours_given(person: User, first: date, last: date, *, confirmed: bool = True) -> list[Presence]:
    """Return the sessions at which somebody helped from one day to another, in order; the confirmed ones."""
    rows = _present(person).exclude(role=Role.PARTICIPANT).filter(hours_confirmed_at__isnull=not confirmed)
    span = Span(day_span(first).start, day_span(last).end)
    return [Presence(row) for row in rows.filter(session__starts_at__gte=span.start, session__starts_at__lt=span.end)]


def helped(first: date, last: date) -> list[Presence]:
    """Return everybody's help from one day to another, by person and date: one query."""
    rows = Attendance.objects.filter(state=State.PRESENT, member__isnull=False).exclude(role=Role.PARTICIPANT)
    rows = rows.filter(session__starts_at__gte=day_span(first).start, session__starts_at__lt=day_span(last).end)
    rows = rows.select_related("member", "session__workshop")
    return [Presence(row) for row in rows.order_by("member__first_name", "member_id", "session__starts_at")]


def _present(person: User) -> QuerySet[Attendance]:
    rows = Attendance.objects.filter(member=person, state=State.PRESENT)
    return rows.select_related("session__workshop").order_by("session__starts_at", "session_id")


@dataclass(frozen=True, slots=True)
class Completion:
    """How far somebody has come in a cycle: at how many of the dates held they were."""

    person: User
    there: int
    held: int

    @property
    def needed(self) -> int:
        return dates_needed(self.held)

    @property
    def is_complete(self) -> bool:
        return self.there >= self.needed


def dates_held(session: WorkshopSession, now: datetime) -> list[int]:
    """Return the ids of a cycle's dates that have begun and were not called off."""
    rows = WorkshopSession.objects.filter(series=session.series_id, state=WorkshopSession.State.SCHEDULED)
    return list(rows.filter(starts_at__lte=now).values_list("pk", flat=True))


def is_last_date(session: WorkshopSession) -> bool:
    """Tell whether no date of the cycle comes after this one."""
    later = WorkshopSession.objects.filter(series=session.series_id, starts_at__gt=session.starts_at)
    return not later.filter(state=WorkshopSession.State.SCHEDULED).exists()


def completions(session: WorkshopSession, now: datetime) -> list[Completion]:
    """Return how far everybody registered for a cycle has come: three queries."""
    held = dates_held(session, now)
    there: dict[int, int] = {}
    noted = Attendance.objects.filter(session__in=held, state=State.PRESENT, member__isnull=False)
    for member in noted.filter(role=Role.PARTICIPANT).values_list("member", flat=True):
        there[member] = there.get(member, 0) + 1
    rows = Registration.objects.filter(session__series=session.series_id, status__in=LIVE_STATUSES)
    people = User.objects.filter(pk__in=rows.values("member")).order_by("first_name", "last_name", "pk")
    return [Completion(one, there.get(one.pk, 0), len(held)) for one in people]
