"""Seats are counted under a lock: one session, or all the dates of a cycle, which are taken and given back together."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from members.models import Purpose, User
from members.queries import standings
from members.standing import is_under
from place.clock import local
from workshops import notifications
from workshops.models import LIVE_STATUSES, Registration, WorkshopSession
from workshops.queries import waiting_line

Status = Registration.Status
State = WorkshopSession.State


@dataclass(frozen=True, slots=True)
class Lot:
    """Sessions whose seats go together: `lead` is the one people speak of, `dates` all that are locked, in order."""

    lead: WorkshopSession
    dates: tuple[WorkshopSession, ...]

    @property
    def places_left(self) -> int:
        return min(one.places_left for one in self.dates)

    @property
    def places(self) -> int:
        return min(one.places for one in self.dates)


def lock_session(session: WorkshopSession) -> WorkshopSession:
    return _locked().get(pk=session.pk)


def lock_lot(session: WorkshopSession, now: datetime) -> Lot:
    """Lock a session, or the dates of its cycle that are neither over nor called off; always in the same order."""
    if not session.is_cycle:
        found = lock_session(session)
        return Lot(found, (found,))
    rows = _locked().filter(series=session.series_id).order_by("pk")
    dates = sorted(rows, key=lambda one: one.starts_at)
    coming = [one for one in dates if one.starts_at > now and one.state == State.SCHEDULED]
    lead = next(one for one in dates if one.pk == session.pk)
    return Lot(lead, tuple(coming) or (lead,))


def first_date(lot: Lot) -> WorkshopSession:
    """Return the session that says whether registering is still possible: a cycle begins with its first date."""
    if not lot.lead.is_cycle:
        return lot.lead
    held = WorkshopSession.objects.filter(series=lot.lead.series_id, state=State.SCHEDULED).select_related("workshop")
    return held.order_by("starts_at", "pk").first() or lot.lead


def recount(sessions: Iterable[WorkshopSession]) -> None:
    """Write how many seats are taken and how many wait, from the registrations; the rows are locked by the caller.

    The constraint `session_not_oversold` has the last word. Raises IntegrityError.
    """
    known = list(sessions)
    WorkshopSession.objects.filter(pk__in=[one.pk for one in known]).update(
        seats_taken=_figure(Sum("seats"), Q(status__in=LIVE_STATUSES)),
        waiting=_figure(Count("pk"), Q(status=Status.WAITLISTED)),
    )
    fresh = WorkshopSession.objects.in_bulk([one.pk for one in known])
    for one in known:
        one.seats_taken, one.waiting = fresh[one.pk].seats_taken, fresh[one.pk].waiting


def promote_waiting(lot: Lot, now: datetime) -> None:
    """Offer the free seats to who waits and fits, in order of arrival; the sessions are locked by the caller."""
    if lot.dates[0].starts_at <= now or lot.lead.state == State.CANCELLED:
        return
    left = lot.places_left
    for registration in waiting_line(lot.dates[0]):
        if registration.seats <= left:
            left -= registration.seats
            _offer(lot, registration, now)
    recount(lot.dates)


def missing_agreements(member: User, session: WorkshopSession) -> list[Purpose]:
    """Return which agreements the workshop asks for somebody under 18 lacks on its day; others need none."""
    day, needs = local(session.starts_at).date(), session.workshop.needs
    if not needs or not is_under(settings.MAJORITY_AGE, member.birth_date, day):
        return []
    return [purpose for purpose, held in standings(member, day, needs).items() if not held.allows]


def place_status(member: User, session: WorkshopSession) -> Status:
    """Return what a place given now is: confirmed, or pending while an agreement is missing."""
    return Status.PENDING if missing_agreements(member, session) else Status.CONFIRMED


def settle_status(lot: Lot, registration: Registration, status: str, held_until: datetime | None = None) -> None:
    """Give a registration, on every date of the lot, another status."""
    registration.status, registration.held_until = status, held_until
    rows = Registration.objects.filter(session__in=lot.dates, member=registration.member_id)
    rows.exclude(status=Status.CANCELLED).update(status=status, held_until=held_until)


def _offer(lot: Lot, registration: Registration, now: datetime) -> None:
    registration.session = lot.lead
    hours = lot.lead.workshop.hold_hours
    until = min(now + timedelta(hours=hours), lot.dates[0].starts_at)
    if hours:
        settle_status(lot, registration, Status.HELD, until)
        notifications.place_held(registration)
    else:
        settle_status(lot, registration, place_status(registration.member, lot.lead))
        notifications.promoted(registration)


def _locked() -> QuerySet[WorkshopSession]:
    rows = WorkshopSession.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("workshop", "series")


def _figure(total: Sum | Count, which: Q) -> Coalesce:
    rows = Registration.objects.filter(which, session=OuterRef("pk"))
    figure = rows.order_by().values("session").annotate(total=total).values("total")
    return Coalesce(Subquery(figure, output_field=IntegerField()), 0)
