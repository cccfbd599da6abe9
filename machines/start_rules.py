"""May somebody start a machine, and when is a switch told off: pure, the moment passed in.

They inform and switch power for comfort; they are no safety device.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

ORDER = (
    "past",
    "closed",
    "machine_down",
    "membership_expired",
    "consent_missing",
    "too_young",
    "qualification_missing",
    "supervision_missing",
    "overlap",
    "not_allowed",
)
"""The codes a start may be refused with, in the order of docs/contract.md §4."""
FRESH = timedelta(seconds=30)
"""A question older than this is not answered with a yes: nobody may stand at the machine any more."""
ASKED_AGAIN = timedelta(minutes=2)
"""The same question gets the same answer for so long."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one rule says: why not, and until when at most (None: it knows no end)."""

    problems: tuple[ValidationError, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all rules say together; `until` is known exactly when nothing speaks against it."""

    problems: tuple[ValidationError, ...]
    until: datetime | None

    @property
    def granted(self) -> bool:
        return not self.problems

    @property
    def codes(self) -> list[str]:
        return [str(problem.code) for problem in self.problems]


def verdict(said: Iterable[Said], latest: datetime) -> Verdict:
    """Put together what the rules say: one problem a code, in order; the earliest end, `latest` where none is known."""
    heard = list(said)
    found = {str(problem.code): problem for one in reversed(heard) for problem in reversed(one.problems)}
    if found:
        return Verdict(tuple(found[code] for code in sorted(found, key=ORDER.index)), None)
    return Verdict((), min((one.until for one in heard if one.until), default=latest))


def refusal(code: str) -> Verdict:
    """Return a refusal that says no more than its code stands for."""
    return Verdict((ValidationError(WORDS[code](), code),), None)


WORDS = {
    "past": lambda: _("This question is too old: show your card again."),
    "not_allowed": lambda: _("This card is not known here: ask the team."),
    "overlap": lambda: _("The machine is working for somebody else."),
}


def may_go_off(*, idle_since: datetime, granted_until: datetime | None, minutes: int, now: datetime) -> bool:
    """Tell whether a machine that does nothing has done nothing for long enough; `minutes` 0: never."""
    if not minutes or (granted_until is not None and now < granted_until):
        return False
    return now - idle_since >= timedelta(minutes=minutes)
