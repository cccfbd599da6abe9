"""Reading who was allowed to start a machine, and what its switch was told."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from machines.models import Machine, Measured, PowerOrder, StartRequest, UsageSession
from members.models import User


def grant_at(machine_id: int, moment: datetime) -> StartRequest | None:
    """Return the last yes that holds at a moment: the machine was given to its person."""
    rows = StartRequest.objects.filter(machine=machine_id, granted=True, asked_at__lte=moment, until__gt=moment)
    return rows.select_related("member").order_by("-asked_at", "-pk").first()


def grant_of(machine: Machine, person: User, now: datetime) -> StartRequest | None:
    """Return the time that somebody was given last on a machine and that still runs, with what its switch was told."""
    rows = StartRequest.objects.filter(machine=machine, member=person, granted=True, until__gt=now)
    return rows.prefetch_related("orders").order_by("-asked_at", "-pk").first()


def was_granted(machine_id: int, member: User, moment: datetime) -> bool:
    """Tell whether somebody had been told yes for a moment."""
    rows = StartRequest.objects.filter(machine=machine_id, member=member, granted=True)
    return rows.filter(asked_at__lte=moment, until__gt=moment).exists()


def works_for_another(machine: Machine, person: User) -> bool:
    """Tell whether a use runs on the machine that is known to be somebody else's."""
    running = UsageSession.objects.filter(machine=machine, ended_at=None, member__isnull=False)
    return running.exclude(member=person).exists()


def granted_until(machine: Machine) -> datetime | None:
    """Return until when the machine was given last, whoever it was."""
    rows = StartRequest.objects.filter(machine=machine, granted=True)
    return rows.order_by("-until").values_list("until", flat=True).first()


def told(machine: object) -> QuerySet[PowerOrder]:
    """Return what a machine's switch was told or will be, the last first."""
    return PowerOrder.objects.filter(machine=machine).exclude(fate=PowerOrder.Fate.DROPPED).order_by("-pk")


def switched_on_and_idle(among: Collection[int]) -> QuerySet[Machine]:
    """Return, of some machines, those that we switched on and that say they do nothing."""
    last = told(OuterRef("pk"))
    rows = Machine.objects.filter(switchable=True, idle_off_minutes__gt=0, measured_state=Measured.IDLE)
    return rows.annotate(last_on=Subquery(last.values("on")[:1])).filter(last_on=True).filter(pk__in=among)


def waiting_orders(machines: Collection[int]) -> QuerySet[PowerOrder]:
    """Return what the bridge has still to send to some machines, the oldest first."""
    rows = PowerOrder.objects.filter(fate=PowerOrder.Fate.WAITING, machine__in=machines)
    return rows.select_related("machine").order_by("pk")
