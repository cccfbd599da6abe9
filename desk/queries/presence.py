"""At which machines somebody should be: how long nobody has said so, without a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from machines.models import PresenceCheck
from machines.presence_queries import waiting_checks
from machines.presence_rules import Answer, answer_of


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A machine that runs and asks whether somebody is there; `minutes` since it asked."""

    check: int
    machine: int
    name: str
    minutes: int
    overdue: bool


def unanswered(now: datetime) -> list[Unanswered]:
    """Return the machines that wait for a word, the longest wait first: one query."""
    return [_unanswered(row, now) for row in waiting_checks(now)]


def _unanswered(row: PresenceCheck, now: datetime) -> Unanswered:
    answer = answer_of(due_at=row.due_at, confirmed_at=row.confirmed_at, ended_at=row.session.ended_at, now=now)
    minutes = (now - row.asked_at) // timedelta(minutes=1)
    machine = row.session.machine
    return Unanswered(row.pk, machine.pk, machine.name, minutes, answer == Answer.OVERDUE)
