"""The only writer of starts: may this person start this machine now, until when, and what its switch is told.

The rules are those of MACHINE_ACCESS_RULES. They inform: nothing here is a safety device, and a refusal never ends a
use in progress.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from machines import start_queries as reads
from machines import start_rules as rules
from machines.models import Attribution, Machine, PowerOrder, StartChannel, StartRequest, UsageSession
from machines.services.switching import order_on
from machines.services.usage import attribute
from members import handlers
from members.models import User
from members.queries import person_of_card

DOUBLE_PRESS = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Question:
    """What a box asks: `card` is the digest of what it read, `late` a question that waited on its way."""

    source: str
    boot: str
    seq: int
    card: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a box is told; a refusal names nobody."""

    granted: bool
    codes: tuple[str, ...] = ()
    until: datetime | None = None
    first_name: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the page of a machine shows: why not, and the time that its reader was given already."""

    problems: tuple[ValidationError, ...] = ()
    given: StartRequest | None = None

    @property
    def is_waiting(self) -> bool:
        return self.given is not None and any(order.fate == "waiting" for order in self.given.orders.all())


def may_start(machine: Machine, person: User, now: datetime) -> rules.Verdict:
    """Ask every rule whether somebody may start a machine now, and until when; nothing is written."""
    said = handlers.ask("MACHINE_ACCESS_RULES", machine, person, now)
    return rules.verdict(said, now + timedelta(minutes=machine.max_minutes))


def refuse_beside_another_use(machine: Machine, person: User, now: datetime) -> rules.Said:
    """Rule of MACHINE_ACCESS_RULES: what runs is not taken over from whoever it runs for."""
    if not reads.works_for_another(machine, person):
        return rules.Said()
    return rules.Said(rules.refusal("overlap").problems)


def offer_start(person: User | AnonymousUser, machine: Machine, now: datetime) -> Offer | None:
    """Return what the page of a machine offers, None where nothing is switched; who has not signed in does so first."""
    if not machine.switchable:
        return None
    if not isinstance(person, User):
        return Offer()
    return Offer(may_start(machine, person, now).problems, reads.grant_of(machine, person, now))


@transaction.atomic
def ask_by_badge(machine_id: int, question: Question, now: datetime) -> Answer:
    """Answer a box; asked twice (same `source`, `boot` and `seq`) is one row and, for two minutes, one answer."""
    machine = Machine.objects.select_for_update(no_key=True).get(pk=machine_id)
    asked = {"source": question.source, "boot": question.boot, "seq": question.seq}
    known = StartRequest.objects.filter(machine=machine, **asked).select_related("member").first()
    if known is not None:
        return _again(known, machine, question, now)
    person = person_of_card(question.card)
    card = question.card if person else ""
    found = rules.refusal("past") if question.late else _verdict(machine, person, now)
    request = _keep(machine, person, found, now, channel=StartChannel.BADGE, card=card, **asked)
    return _answer(request)


def _again(known: StartRequest, machine: Machine, question: Question, now: datetime) -> Answer:
    """Say again what was said: never to another card, nor when the answer is no longer one."""
    if known.granted and known.card != question.card:
        return Answer(granted=False, codes=("not_allowed",))
    if known.granted and (now - known.asked_at > rules.ASKED_AGAIN or known.member is None):
        return Answer(granted=False, codes=("past",))
    if known.granted and not question.late:
        order_on(machine, known, now)
    return _answer(known)


def _answer(request: StartRequest) -> Answer:
    name = request.member.first_name if request.granted and request.member else ""
    return Answer(request.granted, tuple(request.codes), request.until, name)


def _verdict(machine: Machine, person: User | None, now: datetime) -> rules.Verdict:
    return may_start(machine, person, now) if person else rules.refusal("not_allowed")


@transaction.atomic
def start_by_page(*, actor: User, machine: Machine, now: datetime) -> StartRequest:
    """Start a machine from its page; pressed twice is one start. Raises ValidationError with every reason why not."""
    machine = Machine.objects.select_for_update(no_key=True).get(pk=machine.pk)
    since = now - DOUBLE_PRESS
    known = StartRequest.objects.filter(machine=machine, member=actor, granted=True, asked_at__gte=since).first()
    if known is not None:
        return known
    if not (machine.switchable and machine.in_service):
        raise ValidationError(_("This machine is not started from here."), "not_allowed")
    found = may_start(machine, actor, now)
    if not found.granted:
        raise ValidationError(list(found.problems))
    return _keep(machine, actor, found, now, channel=StartChannel.PAGE)


def _keep(machine: Machine, person: User | None, found: rules.Verdict, now: datetime, **asked: object) -> StartRequest:
    request = StartRequest.objects.create(
        machine=machine,
        member=person,
        asked_at=now,
        granted=found.granted,
        codes=found.codes,
        until=found.until,
        **asked,
    )
    if request.granted:
        order_on(machine, request, now)
    return request


def name_use(event: Literal["opened", "closed", "attributed"], session: UsageSession) -> None:
    """Handler of USAGE_HANDLERS: a use that begins while the machine is given to somebody is theirs."""
    if event != "opened" or session.attribution != Attribution.NONE:
        return
    grant = reads.grant_at(session.machine_id, session.started_at)
    if grant is not None and grant.member is not None:
        attribute(session, member=grant.member, attribution=Attribution.BADGE)


def forget_starts(before: datetime) -> int:
    """Forget who asked to start what before a moment; return how many requests. Uses keep their own names."""
    PowerOrder.objects.filter(ordered_at__lt=before).delete()
    return StartRequest.objects.filter(asked_at__lt=before).delete()[1].get("machines.StartRequest", 0)
