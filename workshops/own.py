"""What somebody is registered for: a cycle is one line; days with a programme; what was."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Subquery

from members.models import User
from workshops.models import LIVE_STATUSES, Attendance, ProgrammeEntry, Registration, WorkshopSession
from workshops.offer import free_until
from workshops.queries import registrations_of

Status = Registration.Status
MOST_PAST = 30


@dataclass(frozen=True, slots=True)
class Line:
    """A place, or a whole cycle: `row` is the next date, `dates` how many are left, `due` what is to be paid."""

    row: Registration
    dates: int
    due: Registration | None
    free_until: datetime | None
    open: bool

    @property
    def is_held(self) -> bool:
        return self.row.status == Status.HELD


@dataclass(frozen=True, slots=True)
class Own:
    """What one person's page of workshops shows."""

    held: list[Line]
    coming: list[Line]
    owed: list[Registration]
    days: list[ProgrammeEntry]
    past: list[WorkshopSession]

    @property
    def is_empty(self) -> bool:
        return not (self.held or self.coming or self.days)


def own_of(member: User, now: datetime) -> Own:
    """Return what a member is registered for, with what was: four queries, whatever there is."""
    rows, dues = registrations_of(member, now), _dues(member)
    days = list(_days(member, now))
    of_a_day = {day.programme_id for day in days}
    lines = [_line(found, dues, now) for found in _lots(rows)]
    held = [line for line in lines if line.is_held]
    shown_with_day = [line for line in lines if line.row.band and line.row.band.programme_id in of_a_day]
    coming = [line for line in lines if not line.is_held and line not in shown_with_day]
    return Own(held, coming, list(dues.values()), days, _past(member, now))


def _lots(rows: Iterable[Registration]) -> list[list[Registration]]:
    """Put the dates of a cycle together; the order of the first dates stays."""
    lots: dict[tuple[str, int], list[Registration]] = {}
    for row in rows:
        lots.setdefault(_lot_key(row.session), []).append(row)
    return list(lots.values())


def _lot_key(session: WorkshopSession) -> tuple[str, int]:
    return ("series", session.series_id or 0) if session.is_cycle else ("session", session.pk)


def _line(rows: list[Registration], dues: dict[tuple[str, int], Registration], now: datetime) -> Line:
    held = [row for row in rows if row.session.state == WorkshopSession.State.SCHEDULED]
    coming = [row for row in held if row.session.starts_at > now]
    row = (coming or held or rows)[0]
    return Line(row, len(held), dues.get(_lot_key(row.session)), free_until(row.session, now), bool(coming))


def _dues(member: User) -> dict[tuple[str, int], Registration]:
    """Return what is still to be paid; of a cycle the price stands with one date, which may be over."""
    rows = Registration.objects.filter(member=member, price_cents__gt=0, paid_at=None, status__in=LIVE_STATUSES)
    return {_lot_key(row.session): row for row in rows.select_related("session__workshop")}


def _days(member: User, now: datetime) -> Iterable[ProgrammeEntry]:
    rows = ProgrammeEntry.objects.filter(member=member, cancelled_at=None, programme__ends_at__gt=now)
    return rows.select_related("programme").order_by("programme__starts_at", "pk")


def _past(member: User, now: datetime) -> list[WorkshopSession]:
    """Return the sessions that are over, the latest first, each with `attended`: what the roll says, or nothing."""
    seats = Registration.objects.filter(session=OuterRef("pk"), member=member, status__in=LIVE_STATUSES)
    marks = Attendance.objects.filter(session=OuterRef("pk"), member=member)
    rows = WorkshopSession.objects.filter(ends_at__lte=now, state=WorkshopSession.State.SCHEDULED)
    rows = rows.filter(Exists(seats) | Exists(marks)).annotate(attended=Subquery(marks.values("state")[:1]))
    return list(rows.select_related("workshop").order_by("-starts_at", "-pk")[:MOST_PAST])
