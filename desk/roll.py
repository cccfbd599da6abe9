"""Acts of the roll: who is there has also come to the lab, who leaves the session leaves it by the same rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from desk import services as desk
from members.models import Channel, User
from place import services as place
from place.models import Visit
from workshops import services as workshops
from workshops.models import Attendance, WorkshopSession
from workshops.services import NOW, Tap


@transaction.atomic
def call(
    *,
    session: WorkshopSession,
    person: User,
    state: str,
    actor: User,
    role: str = Attendance.Role.PARTICIPANT,
    tap: Tap = NOW,
) -> Attendance:
    """Note that somebody is there, is not, or let us know; their coming to the lab follows.

    Raises Conflict, ValidationError, PermissionDenied (workshops.services.mark).
    """
    before = _arrival(session, person)
    row = workshops.mark(session=session, member=person, state=state, actor=actor, role=role, tap=tap)
    if before and before != row.arrived_at:
        place.take_back_arrival(actor=actor, person=person, came_at=before)
    if row.arrived_at and row.arrived_at != before:
        desk.check_in(actor=actor, person=person, at=row.arrived_at, channel=tap.channel)
    return row


@transaction.atomic
def take_back(*, attendance: Attendance, actor: User, tap: Tap = NOW) -> None:
    """Take back what was noted, and the arrival that was noted with it. Raises Conflict, PermissionDenied."""
    workshops.unmark(attendance=attendance, actor=actor, tap=tap)
    if attendance.member and attendance.arrived_at:
        place.take_back_arrival(actor=actor, person=attendance.member, came_at=attendance.arrived_at)


@transaction.atomic
def let_go(*, attendance: Attendance, leaving: str, actor: User, with_whom: str = "", tap: Tap = NOW) -> Attendance:
    """Let somebody leave the session and the lab as their age and their parents' agreement allow.

    Raises Refused with every reason, Conflict, ValidationError, PermissionDenied.
    """
    assert attendance.member is not None
    row = workshops.note_departure(attendance=attendance, leaving=leaving, left_with=with_whom, actor=actor, tap=tap)
    visit = Visit.objects.filter(person=attendance.member, left_at=None).select_related("person").first()
    if visit is None:
        desk.judge_leaving(attendance.member, leaving, with_whom, tap.at)
        return row
    desk.check_out(actor=actor, visit=visit, leaving=leaving, with_whom=with_whom, at=row.left_at, channel=tap.channel)
    return row


@transaction.atomic
def call_everybody(*, session: WorkshopSession, people: list[User], actor: User, tap: Tap = NOW) -> None:
    """Note everybody who has not been called yet as present. Raises as `call`."""
    called = set(Attendance.objects.filter(session=session).values_list("member", flat=True))
    for person in people:
        if person.pk not in called:
            call(session=session, person=person, state=Attendance.State.PRESENT, actor=actor, tap=tap)


@dataclass(frozen=True, slots=True)
class Written:
    """What a sheet of paper says of somebody; `version`: what was known of them when it was typed."""

    person: User
    role: str
    state: str
    came_at: datetime
    left_at: datetime | None
    left_with: str
    version: int


@transaction.atomic
def key_in(
    *,
    session: WorkshopSession,
    rows: Sequence[Written],
    counts: Mapping[tuple[str, str], int],
    key: str,
    actor: User,
) -> None:
    """Type in a sheet of paper with its true times; `key` is the form's own: sent twice it counts once.

    Who fetched is what the paper says: nobody is asked for leave afterwards. Raises Conflict, ValidationError.
    """
    for row in rows:
        _key_in(session, row, actor)
    for (band, gender), people in counts.items():
        if people:
            tap = Tap(key=f"{key}:{band}:{gender}", at=session.starts_at, channel=Channel.PAPER)
            workshops.count_walk_ins(session=session, people=people, band=band, gender=gender, actor=actor, tap=tap)


def _key_in(session: WorkshopSession, row: Written, actor: User) -> None:
    tap = Tap(at=row.came_at, version=row.version, channel=Channel.PAPER)
    known = Attendance.objects.filter(session=session, member=row.person).select_related("session", "member").first()
    if known and known.state == row.state == Attendance.State.PRESENT and known.arrived_at != row.came_at:
        take_back(attendance=known, actor=actor, tap=tap)
        tap = Tap(at=row.came_at, channel=Channel.PAPER)
    noted = call(session=session, person=row.person, state=row.state, role=row.role, actor=actor, tap=tap)
    if row.left_at and row.left_at != noted.left_at:
        leaving = Visit.Leaving.FETCHED if row.left_with else ""
        tap = Tap(at=row.left_at, channel=Channel.PAPER)
        workshops.note_departure(attendance=noted, leaving=leaving, left_with=row.left_with, actor=actor, tap=tap)


def _arrival(session: WorkshopSession, person: User) -> datetime | None:
    rows = Attendance.objects.filter(session=session, member=person)
    return rows.values_list("arrived_at", flat=True).first()
