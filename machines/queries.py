"""Reading the park, across models."""

from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from machines.models import (
    FaultReport,
    FaultState,
    Level,
    Machine,
    MachineCategory,
    Outage,
    Qualification,
)
from members.models import User

DOUBLE_TAP = timedelta(minutes=1)


def is_trainer(person: User, category: MachineCategory, day: date) -> bool:
    """Tell whether somebody may sign for others on these machines: a level 3 that holds that day."""
    return holds_level(person, category, Level.TRAINER, day)


def holds_level(person: User, category: MachineCategory, level: int, day: date) -> bool:
    """Tell whether somebody has at least a level on these machines that holds that day."""
    rows = Qualification.objects.filter(member=person, category=category, level__gte=level, withdrawn_reason="")
    return rows.filter(Q(expires_on__isnull=True) | Q(expires_on__gte=day)).exists()


def open_faults(machine: Machine, reporter: User) -> QuerySet[FaultReport]:
    """Return the reports of a person about a machine that nobody has answered."""
    return FaultReport.objects.filter(machine=machine, reported_by=reporter, state=FaultState.NEW)


def same_report(report: FaultReport) -> FaultReport | None:
    """Return the report that this one repeats: the same person, machine and words, within a minute."""
    around = (report.created_at - DOUBLE_TAP, report.created_at + DOUBLE_TAP)
    said = {"what": report.what, "dangerous": report.dangerous, "created_at__range": around}
    return FaultReport.objects.filter(machine=report.machine, reported_by=report.reported_by, **said).first()


def standing_breakdown(machine: Machine, now: datetime) -> Outage | None:
    """Return the breakdown that keeps a machine from being used now, or None."""
    rows = Outage.objects.filter(machine=machine, planned=False, starts_at__lte=now)
    return rows.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now)).first()


def outages_between(start: datetime, end: datetime) -> list[Outage]:
    """Return the outages that meet `[start, end)`, the earliest first, with their machines: one query."""
    rows = Outage.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=start), starts_at__lt=end)
    return list(rows.select_related("machine").order_by("starts_at", "pk"))


def waiting_faults() -> int:
    """Return how many reports nobody has answered."""
    return FaultReport.objects.filter(state=FaultState.NEW).count()
