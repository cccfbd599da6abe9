"""Places: asked for, given back, paid for; the session rows are locked, so that the last seat is given once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.problems import Problem, Refused
from members.models import Channel, Partner, User
from members.queries import is_guardian_of
from members.services import record
from place.clock import local
from workshops import notifications, rules
from workshops.models import (
    Registration,
    RegistrationAnswer,
    Workshop,
    WorkshopQuestion,
    WorkshopSession,
)
from workshops.queries import choice_in_band, day_to_join, price_of, registration_of
from workshops.services.seats import (
    Lot,
    first_date,
    lock_lot,
    place_status,
    promote_waiting,
    recount,
)

Status = Registration.Status


@dataclass(frozen=True, slots=True)
class Party:
    """Who comes besides the member, and what they answered; `seats` None: as many as the workshop means."""

    seats: int | None = None
    companion: str = ""
    partner: Partner | None = None
    answers: Mapping[int, str] = field(default_factory=dict)

    def seats_at(self, workshop: Workshop) -> int:
        return workshop.seats_each if self.seats is None else self.seats


ALONE = Party()


def problems_for(
    member: User, session: WorkshopSession, now: datetime, *, party: Party = ALONE, late_joiner: bool = False
) -> list[Problem]:
    """Return what would stop a member from registering now: what the page says is what `register` decides."""
    dates = WorkshopSession.objects.filter(series=session.series_id, starts_at__gt=now).select_related("workshop")
    coming = list(dates.exclude(state=WorkshopSession.State.CANCELLED)) if session.is_cycle else []
    lot = Lot(session, tuple(coming) or (session,))
    return rules.problems(_enrolment(lot, member, party, now, late_joiner=late_joiner))


@transaction.atomic
def register(
    *,
    session: WorkshopSession,
    member: User,
    actor: User,
    seats: int | None = None,
    party: Party | None = None,
    channel: str = Channel.ONLINE,
    accepts_waiting: bool = True,
    now: datetime | None = None,
) -> Registration:
    """Give a member seats at a session, at all the dates of a cycle, or a place in the waiting line when it is full.

    Somebody under 18 without an agreement the workshop asks for has the seat, pending; a parent is told.
    Raises Refused with every problem, PermissionDenied for somebody else without the right, ValidationError for a
    companion or an answer that is missing.
    """
    party = party or Party(seats)
    check_may_act_for(actor, member)
    _refuse_group(actor, party)
    now = now or timezone.now()
    lot = lock_lot(session, now)
    end_late_holds(lot, now)
    late_joiner = actor.has_perm("workshops.register_others")
    wish = _enrolment(lot, member, party, now, accepts_waiting=accepts_waiting, late_joiner=late_joiner)
    if found := rules.problems(wish):
        raise Refused(found)
    _check_party(lot.lead.workshop, party)
    status = place_status(member, lot.lead) if wish.seats <= wish.places_left else Status.WAITLISTED
    rows = [_written(date, lot, member, actor, party, channel, status, now) for date in lot.dates]
    recount(lot.dates)
    made = next((row for row in rows if row.session_id == lot.lead.pk), rows[0])
    notifications.registered(made)
    _log(actor, "registration.made", made, channel)
    return made


@transaction.atomic
def cancel_registration(
    *, registration: Registration, actor: User, channel: str = Channel.ONLINE, now: datetime | None = None
) -> Registration:
    """Give seats back, of every coming date of a cycle; who waits and fits is offered them, first come first.

    After the workshop's limit it counts as late. Raises Refused when it is over.
    """
    check_may_act_for(actor, registration.member)
    now = now or timezone.now()
    lot = lock_lot(registration.session, now)
    registration = Registration.objects.select_related("member").get(pk=registration.pk)
    registration.session = lot.lead
    _refuse_over(registration, now)
    withdraw(lot, registration, now)
    if actor != registration.member:
        notifications.cancelled(registration)
    _log(actor, "registration.cancelled", registration, channel)
    promote_waiting(lot, now)
    return registration


def withdraw(lot: Lot, registration: Registration, now: datetime) -> None:
    """Take a member's live rows off the dates of a locked lot; nobody is promoted yet."""
    late = is_late(lot.dates[0], now) and registration.status != Status.WAITLISTED
    rows = Registration.objects.filter(session__in=lot.dates, member=registration.member_id)
    rows.exclude(status=Status.CANCELLED).update(
        status=Status.CANCELLED, cancelled_at=now, cancelled_late=late, held_until=None
    )
    registration.refresh_from_db(fields=["status", "cancelled_at", "cancelled_late", "held_until"])
    recount(lot.dates)


def end_late_holds(lot: Lot, now: datetime) -> int:
    """Give up the places of a locked lot that were kept long enough, and offer them to who waits; return how many.

    A stopped timed task delays nobody: whoever registers does it too.
    """
    late = Registration.objects.filter(session=lot.dates[0], status=Status.HELD, held_until__lte=now)
    rows = list(late.select_related("member").order_by("held_until", "pk"))
    for row in rows:
        row.session = lot.lead
        withdraw(lot, row, now)
        notifications.place_lost(row)
    if rows:
        promote_waiting(lot, now)
    return len(rows)


