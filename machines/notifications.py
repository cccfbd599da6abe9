"""What people are told about machines, in their language."""

from collections.abc import Callable

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from machines import stock_rules
from machines.models import Consumable, FaultReport, FaultState, MaintenanceTask
from members.models import User
from members.notifications import language_of
from members.services import notify

KEEPS_THE_PARK = "machines.manage_park"
BACKEND = "django.contrib.auth.backends.ModelBackend"


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


def work_due(task: MaintenanceTask) -> None:
    """Tell who looks after the machines that work at one of them has come due."""
    plan = task.plan
    words = f"{plan.machine}\n{plan.name}\n{plan.how}".rstrip()
    subject = {"machine": plan.machine}
    _tell_the_team(lambda: _("Maintenance is due: %(machine)s") % subject, lambda: words, "desk:upkeep")


def stock_low(consumable: Consumable) -> None:
    """Tell who looks after the machines that something runs short."""
    _tell_the_team(
        lambda: _("Running short: %(name)s") % {"name": consumable.name},
        lambda: (
            _("By our count there are %(level)s %(unit)s left.")
            % {"level": stock_rules.short(consumable.level), "unit": consumable.get_unit_display()}
        ),
        "desk:stock",
    )


def _tell_the_team(subject: Callable[[], str], words: Callable[[], str], page: str) -> None:
    """Write to those who manage the park and have an e-mail: nobody is called for it, the desk shows it anyway."""
    team = User.objects.with_perm(KEEPS_THE_PARK, include_superusers=False, backend=BACKEND).exclude(email="")
    for person in team.order_by("pk"):
        with translation.override(language_of(person)):
            notify(recipient=person, subject=subject(), body=f"{words()}\n\n{settings.SITE_URL}{reverse(page)}\n")
