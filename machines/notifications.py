"""What people are told about machines, in their language."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from machines.models import FaultReport, FaultState
from members.notifications import language_of
from members.services import notify


def fault_decided(report: FaultReport) -> None:
    """Tell who reported a fault what the team makes of it."""
    reporter = report.reported_by
    if reporter is None:
        return
    with translation.override(language_of(reporter)):
        subject = _("Your report about %(machine)s") % {"machine": report.machine}
        page = reverse("machines:fault", args=[report.machine.slug, report.pk])
        body = f"{decision_words(report)}\n{report.decision_note}\n\n{settings.SITE_URL}{page}\n"
        notify(recipient=reporter, subject=subject, body=body, confirms=report.decided_by_id == reporter.pk)


def decision_words(report: FaultReport) -> str:
    """Say what follows from a report, to who made it."""
    words = {
        FaultState.NEW: _("The team has not looked at it yet."),
        FaultState.OUTAGE: _("You were right, thank you: the machine is out of order until it is repaired."),
        FaultState.MAINTENANCE: _("Thank you: we have planned to repair it."),
        FaultState.DISMISSED: _("Thank you for telling us. We looked, and the machine can be used."),
    }
    return words[FaultState(report.state)]
