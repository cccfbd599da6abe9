"""The rules of reports of faults: pure, the moment passed in, every problem as a sentence."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from machines.models.faults import FaultState

MOST_OPEN = 5
DECISIONS = (FaultState.OUTAGE, FaultState.MAINTENANCE, FaultState.DISMISSED)


def report_problems(*, open_reports: int) -> list[ValidationError]:
    """Say why somebody cannot report one more fault of a machine."""
    if open_reports < MOST_OPEN:
        return []
    words = _("You have already reported %(count)s problems with this machine: the team has them. Tell us at the desk.")
    return [ValidationError(words % {"count": open_reports}, "too_many")]


def triage_problems(
    *, state: str, decision: str, note: str, starts_at: datetime | None, ends_at: datetime | None
) -> list[ValidationError]:
    """Say why a report cannot be answered like this: answered already, or a part of the answer is missing."""
    if state != FaultState.NEW:
        return [ValidationError(_("Somebody has already answered this report."), "decided")]
    found = []
    if decision not in DECISIONS:
        found.append(ValidationError(_("Say what follows from the report."), "no_decision"))
    if not note:
        found.append(ValidationError(_("Say why: the person who reported it will read it."), "no_note"))
    if decision == FaultState.MAINTENANCE and not (starts_at and ends_at):
        found.append(ValidationError(_("Say when the planned work begins and when it ends."), "no_period"))
    return found
