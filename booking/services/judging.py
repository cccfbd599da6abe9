"""How a wish is judged: the facts near it, every rule, what staff set aside, and what helps who is refused."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from booking import rules
from booking.availability import alternatives
from booking.facts import Facts, Wish
from booking.models import State
from booking.problems import Problem, Refused
from booking.queries import load_facts
from machines.models import Machine
from members.models import User
from place.clock import Span

LONGEST_LOOK = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Waiver:
    """Rules that staff set aside, and why; kept with the booking for ever."""

    codes: tuple[str, ...] = ()
    reason: str = ""


NOTHING_WAIVED = Waiver()


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules said yes to: in which state it begins, and which refusals staff set aside."""

    state: str
    waived: tuple[str, ...]
    trial: bool = False


def judge(wish: Wish, machine: Machine, member: User | None, waiver: Waiver, now: datetime) -> Judged:
    """Ask the rules. Raises Refused with what stands in the way and is not set aside."""
    return judged(wish, load_facts([machine], near(wish.span), now, member)[machine.pk], waiver, now)


def judged(wish: Wish, facts: Facts, waiver: Waiver, now: datetime) -> Judged:
    """The same from facts that are known.

    A booking that needs somebody beside the person waits until the team says yes.
    """
    found = rules.problems(wish, facts, now)
    if standing := not_waived(found, waiver):
        raise Refused(standing)
    waits = not waiver.codes and rules.needs_confirmation(wish, facts, now)
    state = State.TO_CONFIRM if waits else State.CONFIRMED
    return Judged(state, tuple(problem.code for problem in found), rules.is_trial(wish, facts))


def not_waived(found: Iterable[Problem], waiver: Waiver) -> list[Problem]:
    return [problem for problem in found if problem.code not in waiver.codes]


def near(span: Span) -> Span:
    """Never load more than a week of facts: a longer wish is refused whatever they say."""
    return Span(span.start, min(span.end, span.start + LONGEST_LOOK))


def checked_waiver(actor: User, codes: Iterable[str], reason: str) -> Waiver:
    """Return the waiver if the actor may give it; staff never set a rule aside in silence."""
    wanted = tuple(sorted(set(codes)))
    if not wanted:
        return Waiver()
    if not reason.strip():
        raise Refused([rules.not_allowed(_("Say why the rule is set aside."))])
    if not all(code in rules.WAIVABLE and actor.has_perm(rules.WAIVABLE[code]) for code in wanted):
        raise Refused([rules.not_allowed(_("You cannot set this rule aside."))])
    return Waiver(wanted, reason.strip()[:200])


def helped(refused: Refused, machine: Machine, wish: Wish, now: datetime, member: User | None) -> Refused:
    if rules.PERSONAL & set(refused.codes) or wish.span.minutes <= 0:
        return refused
    return refused.with_alternatives(alternatives(machine, wish, now, member))
