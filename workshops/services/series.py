"""Changes to several dates of a series: this one, it and the following, or all that have not begun."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from booking import services as booking
from booking.problems import Refused
from members.models import User
from place import recurrence
from place.clock import at
from place.recurrence import Slot
from place.services import Scope, horizon
from workshops import rules
from workshops.models import WorkshopSeries, WorkshopSession
from workshops.services.planning import cancel_session, move_locked, move_session
from workshops.services.rows import State, log, may_plan
from workshops.services.seats import lock_session


def sessions_in(session: WorkshopSession, scope: Scope | str, now: datetime) -> list[WorkshopSession]:
    """Return the sessions a change is for: none that has begun, none that is called off; in order of time."""
    if session.series_id is None or Scope(scope) == Scope.THIS:
        return [session]
    rows = WorkshopSession.objects.filter(series=session.series_id, state=State.SCHEDULED, starts_at__gt=now)
    if Scope(scope) == Scope.FOLLOWING:
        rows = rows.filter(occurrence__original_start__gte=recurrence.slot(session.occurrence_id).original_start)
    return list(rows.select_related("workshop", "series").order_by("starts_at", "pk"))


@transaction.atomic
def move_sessions(
    *,
    session: WorkshopSession,
    scope: Scope | str,
    starts_at: datetime,
    ends_at: datetime,
    actor: User | None,
    now: datetime | None = None,
) -> list[WorkshopSession]:
    """Give a session other times, and the others of its series the same shift on the wall clock; return those moved.

    Rows, registrations and past attendance stay: each session keeps its number and its place in people's calendars.
    Everybody registered is told, once a session. Raises InvalidRule, UnreadableTime, Refused when a machine is taken
    or nothing is left to move.
    """
    may_plan(actor)
    now = now or timezone.now()
    if session.series_id is None or Scope(scope) == Scope.THIS:
        return [move_session(session=session, starts_at=starts_at, ends_at=ends_at, actor=actor, now=now)]
    moved = sessions_in(session, scope, now)
    if not moved:
        raise Refused([rules.closed(_("This session is over or cancelled."))])
    series = WorkshopSeries.objects.select_for_update(no_key=True, of=("self",)).get(pk=session.series_id)
    shift = Shift(session, starts_at, ends_at)
    _follow_new_pattern(series, moved[0], shift, now)
    for one in moved:  # all first: a date may take the time of the next one
        booking.release(one.reservations.all(), reason=_("The workshop was moved."))
    for one in moved:
        move_locked(lock_session(one), *shift.applied_to(one), actor, now)
    log(actor, "series.moved", series, sessions=len(moved), starts_at=starts_at.isoformat())
    return moved


@transaction.atomic
def cancel_sessions(
    *, session: WorkshopSession, scope: Scope | str, reason: str, actor: User | None, now: datetime | None = None
) -> list[WorkshopSession]:
    """Call off a session, it and the following, or all that have not begun; who is registered is told, once each.

    Following dates that are not laid out yet will not be. Raises Refused when nothing is left to call off.
    """
    may_plan(actor)
    now = now or timezone.now()
    gone = sessions_in(session, scope, now)
    if not gone:
        raise Refused([rules.closed(_("This session is over or cancelled."))])
    if session.series_id is not None and Scope(scope) != Scope.THIS:
        first = recurrence.slot(gone[0].occurrence_id).original_start
        recurrence.close(WorkshopSeries.objects.select_related("event").get(pk=session.series_id).event, first)
    return [cancel_session(session=one, reason=reason, actor=actor, now=now) for one in gone]


@dataclass(frozen=True, slots=True)
class Shift:
    """By how much a date moves on the wall clock: the others of its series move as much, through both clock changes."""

    session: WorkshopSession
    starts_at: datetime
    ends_at: datetime

    def applied_to(self, one: WorkshopSession) -> tuple[datetime, datetime]:
        return self._shifted(one.starts_at, self.starts_at, self.session.starts_at), self._shifted(
            one.ends_at, self.ends_at, self.session.ends_at
        )

    def start_in_pattern(self, original_start: datetime) -> datetime:
        return self._shifted(original_start, self.starts_at, self.session.starts_at)

    def end_in_pattern(self, original_end: datetime) -> datetime:
        return self._shifted(original_end, self.ends_at, self.session.ends_at)

    @staticmethod
    def _shifted(moment: datetime, after: datetime, before: datetime) -> datetime:
        wall = recurrence.wall(moment) + (recurrence.wall(after) - recurrence.wall(before))
        return at(wall.date(), wall.time())


def _follow_new_pattern(series: WorkshopSeries, first: WorkshopSession, shift: Shift, now: datetime) -> None:
    """Close the pattern before the first date that moves, open the shifted one, and hang the sessions onto it.

    A date that the new pattern does not have (the hour that spring skips) keeps its old place.
    """
    replaced = recurrence.slots_from(series.event, recurrence.slot(first.occurrence_id).original_start)
    head = replaced[0]
    starts_at = shift.start_in_pattern(head.original_start)
    event = recurrence.split(
        series.event, head.original_start, starts_at=starts_at, ends_at=shift.end_in_pattern(head.original_end)
    )
    last = shift.start_in_pattern(replaced[-1].original_start) + timedelta(days=1)
    fresh = recurrence.materialise(event, max(last, horizon(now, starts_at)))
    of_start = {slot.original_start: slot for slot in fresh}
    pairs = [(slot, of_start.get(shift.start_in_pattern(slot.original_start))) for slot in replaced]
    _hang(series, [(old, new) for old, new in pairs if new is not None])
    series.event = event
    series.save(update_fields=["event"])


def _hang(series: WorkshopSeries, pairs: list[tuple[Slot, Slot]]) -> None:
    for old, new in pairs:
        WorkshopSession.objects.filter(series=series, occurrence=old.occurrence_id).update(occurrence=new.occurrence_id)
    recurrence.cancel_occurrences([new.occurrence_id for old, new in pairs if old.cancelled])
    recurrence.forget([old.occurrence_id for old, _new in pairs])
