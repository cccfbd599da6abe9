"""The rules of presence at a machine: pure, the moment passed in. They inform; they stop nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Round:
    """When somebody is asked, and by when they should have answered."""

    asked_at: datetime
    due_at: datetime


class Answer(StrEnum):
    """What became of a round; SHORT: the use was over before the time was up, so nobody was missed."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    OVERDUE = "overdue"
    SHORT = "short"
    NEVER = "never"


def next_round(
    *, started_at: datetime, confirmed_at: datetime | None, minutes: int, again_minutes: int, now: datetime
) -> Round | None:
    """Return the round to ask of a use that runs: the first, one after the last confirmation, or none.

    `minutes` from 1 on. What is told late gives everybody the full time from now on: the past rings no bell.
    """
    if confirmed_at and not again_minutes:
        return None
    asked_at = confirmed_at + timedelta(minutes=again_minutes) if confirmed_at else min(started_at, now)
    return Round(asked_at, max(asked_at, now) + timedelta(minutes=minutes))


def answer_of(*, due_at: datetime, confirmed_at: datetime | None, ended_at: datetime | None, now: datetime) -> Answer:
    """Tell what became of a round, as things stand now."""
    if confirmed_at:
        return Answer.CONFIRMED
    if ended_at:
        return Answer.SHORT if ended_at < due_at else Answer.NEVER
    return Answer.OVERDUE if due_at <= now else Answer.WAITING


def confirm_problems(
    *, waits: bool, ended_at: datetime | None, holds_the_time: bool, knows_the_machine: bool, keeps_the_desk: bool
) -> list[ValidationError]:
    """Say why somebody cannot confirm: neither theirs, nor habilitated, nor of the team; or the use is over."""
    if not (holds_the_time or knows_the_machine or keeps_the_desk):
        words = _("Whoever uses the machine, somebody at level 2 or more on it, or the team can confirm. Ask the team.")
        return [ValidationError(words, "not_yours")]
    if waits and ended_at:
        return [ValidationError(_("The machine has finished: there is nothing to confirm any more."), "over")]
    return []
