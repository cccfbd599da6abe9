"""The rules of booking: pure, each says one thing, all are asked (domain.md §2.10, order of contract.md §4)."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from booking.facts import Facts, Wish
from booking.problems import NextStep, Problem
from booking.rules.changes import changeable_until, changed, changed_meanwhile, is_late, too_late_to_change
from booking.rules.groups import group_refused
from booking.rules.limits import member_overlap, overlap, quota_reached
from booking.rules.materials import material_refused, material_unsaid, material_waits
from booking.rules.people import (
    consent_missing,
    is_trial,
    membership_expired,
    qualification_missing,
    supervision_missing,
    suspended,
    too_young,
)
from booking.rules.steps import ask_desk, duration_text
from booking.rules.times import bad_granularity, closed, machine_down, past, too_early, too_late, too_long, too_short

WAIVABLE = {
    "bad_granularity": "booking.waive_rules",
    "too_short": "booking.waive_rules",
    "too_long": "booking.waive_rules",
    "too_early": "booking.waive_rules",
    "too_late": "booking.waive_rules",
    "closed": "booking.waive_rules",
    "suspended": "booking.waive_rules",
    "membership_expired": "booking.waive_rules",
    "consent_missing": "booking.waive_age_rules",
    "too_young": "booking.waive_age_rules",
    "qualification_missing": "booking.waive_rules",
    "supervision_missing": "booking.waive_age_rules",
    "member_overlap": "booking.waive_rules",
    "quota_reached": "booking.waive_rules",
}
# No other time helps against these: they are about the person, or about what was asked.
PERSONAL = frozenset(
    {
        "suspended",
        "membership_expired",
        "consent_missing",
        "too_young",
        "qualification_missing",
        "material_refused",
        "not_allowed",
        "changed",
    }
)
# What may well have changed by the time a place is free.
PASSING = frozenset({"overlap", "member_overlap", "quota_reached", "machine_down", "too_late"})

Rule = Callable[[Wish, Facts, datetime], Problem | None]
RULES: tuple[Rule, ...] = (
    past,
    bad_granularity,
    too_short,
    too_long,
    too_early,
    too_late,
    closed,
    machine_down,
    suspended,
    membership_expired,
    consent_missing,
    too_young,
    qualification_missing,
    supervision_missing,
    material_refused,
    overlap,
    member_overlap,
    quota_reached,
    group_refused,
)
# What may speak against a time, when all that is known of the person is an age.
OF_THE_TIME: tuple[Rule, ...] = (past, too_early, too_late, closed, machine_down, supervision_missing, overlap)
OF_A_STRETCH = tuple(
    rule for rule in RULES if rule not in {bad_granularity, too_short, too_long, too_late, quota_reached}
)


def problems(wish: Wish, facts: Facts, now: datetime, rules: Iterable[Rule] = RULES) -> list[Problem]:
    """Ask every rule; return all refusals, in order."""
    found = (rule(wish, facts, now) for rule in rules)
    return [problem for problem in found if problem is not None]


def not_allowed_anonymous(next_url: str = "") -> Problem:
    """The problem of somebody who has not signed in."""
    url = reverse("account_login") + (f"?next={next_url}" if next_url else "")
    return Problem("not_allowed", _("Sign in to book."), {}, NextStep(_("Sign in"), url))


def not_allowed(message: str) -> Problem:
    return Problem("not_allowed", message, {}, ask_desk())


def may_wait(codes: Iterable[str]) -> bool:
    """Tell whether it makes sense to wait for a time refused for these reasons."""
    found = set(codes)
    return "overlap" in found and found <= PASSING


def needs_confirmation(wish: Wish, facts: Facts, now: datetime) -> bool:
    """Tell whether the wish passes only if the team says yes: to be beside the person, or to a material."""
    if material_waits(wish, facts):
        return True
    alone = Wish(wish.span, accompanied=False, ignore=wish.ignore)
    return wish.accompanied and bool(problems(alone, facts, now, (too_young, qualification_missing)))


__all__ = [
    "OF_A_STRETCH",
    "PASSING",
    "PERSONAL",
    "RULES",
    "WAIVABLE",
    "Rule",
    "changeable_until",
    "changed",
    "changed_meanwhile",
    "closed",
    "consent_missing",
    "duration_text",
    "is_late",
    "is_trial",
    "machine_down",
    "material_refused",
    "material_unsaid",
    "may_wait",
    "needs_confirmation",
    "not_allowed",
    "not_allowed_anonymous",
    "problems",
    "qualification_missing",
    "quota_reached",
    "supervision_missing",
    "too_late_to_change",
]