def is_late(session: WorkshopSession, now: datetime) -> bool:
    """Tell whether cancelling at a moment comes after the limit of the workshop."""
    return now > session.starts_at - timedelta(hours=session.workshop.cancel_hours)


@transaction.atomic
def note_payment(*, registration: Registration, actor: User, now: datetime | None = None) -> Registration:
    """Note that a place was paid for at the desk; twice is once. Raises PermissionDenied, Refused without a price."""
    if not actor.has_perm("workshops.register_others"):
        raise PermissionDenied(_("You may not take payments."))
    if not registration.price_cents:
        raise Refused([rules.closed(_("There is nothing to pay."))])
    changed = Registration.objects.filter(pk=registration.pk, paid_at=None).update(paid_at=now or timezone.now())
    if changed:
        _log(actor, "registration.paid", registration, Channel.DESK)
    registration.refresh_from_db(fields=["paid_at"])
    return registration


def may_act_for(actor: User, member: User) -> bool:
    """Tell whether somebody acts for themselves, a child they answer for, or as one of the team."""
    return actor.pk == member.pk or actor.has_perm("workshops.register_others") or is_guardian_of(actor, member)


def _written(
    date: WorkshopSession,
    lot: Lot,
    member: User,
    actor: User,
    party: Party,
    channel: str,
    status: str,
    now: datetime,
) -> Registration:
    """Store one row; what a cycle costs and what was answered stand with its first date only."""
    first = date.pk == lot.dates[0].pk
    row = Registration(
        session=date, band_id=date.band_id, member=member, created_by=actor, channel=channel, status=status,
        seats=party.seats_at(lot.lead.workshop), companion=party.companion.strip(), partner=party.partner,
        created_at=now, price_cents=price_of(date.workshop, member) if first and party.partner is None else 0,
    )  # fmt: skip
    row.full_clean(exclude={"session", "member", "band", "partner", "created_by"}, validate_constraints=False)
    row.save()
    if first:
        answers = [
            RegistrationAnswer(registration=row, question_id=pk, text=text) for pk, text in party.answers.items()
        ]
        RegistrationAnswer.objects.bulk_create(answers)
    return row


def _enrolment(
    lot: Lot, member: User, party: Party, now: datetime, *, accepts_waiting: bool = True, late_joiner: bool = False
) -> rules.Enrolment:
    """Say what is asked for; only the team lets somebody join a cycle that has begun."""
    session, first = lot.lead, lot.dates[0] if late_joiner else first_date(lot)
    existing = registration_of(session, member)
    beside = choice_in_band(session, member)
    return rules.Enrolment(
        starts_at=first.starts_at,
        ends_at=first.ends_at,
        cancelled=session.state == WorkshopSession.State.CANCELLED,
        age_min=session.workshop.age_min,
        age_max=session.workshop.age_max,
        places=lot.places,
        places_left=lot.places_left,
        seats=party.seats_at(session.workshop),
        age=member.age_on(local(first.starts_at).date()),
        asked_at=now,
        registration=existing.pk if existing else None,
        accepts_waiting=accepts_waiting,
        kind=session.workshop.kind,
        group=party.partner is not None,
        chosen_beside=str(beside.session.workshop) if beside else "",
        day_to_join=day_to_join(session, member),
    )


def _check_party(workshop: Workshop, party: Party) -> None:
    """Raise ValidationError for an answer that is missing, strange or too long."""
    known = {question.pk: question for question in WorkshopQuestion.objects.filter(workshop=workshop)}
    errors: dict[str, Any] = {}
    for pk, question in known.items():
        text = party.answers.get(pk, "").strip()
        if question.required and not text and party.partner is None:
            errors[f"question_{pk}"] = _("Please answer.")
        if len(text) > 300:
            errors[f"question_{pk}"] = _("A little shorter, please: 300 signs at most.")
    if errors or set(party.answers) - set(known):
        raise ValidationError(errors or _("This question is not one of the workshop."))


def _refuse_group(actor: User, party: Party) -> None:
    """A group is registered by the grown-ups who act for the partner, or by the team."""
    if party.partner is None or actor.has_perm("workshops.register_others"):
        return
    if not party.partner.active or not party.partner.contacts.filter(pk=actor.pk).exists():
        raise PermissionDenied(_("You do not act for this partner."))


def _refuse_over(registration: Registration, now: datetime) -> None:
    if registration.status == Status.CANCELLED:
        raise Refused([rules.closed(_("This registration is already cancelled."))])
    if registration.session.starts_at <= now:
        raise Refused([rules.closed(_("This session has begun or is over: talk to the desk."))])


def check_may_act_for(actor: User, member: User) -> None:
    """Raise PermissionDenied for somebody else whom one does not answer for."""
    if not may_act_for(actor, member):
        raise PermissionDenied(_("You can only register yourself and your children."))


def _log(actor: User, action: str, registration: Registration, channel: str) -> None:
    detail = {"session": registration.session_id, "status": registration.status, "seats": registration.seats}
    record(actor=actor, action=action, subject=f"registration:{registration.pk}", channel=channel, detail=detail)
