"""Planning: series and single sessions, on the lab's recurrence; machines are taken through booking."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from booking import services as booking
from booking.models import Kind
from booking.problems import Refused
from machines.models import Machine
from members.models import User
from place import recurrence
from place.clock import Span, local
from place.models import During
from place.queries import closures_between, school_holidays
from place.recurrence import ONCE, RuleSpec, Slot
from place.rules import takes_place
from place.services import horizon
from workshops import notifications, rules
from workshops.models import ProgrammeBand, Registration, Workshop, WorkshopSeries, WorkshopSession
from workshops.services.offers import refuse_unplannable
from workshops.services.rows import log, may_plan, open_session, registered_for, save_changed
from workshops.services.seats import lock_lot, promote_waiting, recount

CALENDAR = "workshops"
State = WorkshopSession.State


@transaction.atomic
def schedule_series(
    *,
    workshop: Workshop,
    starts_at: datetime,
    ends_at: datetime,
    rule: RuleSpec,
    actor: User | None,
    places: int | None = None,
    facilitator: User | None = None,
    during: str = During.ALWAYS,
    now: datetime | None = None,
) -> WorkshopSeries:
    """Plan a workshop that comes back, or a cycle, and lay out its sessions up to the lab's horizon.

    Dates outside that part of the school year, or on which the lab is closed, get no session; a cycle is laid out to
    its end. Raises InvalidRule, UnreadableTime, ValidationError for a draft, Refused when a machine it needs is taken.
    """
    may_plan(actor)
    refuse_unplannable(workshop, rule)
    event = _event(workshop, starts_at, ends_at, rule)
    series = WorkshopSeries(
        workshop=workshop, event=event, places=places or workshop.places, during=during, facilitator=facilitator
    )
    series.full_clean()
    series.save()
    slots, machines = recurrence.materialise(event, _last_date(series, now, ends_at)), list(workshop.machines.all())
    for session in laid_out(_of_series(slot, series) for slot in taking_place(series, slots)):
        take_machines(session, machines, actor)
    log(actor, "series.planned", series, starts_at=starts_at.isoformat(), rule=recurrence.rrule_text(event))
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
    band: ProgrammeBand | None = None,
) -> WorkshopSession:
    """Plan one session, also as a choice in a part of a day.

    Raises InvalidRule, UnreadableTime, ValidationError for a draft, Refused when a machine it needs is taken.
    """
    may_plan(actor)
    refuse_unplannable(workshop, ONCE)
    (slot,) = recurrence.materialise(_event(workshop, starts_at, ends_at, ONCE), ends_at)
    wanted = _session(slot, workshop, places or workshop.places, facilitator=facilitator, band=band)
    (session,) = laid_out([wanted])
    take_machines(session, workshop.machines.all(), actor)
    log(actor, "session.planned", session, starts_at=starts_at.isoformat())
    return session


def materialise_series(now: datetime | None = None) -> int:
    """Lay out the sessions of every series up to the lab's horizon; return how many are new. Idempotent.

    A session whose machines are already taken is laid out without them, and the log says so: the others must not wait.
    A date that was left out and now takes place, since holidays or closures changed, gets its session; the sessions
    of dates that no longer do stay, for people are registered: the planning shows them.
    """
    now = now or timezone.now()
    with transaction.atomic():
        recurrence.extend(calendar=CALENDAR, now=now, until=horizon(now))
        sessions = laid_out(_of_series(slot, series) for series, slot in _without_session(now))
        for session in sessions:
            _enrol_again(session, now)
            _take_machines_if_free(session)
    return len(sessions)


def _without_session(now: datetime) -> Iterable[tuple[WorkshopSeries, Slot]]:
    """Yield the coming dates of series that take place and have no session."""
    known = WorkshopSession.objects.values("occurrence")
    fresh = recurrence.coming_slots(calendar=CALENDAR, now=now, without=known)
    rows = WorkshopSeries.objects.filter(event__in={slot.event_id for slot in fresh})
    of_event = {one.event_id: one for one in rows.prefetch_related("workshop__machines").select_related("facilitator")}
    for event_id, series in of_event.items():
        mine = [slot for slot in fresh if slot.event_id == event_id]
        yield from ((series, slot) for slot in taking_place(series, mine))


def _enrol_again(session: WorkshopSession, now: datetime) -> None:
    """Give a new date of a cycle to who is enrolled in it."""
    if session.is_cycle:
        enrolled = Registration.objects.filter(session__series=session.series_id).exclude(session=session)
        rows = {row.member_id: row for row in enrolled.exclude(status=Registration.Status.CANCELLED)}
        Registration.objects.bulk_create(_copied(row, session) for row in rows.values())
        recount([session])


def _copied(row: Registration, session: WorkshopSession) -> Registration:
    kept = {name: getattr(row, name) for name in ("member_id", "companion", "seats", "status", "held_until", "channel")}
    return Registration(session=session, created_by_id=row.created_by_id, created_at=row.created_at, **kept)


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
    may_plan(actor)
    session, now = open_session(session, now)
    move_locked(session, starts_at, ends_at, actor, now)
    return session


def move_locked(
    session: WorkshopSession, starts_at: datetime, ends_at: datetime, actor: User | None, now: datetime
) -> None:
    """Give a locked session other times; see `move_session`."""
    before = Span(session.starts_at, session.ends_at)
    recurrence.move_occurrence(session.occurrence_id, starts_at, ends_at)
    session.starts_at, session.ends_at = starts_at, ends_at
    save_changed(session, now, "starts_at", "ends_at")
    booking.release(session.reservations.all(), reason=_("The workshop was moved."))
    take_machines(session, session.workshop.machines.all(), actor)
    notifications.session_moved(registered_for(session), before)
    log(actor, "session.moved", session, before=before.start.isoformat(), after=starts_at.isoformat())


@transaction.atomic
def cancel_session(
    *, session: WorkshopSession, reason: str, actor: User | None, now: datetime | None = None
) -> WorkshopSession:
    """Cancel a session: its machines are free again, everybody registered is told why.

    Raises Refused when it is over or already cancelled.
    """
    may_plan(actor)
    session, now = open_session(session, now)
    recurrence.cancel_occurrence(session.occurrence_id)
    session.state, session.cancel_reason = State.CANCELLED, reason.strip()
    save_changed(session, now, "state", "cancel_reason")
    booking.release(session.reservations.all(), reason=session.cancel_reason)
    notifications.session_cancelled(registered_for(session), session.cancel_reason)
    log(actor, "session.cancelled", session, reason=session.cancel_reason)
    return session


@transaction.atomic
def change_places(
    *, session: WorkshopSession, places: int, actor: User | None, now: datetime | None = None
) -> WorkshopSession:
    """Change how many places a session has, with every date of a cycle: more are offered to who waits.

    Raises Refused for fewer than are taken: nobody is sent away.
    """
    may_plan(actor)
    now = now or timezone.now()
    lot = lock_lot(open_session(session, now)[0], now)
    taken = max(one.seats_taken for one in lot.dates)
    if places < taken:
        raise Refused([rules.too_few_places(taken)])
    for one in lot.dates:
        one.places = places
        one.clean_fields(exclude={"workshop", "series", "band", "occurrence", "facilitator"})
        one.save(update_fields=["places"])
    promote_waiting(lot, now)
    session = lot.lead
    log(actor, "session.places", session, places=places)
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


def _of_series(slot: Slot, series: WorkshopSeries) -> WorkshopSession:
    return _session(slot, series.workshop, series.places, series=series, facilitator=series.facilitator)


def _last_date(series: WorkshopSeries, now: datetime | None, first_end: datetime) -> datetime:
    """Return until when dates are laid out at once: a cycle to its end, what goes on up to the lab's horizon."""
    end = series.event.end_recurring_period
    if series.workshop.kind == Workshop.Kind.CYCLE and end is not None:
        return max(end, first_end)
    return horizon(now, first_end)


def taking_place(series: WorkshopSeries, slots: Sequence[Slot]) -> list[Slot]:
    """Keep the dates of that part of the school year on which the lab is not closed."""
    if not slots:
        return []
    holidays = school_holidays() if series.during != During.ALWAYS else []
    closed = closures_between(min(one.starts_at for one in slots), max(one.ends_at for one in slots))
    return [
        slot
        for slot in slots
        if takes_place(series.during, local(slot.original_start).date(), holidays)
        and not any(one.starts_at < slot.ends_at and slot.starts_at < one.ends_at for one in closed)
    ]


def laid_out(sessions: Iterable[WorkshopSession]) -> list[WorkshopSession]:
    """Store new sessions at once: a year of a series is one insert."""
    rows = list(sessions)
    for row in rows:
        row.clean_fields(exclude={"workshop", "series", "band", "occurrence", "facilitator"})
    return WorkshopSession.objects.bulk_create(rows)


def take_machines(session: WorkshopSession, machines: Iterable[Machine], actor: User | None) -> None:
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
            take_machines(session, session.workshop.machines.all(), None)
    except Refused as refused:
        log(None, "session.machines_taken", session, problems=refused.codes)
