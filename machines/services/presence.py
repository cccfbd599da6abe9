"""The only writer of presence at machines: asked when a use begins, answered once a round.

It informs and stops nothing: it is no safety device.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from machines import presence_rules
from machines.models import Machine, PresenceCheck, UsageSession
from machines.presence_queries import knows_machine, waiting_check
from members.models import Channel, User
from members.services import record

KEEPS_THE_DESK = "members.use_desk"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of whoever is at a machine, and why the person who looks at it cannot answer."""

    check: PresenceCheck
    problems: list[ValidationError]


def question_for(person: User | AnonymousUser, machine: Machine, now: datetime) -> Question | None:
    """Return what is asked at a machine now; who has not signed in is asked to do that first. At most two queries."""
    check = waiting_check(machine, now)
    if check is None:
        return None
    return Question(check, problems_confirming(person, check, now) if isinstance(person, User) else [])


def follow_usage(event: Literal["opened", "closed"], session: UsageSession) -> None:
    """Handler of USAGE_HANDLERS: ask about a use that runs, take back a round that its end came before."""
    if event == "opened":
        _ask(session, timezone.now())
    elif session.ended_at:
        session.presence_checks.filter(confirmed_at=None, asked_at__gt=session.ended_at).delete()


@transaction.atomic
def confirm_presence(
    *, actor: User, check: PresenceCheck, channel: str = Channel.ONLINE, now: datetime | None = None
) -> PresenceCheck:
    """Note that somebody is at the machine, once: whoever comes second gets what the first one noted.

    A round that is not asked yet stays as it is. Raises ValidationError: not theirs to say, or the use is over.
    """
    now = now or timezone.now()
    Machine.objects.select_for_update(no_key=True).get(pk=check.session.machine_id)
    current = PresenceCheck.objects.select_related("session__machine__category").get(pk=check.pk)
    if found := problems_confirming(actor, current, now):
        raise ValidationError(found)
    waiting = PresenceCheck.objects.filter(pk=current.pk, confirmed_at=None, asked_at__lte=now)
    if waiting.update(confirmed_at=now, confirmed_by=actor, channel=Channel(channel)):
        _record(actor, current, channel, now)
        _ask(current.session, now)
    current.refresh_from_db()
    return current


def problems_confirming(actor: User, check: PresenceCheck, now: datetime) -> list[ValidationError]:
    """Say why somebody cannot answer a round; the page that shows the button asks the same."""
    session = check.session
    return presence_rules.confirm_problems(
        waits=check.confirmed_at is None,
        ended_at=session.ended_at,
        holds_the_time=session.member_id == actor.pk,
        keeps_the_desk=actor.has_perm(KEEPS_THE_DESK),
        knows_the_machine=knows_machine(actor, session.machine, now),
    )


def _ask(session: UsageSession, now: datetime) -> None:
    """Keep the next round of a use that runs; one that still waits for its answer is the only one."""
    if session.ended_at or not session.machine.presence_minutes:
        return
    last = session.presence_checks.order_by("asked_at", "pk").last()
    if last and last.confirmed_at is None:
        return
    found = presence_rules.next_round(
        started_at=session.started_at,
        confirmed_at=last.confirmed_at if last else None,
        minutes=session.machine.presence_minutes,
        again_minutes=session.machine.presence_again_minutes,
        now=now,
    )
    if found:
        session.presence_checks.create(asked_at=found.asked_at, due_at=found.due_at)


def _record(actor: User, check: PresenceCheck, channel: str, now: datetime) -> None:
    seconds = int((now - check.asked_at).total_seconds())
    detail = {"machine": check.session.machine.slug, "seconds": seconds}
    subject = f"presencecheck:{check.pk}"
    record(actor=actor, action="presence.confirmed", subject=subject, channel=channel, detail=detail)
