"""Places that are kept for a while, and places that wait for an agreement: what time and signatures bring about."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.problems import Refused
from members.models import Channel, ConsentEntry, User
from members.services import record
from members.standing import is_under
from place.clock import local
from workshops import notifications, rules
from workshops.models import Registration, RegistrationAnswer, WorkshopSession
from workshops.services.registrations import end_late_holds, may_act_for
from workshops.services.seats import (
    lock_lot,
    missing_agreements,
    place_status,
    recount,
    settle_status,
)

Status = Registration.Status
State = WorkshopSession.State
REMIND_BEFORE = timedelta(hours=24)
ANSWERS_KEPT = timedelta(days=7)


@transaction.atomic
def accept_place(
    *, registration: Registration, actor: User, channel: str = Channel.ONLINE, now: datetime | None = None
) -> Registration:
    """Say yes to a place that is kept; twice is once.

    Raises Refused when it is no longer kept, PermissionDenied for somebody else's.
    """
    if not may_act_for(actor, registration.member):
        raise PermissionDenied(_("You can only answer for yourself and your children."))
    now = now or timezone.now()
    lot = lock_lot(registration.session, now)
    registration = Registration.objects.select_related("member__household").get(pk=registration.pk)
    registration.session = lot.lead
    if registration.status in {Status.CONFIRMED, Status.PENDING}:
        return registration
    if registration.status != Status.HELD or (registration.held_until or now) <= now:
        raise Refused([rules.closed(_("This place is no longer kept for you."))])
    settle_status(lot, registration, place_status(registration.member, lot.lead))
    recount(lot.dates)
    if actor != registration.member:
        notifications.registered(registration)
    detail = {"session": lot.lead.pk, "status": registration.status}
    record(
        actor=actor, action="registration.accepted", subject=f"registration:{registration.pk}", channel=channel,
        detail=detail,
    )  # fmt: skip
    return registration


def expire_holds(now: datetime) -> int:
    """Give up places that were kept long enough, and offer them to who waits next; return how many. Idempotent."""
    due = WorkshopSession.objects.filter(registrations__status=Status.HELD, registrations__held_until__lte=now)
    return sum(_expire(one, now) for one in due.select_related("workshop", "series").distinct().order_by("pk"))


@transaction.atomic
def _expire(session: WorkshopSession, now: datetime) -> int:
    return end_late_holds(lock_lot(session, now), now)


def settle_pending(now: datetime) -> int:
    """Confirm the coming places whose missing agreements are there now; return how many. Idempotent."""
    rows = Registration.objects.filter(status=Status.PENDING, session__starts_at__gt=now)
    waiting = list(rows.select_related("session__workshop", "session__series", "member"))
    return sum(_confirm(row, now) for row in waiting if not missing_agreements(row.member, row.session))


@transaction.atomic
def _confirm(row: Registration, now: datetime) -> int:
    lot = lock_lot(row.session, now)
    current = Registration.objects.select_related("member").get(pk=row.pk)
    if current.status != Status.PENDING or missing_agreements(current.member, lot.lead):
        return 0
    current.session = lot.lead
    settle_status(lot, current, Status.CONFIRMED)
    notifications.registered(current)
    return 1


def settle_consent(entry: ConsentEntry) -> None:
    """Handler of CONSENT_WITHDRAWN_HANDLERS: a place at a workshop that asks for this agreement waits for it again.

    The seat stays. No session is locked: who writes the ledger holds the person, and `register` takes the session
    first; a pending seat counts as a confirmed one, so that no counter changes.
    """
    now = timezone.now()
    rows = Registration.objects.filter(member=entry.person, status=Status.CONFIRMED, session__starts_at__gt=now)
    told: set[int] = set()
    for row in rows.select_related("session__workshop", "member").order_by("pk"):
        if entry.purpose in row.session.workshop.agreements and _is_young(row):
            Registration.objects.filter(pk=row.pk, status=Status.CONFIRMED).update(status=Status.PENDING)
            _tell_once(row, told)


def _tell_once(row: Registration, told: set[int]) -> None:
    """Say it once for a workshop, however many dates of it are hit."""
    if row.session.workshop_id not in told:
        told.add(row.session.workshop_id)
        row.status = Status.PENDING
        notifications.registered(row)


def remind(now: datetime) -> int:
    """Remind of what begins within a day, once each; after a standstill too, as long as it has not begun.

    Who registered within that day knows it. Idempotent, also beside itself.
    """
    rows = Registration.objects.filter(
        status__in=[Status.CONFIRMED, Status.PENDING],
        reminded_at=None,
        session__state=State.SCHEDULED,
        session__starts_at__gt=now,
        session__starts_at__lte=now + REMIND_BEFORE,
    )
    return sum(_remind(row, now) for row in rows.select_related("session__workshop", "member").order_by("pk"))


@transaction.atomic
def _remind(row: Registration, now: datetime) -> int:
    if not Registration.objects.filter(pk=row.pk, reminded_at=None).update(reminded_at=now):
        return 0
    if row.created_at > row.session.starts_at - REMIND_BEFORE:
        return 0
    notifications.reminded(row)
    return 1


def forget_answers(now: datetime) -> int:
    """Delete what was answered to the questions of sessions that are over by a week; return how many. Idempotent."""
    return RegistrationAnswer.objects.filter(registration__session__ends_at__lt=now - ANSWERS_KEPT).delete()[0]


def _is_young(row: Registration) -> bool:
    return is_under(settings.MAJORITY_AGE, row.member.birth_date, local(row.session.starts_at).date())
