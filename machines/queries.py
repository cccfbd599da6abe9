"""Reading the park, across models."""

from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from machines.models import (
    LIVE_MEASURED,
    FaultReport,
    FaultState,
    Level,
    Machine,
    MachineCategory,
    Outage,
    Qualification,
    UsageSession,
)
from members.models import User

DOUBLE_TAP = timedelta(minutes=1)
STALE = timedelta(minutes=3)
"""A machine at work that has said nothing for longer than this is shown with its last word."""
TELLING_PERCENT = 10
"""Below this share done, the pace of a job says nothing about its end."""
END_STEP = timedelta(minutes=5)


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


def contact_minutes(machine: Machine, state: str, minute: datetime) -> int | None:
    """Return how long ago a machine was heard, when that says something: it is offline, or at work and silent."""
    if machine.last_contact_at is None or state not in {"offline", *LIVE_MEASURED}:
        return None
    silence = minute - machine.last_contact_at
    return max(0, int(silence.total_seconds() // 60)) if state == "offline" or silence > STALE else None


def ends_about(machine: Machine, began: datetime, progress: int | None, minute: datetime) -> datetime | None:
    """Guess the end of a job from its pace up to when the machine was last heard, brought up to five minutes.

    A guess that has passed is none: nobody knows.
    """
    if progress is None or not TELLING_PERCENT <= progress < 100:
        return None
    heard_at = min(minute, machine.last_contact_at or minute)
    end = began + max(heard_at - began, timedelta(0)) / progress * 100
    end += (datetime.min.replace(tzinfo=end.tzinfo) - end) % END_STEP
    return end if end > minute else None


def job_began(machine: int) -> datetime | None:
    """Return when what runs on a machine began: one query."""
    rows = UsageSession.objects.filter(machine=machine, ended_at=None).order_by("started_at")
    return rows.values_list("started_at", flat=True).first()
