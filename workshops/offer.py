"""A session as it stands for one person: what they have there, what they may ask for, what it costs and needs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Sum

from booking.problems import Problem
from members.models import Purpose, User
from workshops import services
from workshops.models import LIVE_STATUSES, Registration, Workshop, WorkshopQuestion, WorkshopSession
from workshops.queries import dates_of, price_of, prices_of, registration_of
from workshops.services import ALONE, Party, missing_agreements

Status = Registration.Status


@dataclass(frozen=True, slots=True)
class Facts:
    """What a session is for everybody: `dates` are all those that one registration is for."""

    session: WorkshopSession
    dates: tuple[WorkshopSession, ...]
    questions: tuple[WorkshopQuestion, ...]
    now: datetime

    @property
    def coming(self) -> list[WorkshopSession]:
        return [one for one in self.dates if one.starts_at > self.now]

    @property
    def next_date(self) -> WorkshopSession:
        """Return the date whose place is spoken of: of a cycle that has begun, the next one."""
        began = self.session.starts_at <= self.now
        return self.coming[0] if began and self.coming else self.session

    @property
    def is_open(self) -> bool:
        """Tell whether somebody can still take or give back a place here."""
        return self.session.state == WorkshopSession.State.SCHEDULED and bool(self.coming)

    @property
    def is_drop_in(self) -> bool:
        return self.session.workshop.kind == Workshop.Kind.DROP_IN

    @property
    def free_until(self) -> datetime | None:
        """Return until when a place can be given back without being late; None when that moment is over."""
        return free_until(self.coming[0], self.now) if self.coming else None


def free_until(session: WorkshopSession, now: datetime) -> datetime | None:
    """Return until when a place at a session can be given back freely; None when that moment is over."""
    until = session.starts_at - timedelta(hours=session.workshop.cancel_hours)
    return until if until > now else None


@dataclass(frozen=True, slots=True)
class Offer:
    """A session for one person (and those who come with them)."""

    facts: Facts
    member: User
    own: Registration | None
    problems: tuple[Problem, ...]
    missing: tuple[Purpose, ...]
    price_cents: int
    paid: bool

    @property
    def may_ask(self) -> bool:
        return self.facts.is_open and not self.own and not self.problems and not self.facts.is_drop_in


def facts_of(session: WorkshopSession, now: datetime) -> Facts:
    """Return what everybody may know of a session: two queries, one less for a session that is no cycle."""
    questions = tuple(WorkshopQuestion.objects.filter(workshop=session.workshop_id))
    return Facts(session, tuple(dates_of(session)), questions, now)


def offer_of(facts: Facts, member: User, *, party: Party = ALONE, late_joiner: bool = False) -> Offer:
    """Return how a session stands for a member and who comes with them."""
    session = facts.session
    own = registration_of(facts.next_date, member)
    problems: list[Problem] = []
    if own is None and not facts.is_drop_in:
        problems = services.problems_for(member, session, facts.now, party=party, late_joiner=late_joiner)
    alone = party.partner is None and (own is None or own.partner_id is None)
    if own is None:
        cents, paid = price_of(session.workshop, member) if alone else 0, False
    else:
        cents, paid = _bill(facts, member)
    missing = missing_agreements(member, session) if alone else []
    return Offer(facts, member, own, tuple(problems), tuple(missing), cents, paid)


def _bill(facts: Facts, member: User) -> tuple[int, bool]:
    """Return what a place costs, and whether it is paid; of a cycle it stands with one of its dates."""
    rows = Registration.objects.filter(session__in=facts.dates, member=member, status__in=LIVE_STATUSES)
    total = rows.aggregate(total=Sum("price_cents"))["total"] or 0
    return total, not rows.filter(price_cents__gt=0, paid_at=None).exists()


def price_span(workshop: Workshop) -> tuple[int, int] | None:
    """Return the lowest and the highest price, in cents; None for a workshop that is free."""
    cents = prices_of(workshop).values()
    return (min(cents), max(cents)) if any(cents) else None
