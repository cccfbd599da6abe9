"""Planning: series and single sessions, on the lab's recurrence; machines are taken through booking."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from booking import services as booking
from booking.models import Kind
from booking.problems import Refused
from machines.models import Machine
from members.models import User
from members.roles import MENTOR
from members.services import record
from place import recurrence
from place.clock import Span
from place.recurrence import ONCE, RuleSpec, Slot
from place.services import horizon
from workshops import notifications, rules
from workshops.models import Registration, Workshop, WorkshopSeries, WorkshopSession
from workshops.services.registrations import lock_session, promote_waiting

CALENDAR = "workshops"
State = WorkshopSession.State


@transaction.atomic
def save_workshop(
    *, workshop: Workshop, actor: User | None, machines: Iterable[Machine] | None = None, now: datetime | None = None
) -> Workshop:
    """Create or change a workshop; `machines` it needs (None: as they are) count for sessions planned from now on.

    Coming sessions get a new sequence number, so that calendars that follow the feed show the new title.
    """
    _may_plan(actor)
    workshop.full_clean()
    workshop.save()
    if machines is not None:
        workshop.machines.set(machines)
    now = now or timezone.now()
    workshop.sessions.filter(ends_at__gt=now).update(sequence=F("sequence") + 1, updated_at=now)
    _log(actor, "workshop.saved", workshop)
    return workshop


@transaction.atomic
def schedule_series(
    *,
    workshop: Workshop,
    starts_at: datetime,
    ends_at: datetime,
    rule: RuleSpec,
    actor: User | None,
    places: int | None = None,
    now: datetime | None = None,
) -> WorkshopSeries:
    """Plan a workshop that comes back, and lay out its sessions up to the lab's horizon.

    Raises InvalidRule, UnreadableTime, Refused when a machine it needs is taken on one of the dates.
    """
    _may_plan(actor)
    event = _event(workshop, starts_at, ends_at, rule)
    series = WorkshopSeries(workshop=workshop, event=event, places=places or workshop.places)
    series.full_clean()
    series.save()
    slots, machines = recurrence.materialise(event, horizon(now, ends_at)), list(workshop.machines.all())
    for session in _laid_out(_session(slot, workshop, series.places, series=series) for slot in slots):
        _take_machines(session, machines, actor)
    _log(actor, "series.planned", series, starts_at=starts_at.isoformat(), rule=recurrence.rrule_text(event))
    return series


@transaction.atomic
def schedule_session(
    *,
    workshop: Workshop,
    starts_at: datetime,
    ends_at: datetime,
    actor: User | None,
    places: int | None = None,
    facilitator: User | None = None,
) -> WorkshopSession:
    """Plan one session. Raises InvalidRule, UnreadableTime, Refused when a machine it needs is taken."""
    _may_plan(actor)
    (slot,) = recurrence.materialise(_event(workshop, starts_at, ends_at, ONCE), ends_at)
    (session,) = _laid_out([_session(slot, workshop, places or workshop.places, facilitator=facilitator)])
    _take_machines(session, workshop.machines.all(), actor)
    _log(actor, "session.planned", session, starts_at=starts_at.isoformat())
    return session


def materialise_series(now: datetime | None = None) -> int:
    """Lay out the sessions of every series up to the lab's horizon; return how many are new. Idempotent.

    A session whose machines are already taken is laid out without them, and the log says so: the others must not wait.
    """
    now = now or timezone.now()
    with transaction.atomic():
        slots = recurrence.extend(calendar=CALENDAR, now=now, until=horizon(now))
        series = WorkshopSeries.objects.filter(event__in={slot.event_id for slot in slots})
        of_event = {one.event_id: one for one in series.prefetch_related("workshop__machines")}
        planned = ((slot, of_event[slot.event_id]) for slot in slots)
        for session in _laid_out(_session(slot, one.workshop, one.places, series=one) for slot, one in planned):
            _take_machines_if_free(session)
    return len(slots)


@transaction.atomic
def move_session(
    *,
    session: WorkshopSession,
    starts_at: datetime,
    ends_at: datetime,
    actor: User | None,
    now: datetime | None = None,
) -> WorkshopSession:
    """Give a session other times, with its machines; everybody registered is told.

    Raises InvalidRule, UnreadableTime, Refused when it is over or cancelled, or a machine is taken then.
    """
    _may_plan(actor)
    session, now = _open_session(session, now)
    before = Span(session.starts_at, session.ends_at)
    recurrence.move_occurrence(session.occurrence_id, starts_at, ends_at)
    session.starts_at, session.ends_at = starts_at, ends_at
    _save_changed(session, now, "starts_at", "ends_at")
    booking.release(session.reservations.all(), reason=_("The workshop was moved."))
    _take_machines(session, session.workshop.machines.all(), actor)
    notifications.session_moved(_registrations(session), before)
    _log(actor, "session.moved", session, before=before.start.isoformat(), after=starts_at.isoformat())
    return session


@transaction.atomic
def cancel_session(
    *, session: WorkshopSession, reason: str, actor: User | None, now: datetime | None = None
) -> WorkshopSession:
    """Cancel a session: its machines are free again, everybody registered is told why.

    Raises Refused when it is over or already cancelled.
    """
    _may_plan(actor)
    session, now = _open_session(session, now)
    recurrence.cancel_occurrence(session.occurrence_id)
    session.state, session.cancel_reason = State.CANCELLED, reason.strip()
    _save_changed(session, now, "state", "cancel_reason")
    booking.release(session.reservations.all(), reason=session.cancel_reason)
    notifications.session_cancelled(_registrations(session), session.cancel_reason)
    _log(actor, "session.cancelled", session, reason=session.cancel_reason)
    return session


@transaction.atomic
def change_places(
    *, session: WorkshopSession, places: int, actor: User | None, now: datetime | None = None
) -> WorkshopSession:
    """Change how many places a session has: more lets in who waits, fewer sends nobody away."""
    _may_plan(actor)
    session, now = _open_session(session, now)
    session.places = places
    session.full_clean()
    session.save(update_fields=["places"])
    promote_waiting(session, now)
    _log(actor, "session.places", session, places=places)
    return session


@transaction.atomic
def name_mentors(*, session: WorkshopSession, mentors: Iterable[User], actor: User | None) -> WorkshopSession:
    """Say which peer mediators help at a session: they see its first names, and nothing else of anybody.

    Raises ValidationError for somebody who is no peer mediator.
    """
    _may_plan(actor)
    wanted = list(mentors)
    known = set(
        User.objects.filter(pk__in=[one.pk for one in wanted], groups__name=MENTOR).values_list("pk", flat=True)
    )
    others = ", ".join(str(one) for one in wanted if one.pk not in known)
    if others:
        raise ValidationError({"people": _("Not a peer mediator: %(names)s.") % {"names": others}})
    session.mentors.set(wanted)
    _log(actor, "session.mentors", session, mentors=sorted(known))
    return session


def _event(workshop: Workshop, starts_at: datetime, ends_at: datetime, rule: RuleSpec) -> Any:
    return recurrence.create_event(
        calendar=CALENDAR, title=workshop.title, starts_at=starts_at, ends_at=ends_at, rule=rule
    )


def _session(slot: Slot, workshop: Workshop, places: int, **fields: Any) -> WorkshopSession:
    return WorkshopSession(
        workshop=workshop,
        occurrence_id=slot.occurrence_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        places=places,
        **fields,
    )


def _laid_out(sessions: Iterable[WorkshopSession]) -> list[WorkshopSession]:
    """Store new sessions at once: a year of a series is one insert."""
    rows = list(sessions)
    for row in rows:
        row.clean_fields(exclude={"workshop", "series", "occurrence", "facilitator"})
    return WorkshopSession.objects.bulk_create(rows)


def _take_machines(session: WorkshopSession, machines: Iterable[Machine], actor: User | None) -> None:
    """Take the machines that the workshop needs, all or none. Raises Refused."""
    needed = list(machines)
    if not needed:
        return
    session.reservations.set(
        booking.block_machines(
            machines=needed, starts_at=session.starts_at, ends_at=session.ends_at, kind=Kind.WORKSHOP, actor=actor
        )
    )


def _take_machines_if_free(session: WorkshopSession) -> None:
    try:
        with transaction.atomic():
            _take_machines(session, session.workshop.machines.all(), None)
    except Refused as refused:
        _log(None, "session.machines_taken", session, problems=refused.codes)


def _open_session(session: WorkshopSession, now: datetime | None) -> tuple[WorkshopSession, datetime]:
    session, now = lock_session(session), now or timezone.now()
    if session.state == State.CANCELLED or session.ends_at <= now:
        raise Refused([rules.closed(_("This session is over or cancelled."))])
    return session, now


def _save_changed(session: WorkshopSession, now: datetime, *fields: str) -> None:
    session.sequence, session.updated_at = session.sequence + 1, now
    session.full_clean()
    session.save(update_fields=[*fields, "sequence", "updated_at"])


def _registrations(session: WorkshopSession) -> list[Registration]:
    rows = session.registrations.filter(~Q(status=Registration.Status.CANCELLED))
    return list(rows.select_related("member", "session__workshop").order_by("created_at", "pk"))


def _may_plan(actor: User | None) -> None:
    """Nobody (None) is the lab itself: timed tasks and the demonstration's data."""
    if actor is not None and not actor.has_perm("workshops.manage_workshops"):
        raise PermissionDenied(_("You may not plan workshops."))


def _log(actor: User | None, action: str, row: Model, **detail: Any) -> None:
    record(actor=actor, action=action, subject=f"{row._meta.model_name}:{row.pk}", detail=detail)
