"""Seats: the session row is locked, so that the last one is given once."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.problems import Problem, Refused
from members.models import Channel, User
from members.queries import is_guardian_of
from members.services import record
from place.clock import local
from workshops import notifications, rules
from workshops.models import Registration, WorkshopSession
from workshops.queries import registration_of, seats_taken, waiting_line

Status = Registration.Status


def problems_for(member: User, session: WorkshopSession, now: datetime) -> list[Problem]:
    """Return what would stop a member from registering now: what the page says is what `register` decides."""
    return rules.problems(_enrolment(session=session, member=member, seats=1, accepts_waiting=True, now=now))


@transaction.atomic
def register(
    *,
    session: WorkshopSession,
    member: User,
    actor: User,
    seats: int = 1,
    channel: str = Channel.ONLINE,
    accepts_waiting: bool = True,
    now: datetime | None = None,
) -> Registration:
    """Give a member seats at a session, or a place in the waiting line when it is full.

    Raises Refused with every problem, PermissionDenied for somebody else without the right.
    """
    _may_act_for(actor, member)
    now, session = now or timezone.now(), lock_session(session)
    wish = _enrolment(session=session, member=member, seats=seats, accepts_waiting=accepts_waiting, now=now)
    if found := rules.problems(wish):
        raise Refused(found)
    registration = Registration(session=session, member=member, created_by=actor, seats=seats, channel=channel)
    registration.status = Status.CONFIRMED if seats <= wish.places_left else Status.WAITLISTED
    registration.created_at = now
    registration.full_clean()
    registration.save()
    notifications.registered(registration)
    _log(actor, "registration.made", registration, channel)
    return registration


@transaction.atomic
def cancel_registration(
    *, registration: Registration, actor: User, channel: str = Channel.ONLINE, now: datetime | None = None
) -> Registration:
    """Give seats back; who waits and fits gets them, first come first. Raises Refused when it is over."""
    _may_act_for(actor, registration.member)
    now, session = now or timezone.now(), lock_session(registration.session)
    registration = Registration.objects.select_related("member").get(pk=registration.pk)
    registration.session = session
    _refuse_over(registration, now)
    registration.status, registration.cancelled_at = Status.CANCELLED, now
    registration.save(update_fields=["status", "cancelled_at"])
    if actor != registration.member:
        notifications.cancelled(registration)
    _log(actor, "registration.cancelled", registration, channel)
    promote_waiting(session, now)
    return registration


def promote_waiting(session: WorkshopSession, now: datetime) -> None:
    """Confirm who waits and fits, in order of arrival; the session row is locked by the caller."""
    if session.starts_at <= now or session.state == WorkshopSession.State.CANCELLED:
        return
    left = session.places - seats_taken(session)
    for registration in waiting_line(session):
        if registration.seats <= left:
            left -= registration.seats
            registration.status = Status.CONFIRMED
            registration.save(update_fields=["status"])
            notifications.promoted(registration)


def lock_session(session: WorkshopSession) -> WorkshopSession:
    rows = WorkshopSession.objects.select_for_update(no_key=True, of=("self",)).select_related("workshop")
    return rows.get(pk=session.pk)


def _enrolment(
    *, session: WorkshopSession, member: User, seats: int, accepts_waiting: bool, now: datetime
) -> rules.Enrolment:
    existing = registration_of(session, member)
    return rules.Enrolment(
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        cancelled=session.state == WorkshopSession.State.CANCELLED,
        age_min=session.workshop.age_min,
        age_max=session.workshop.age_max,
        places=session.places,
        places_left=max(session.places - seats_taken(session), 0),
        seats=seats,
        age=member.age_on(local(session.starts_at).date()),
        asked_at=now,
        registration=existing.pk if existing else None,
        accepts_waiting=accepts_waiting,
    )


def _refuse_over(registration: Registration, now: datetime) -> None:
    if registration.status == Status.CANCELLED:
        raise Refused([rules.closed(_("This registration is already cancelled."))])
    if registration.session.starts_at <= now:
        raise Refused([rules.closed(_("This session has begun or is over: talk to the desk."))])


def _may_act_for(actor: User, member: User) -> None:
    """For oneself, for a child one answers for, or for anybody as one of the team."""
    if actor.pk == member.pk or actor.has_perm("workshops.register_others") or is_guardian_of(actor, member):
        return
    raise PermissionDenied(_("You can only register yourself and your children."))


def _log(actor: User, action: str, registration: Registration, channel: str) -> None:
    detail = {"session": registration.session_id, "status": registration.status, "seats": registration.seats}
    record(actor=actor, action=action, subject=f"registration:{registration.pk}", channel=channel, detail=detail)
