"""The one writer of what is offered: workshops, their prices, the questions asked."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from machines.models import Machine
from members.models import Purpose, User
from members.roles import MENTOR
from place.patterns import RuleSpec
from workshops.models import Workshop, WorkshopPrice, WorkshopQuestion, WorkshopSession
from workshops.services.rows import log, may_plan
from workshops.services.seats import lock_session

MOST_QUESTIONS = 3


@transaction.atomic
def save_workshop(
    *,
    workshop: Workshop,
    actor: User | None,
    machines: Iterable[Machine] | None = None,
    facilitators: Iterable[User] | None = None,
    now: datetime | None = None,
) -> Workshop:
    """Create or change a workshop; `machines` it needs (None: as they are) count for sessions planned from now on.

    Coming sessions get a new sequence number, so that calendars that follow the feed show the new title.
    Raises ValidationError, also for school or work on machines that minors may not use alone, without a reference,
    and for a draft with dates to come.
    """
    may_plan(actor)
    now = now or timezone.now()
    workshop.full_clean()
    _check_draft(workshop, now)
    _check_agreements(workshop)
    needed = list(machines) if machines is not None else (list(workshop.machines.all()) if workshop.pk else [])
    _check_regime(workshop, needed)
    workshop.save()
    workshop.machines.set(needed)
    if facilitators is not None:
        workshop.facilitators.set(facilitators)
    workshop.sessions.filter(ends_at__gt=now).update(sequence=F("sequence") + 1, updated_at=now)
    log(actor, "workshop.saved", workshop)
    return workshop


@transaction.atomic
def price(*, workshop: Workshop, cents_by_band: Mapping[str, int], actor: User | None) -> None:
    """Say what a workshop costs for each band of family quotient; nothing at all: it is free.

    Who is registered keeps the price of that day. Raises ValidationError.
    """
    may_plan(actor)
    rows = [WorkshopPrice(workshop=workshop, band=band, cents=cents) for band, cents in cents_by_band.items()]
    for row in rows:
        row.clean_fields(exclude={"workshop"})
    WorkshopPrice.objects.filter(workshop=workshop).delete()
    WorkshopPrice.objects.bulk_create(rows)
    log(actor, "workshop.priced", workshop, cents=dict(cents_by_band))


@transaction.atomic
def ask(*, workshop: Workshop, questions: Sequence[WorkshopQuestion], actor: User | None) -> None:
    """Set the questions asked when registering: few, each with its purpose. Answers to those taken away are deleted.

    Raises ValidationError for more than three, or one without a purpose.
    """
    may_plan(actor)
    if len(questions) > MOST_QUESTIONS:
        raise ValidationError(_("Ask %(most)d questions at most.") % {"most": MOST_QUESTIONS})
    kept = [question.pk for question in questions if question.pk]
    WorkshopQuestion.objects.filter(workshop=workshop).exclude(pk__in=kept).delete()
    for position, question in enumerate(questions):
        question.workshop, question.position = workshop, position
        question.full_clean()
        question.save()
    log(actor, "workshop.asks", workshop, questions=len(questions))


@transaction.atomic
def name_mentors(*, session: WorkshopSession, mentors: Iterable[User], actor: User | None) -> WorkshopSession:
    """Say which peer mediators help at a session: they see its first names, and nothing else of anybody.

    Raises ValidationError for somebody who is no peer mediator.
    """
    may_plan(actor)
    wanted = list(mentors)
    known = set(
        User.objects.filter(pk__in=[one.pk for one in wanted], groups__name=MENTOR).values_list("pk", flat=True)
    )
    others = ", ".join(str(one) for one in wanted if one.pk not in known)
    if others:
        raise ValidationError({"people": _("Not a peer mediator: %(names)s.") % {"names": others}})
    session.mentors.set(wanted)
    log(actor, "session.mentors", session, mentors=sorted(known))
    return session


@transaction.atomic
def name_facilitator(*, session: WorkshopSession, facilitator: User | None, actor: User | None) -> WorkshopSession:
    """Say who runs a session; somebody who runs another one then is shown as a conflict, never refused."""
    may_plan(actor)
    session = lock_session(session)
    session.facilitator = facilitator
    session.save(update_fields=["facilitator"])
    log(actor, "session.facilitator", session, facilitator=facilitator.pk if facilitator else None)
    return session


@transaction.atomic
def write_note(*, session: WorkshopSession, note: str, actor: User) -> WorkshopSession:
    """Keep what the facilitator says of a session; raises PermissionDenied for who neither runs nor plans it."""
    if session.facilitator_id != actor.pk:
        may_plan(actor)
    session = lock_session(session)
    session.note = note.strip()
    session.clean_fields(exclude={"workshop", "series", "band", "occurrence", "facilitator"})
    session.save(update_fields=["note"])
    log(actor, "session.note", session)
    return session


def refuse_unplannable(workshop: Workshop, rule: RuleSpec) -> None:
    """Raise ValidationError for a draft, and for a cycle without an end."""
    if workshop.draft:
        raise ValidationError(_("This workshop is a draft: publish it first."))
    endless = rule.repeats and rule.count is None and rule.until is None
    if workshop.kind == Workshop.Kind.CYCLE and endless:
        raise ValidationError(_("A cycle has an end: say the last day."))


def _check_draft(workshop: Workshop, now: datetime) -> None:
    """What people are registered for is no draft: its dates are called off first."""
    coming = WorkshopSession.objects.filter(workshop=workshop.pk, ends_at__gt=now)
    if workshop.draft and coming.filter(state=WorkshopSession.State.SCHEDULED).exists():
        raise ValidationError({"draft": _("It has dates to come: call them off first.")})


def _check_agreements(workshop: Workshop) -> None:
    if not set(workshop.agreements) <= set(Purpose.values):
        raise ValidationError({"agreements": _("This agreement is not known.")})


def _check_regime(workshop: Workshop, machines: Iterable[Machine]) -> None:
    """Work and school with machines of adults ask for a declaration (Code du travail R. 4153-40)."""
    risky = [one.name for one in machines if one.min_age_alone >= 18]
    if workshop.regime == Workshop.Regime.LEISURE or workshop.regime_reference or not risky:
        return
    text = _("For school or work, %(machines)s ask for the reference of the declaration.")
    raise ValidationError({"regime_reference": text % {"machines": ", ".join(risky)}})
