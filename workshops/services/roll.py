"""The one writer of attendance: one tap each, people without a name too, from a tablet now or from paper later."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from members.models import Channel, User
from place.clock import local
from place.rules import age_band
from workshops.models import Attendance, Registration, WorkshopSession
from workshops.queries import registration_of
from workshops.services.rows import log, may_plan
from workshops.services.seats import lock_session

Role = Attendance.Role
State = Attendance.State


class Conflict(Exception):
    """Somebody else has noted another thing since: `current` is what stands, None when it was taken away."""

    def __init__(self, current: Attendance | None) -> None:
        self.current = current
        super().__init__("attendance changed meanwhile")


@dataclass(frozen=True, slots=True)
class Tap:
    """One act at the roll: when it was made, what was seen then (`version`, 0: nothing), and its own key.

    `at` is when it happened, also when it is sent later; None: now. `version` None: whatever was seen, this counts.
    """

    key: str = ""
    at: datetime | None = None
    version: int | None = None
    channel: str = Channel.DESK


NOW = Tap()


@transaction.atomic
def mark(
    *,
    session: WorkshopSession,
    member: User,
    state: str,
    actor: User,
    role: str = Role.PARTICIPANT,
    tap: Tap = NOW,
    now: datetime | None = None,
) -> Attendance:
    """Note that somebody is there, is not, or let us know. Sent twice it is once; the same word twice is no conflict.

    Who was not registered came as a walk-in. Raises Conflict when somebody else has noted another thing since,
    ValidationError for a moment to come or a session that is called off, PermissionDenied.
    """
    _may_call(actor, session)
    session, moment = lock_session(session), _moment(tap, now)
    _refuse_early(session, moment)
    known = Attendance.objects.filter(session=session, member=member).first()
    if known is not None:
        return _changed(known, state, actor, tap, moment)
    if tap.version:
        raise Conflict(None)
    row = _of_member(session, member, state, role)
    return _saved(row, actor, tap, moment)


@transaction.atomic
def count_walk_ins(
    *,
    session: WorkshopSession,
    people: int,
    band: str,
    gender: str,
    actor: User,
    tap: Tap = NOW,
    now: datetime | None = None,
) -> Attendance:
    """Note people who gave no name, by age band and gender. Sent twice it is once.

    Raises ValidationError, PermissionDenied.
    """
    _may_call(actor, session)
    session, moment = lock_session(session), _moment(tap, now)
    _refuse_early(session, moment)
    if tap.key and (sent := Attendance.objects.filter(key=tap.key).first()):
        return sent
    row = Attendance(session=session, people=people, age_band=band, gender=gender, walk_in=True)
    return _saved(row, actor, tap, moment)


@transaction.atomic
def unmark(*, attendance: Attendance, actor: User, tap: Tap = NOW) -> None:
    """Take back what was noted, as if nobody had been asked yet. Raises Conflict, PermissionDenied."""
    _may_call(actor, attendance.session)
    lock_session(attendance.session)
    current = Attendance.objects.filter(pk=attendance.pk).first()
    if current is None:
        return
    if tap.version is not None and current.version != tap.version:
        raise Conflict(current)
    log(actor, "attendance.taken_back", current, session=current.session_id, state=current.state)
    current.delete()


@transaction.atomic
def note_departure(
    *, attendance: Attendance, leaving: str, actor: User, left_with: str = "", tap: Tap = NOW
) -> Attendance:
    """Note that somebody left the session, and how; who may leave how is judged above (desk.rules).

    Sent twice it is once. Raises Conflict when somebody else has noted another thing since, ValidationError for who
    is not there or a moment before they came, PermissionDenied.
    """
    _may_call(actor, attendance.session)
    lock_session(attendance.session)
    current, moment = Attendance.objects.filter(pk=attendance.pk).first(), _moment(tap)
    if current is not None and tap.key and current.key == tap.key:
        return current
    if current is None or tap.version not in {None, current.version}:
        raise Conflict(current)
    if current.state != State.PRESENT:
        raise ValidationError(_("This person is not there."))
    if current.arrived_at and moment < current.arrived_at:
        raise ValidationError({"at": _("This moment is before the arrival.")})
    current.left_at, current.leaving, current.left_with = moment, leaving, left_with.strip()[:200]
    current.version, current.key = current.version + 1, tap.key or None
    current.save(update_fields=["left_at", "leaving", "left_with", "version", "key"])
    log(actor, "attendance.left", current, session=current.session_id, leaving=leaving)
    return current


@transaction.atomic
def confirm_hours(*, attendance: Attendance, actor: User, now: datetime | None = None) -> Attendance:
    """Confirm the hours that a volunteer or peer mediator gave. Raises PermissionDenied, ValidationError."""
    may_plan(actor)
    if attendance.role == Role.PARTICIPANT or attendance.state != State.PRESENT:
        raise ValidationError(_("Only the hours of who helped and was there are confirmed."))
    Attendance.objects.filter(pk=attendance.pk, hours_confirmed_at=None).update(
        hours_confirmed_at=now or timezone.now()
    )
    log(actor, "attendance.hours", attendance, session=attendance.session_id)
    attendance.refresh_from_db(fields=["hours_confirmed_at"])
    return attendance


def _of_member(session: WorkshopSession, member: User, state: str, role: str) -> Attendance:
    registration = registration_of(session, member)
    came = registration is not None and registration.status != Registration.Status.WAITLISTED
    return Attendance(
        session=session,
        member=member,
        role=role,
        state=state,
        people=registration.seats if registration is not None and came else 1,
        age_band=age_band(member.age_on(local(session.starts_at).date())),
        gender=member.gender,
        walk_in=role == Role.PARTICIPANT and not came,
    )


def _changed(known: Attendance, state: str, actor: User, tap: Tap, moment: datetime) -> Attendance:
    if known.state == state or (tap.key and known.key == tap.key):
        return known
    if tap.version is not None and tap.version != known.version:
        raise Conflict(known)
    known.state, known.version = state, known.version + 1
    known.arrived_at = moment if state == State.PRESENT else None
    known.left_at, known.leaving, known.left_with = None, "", ""
    return _saved(known, actor, tap, moment)


def _saved(row: Attendance, actor: User, tap: Tap, moment: datetime) -> Attendance:
    row.key, row.channel, row.recorded_by = tap.key or None, tap.channel, actor
    row.recorded_at = timezone.now()
    if row.state == State.PRESENT and row.arrived_at is None:
        row.arrived_at = moment
    row.full_clean(exclude={"session", "member", "recorded_by"}, validate_constraints=False)
    row.save()
    log(actor, "attendance.noted", row, session=row.session_id, member=row.member_id, state=row.state)
    return row


def _moment(tap: Tap, now: datetime | None = None) -> datetime:
    now = now or timezone.now()
    if tap.at and tap.at > now:
        raise ValidationError({"at": _("This moment is still to come.")})
    return tap.at or now


def _refuse_early(session: WorkshopSession, moment: datetime) -> None:
    if session.state == WorkshopSession.State.CANCELLED:
        raise ValidationError(_("This session is called off."))
    if local(moment).date() < local(session.starts_at).date():
        raise ValidationError(_("The roll is called on the day itself."))


def _may_call(actor: User, session: WorkshopSession) -> None:
    if actor.has_perm("workshops.register_others") or session.facilitator_id == actor.pk:
        return
    raise PermissionDenied(_("You may not call the roll of this session."))
