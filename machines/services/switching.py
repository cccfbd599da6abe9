"""The only writer of what switches are told: on for a granted start, off when idle. Never off while a job runs."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from machines import start_queries as reads
from machines import start_rules as rules
from machines.models import Machine, Measured, PowerOrder, StartRequest, UsageSession

WAITING, SENT, DROPPED = PowerOrder.Fate.WAITING, PowerOrder.Fate.SENT, PowerOrder.Fate.DROPPED


def order_on(machine: Machine, request: StartRequest, now: datetime) -> None:
    """Have a machine switched on, where it may be; an order that waits is enough. The caller holds the machine."""
    waiting = PowerOrder.objects.filter(machine=machine, fate=WAITING)
    waiting.exclude(on=True, ordered_at__gte=now - rules.FRESH).update(fate=DROPPED)
    if machine.switchable and not waiting.exists():
        PowerOrder.objects.create(machine=machine, on=True, request=request, ordered_at=now)


def order_idle_off(now: datetime, among: Collection[int]) -> int:
    """Have what we switched on, and what has done nothing for long enough, switched off; return how many.

    `among`: machines where nothing is known to run or to be about to, whatever the rows say. Idempotent.
    """
    return sum(_order_off(machine.pk, now) for machine in reads.switched_on_and_idle(among))


@transaction.atomic
def _order_off(machine_id: int, now: datetime) -> bool:
    machine = Machine.objects.select_for_update(no_key=True).get(pk=machine_id)
    last = reads.told(machine).first()
    if last is None or not last.on or last.fate == WAITING or not _may_go_off(machine, last, now):
        return False
    PowerOrder.objects.create(machine=machine, on=False, ordered_at=now)
    return True


def _may_go_off(machine: Machine, last: PowerOrder, now: datetime) -> bool:
    if machine.measured_state != Measured.IDLE or machine.measured_since is None or _runs(machine):
        return False
    return rules.may_go_off(
        idle_since=max(machine.measured_since, last.ordered_at),
        granted_until=reads.granted_until(machine),
        minutes=machine.idle_off_minutes if machine.switchable else 0,
        now=now,
    )


def _runs(machine: Machine) -> bool:
    return UsageSession.objects.filter(machine=machine, ended_at=None).exists()


@transaction.atomic
def take_order(order: PowerOrder, now: datetime, *, busy: bool) -> bool:
    """Tell whether an order is still to be sent, and give it up if not: too old, or a machine that works meanwhile."""
    machine = Machine.objects.select_for_update(no_key=True).get(pk=order.machine_id)
    current = PowerOrder.objects.filter(pk=order.pk, fate=WAITING)
    if order.on:
        good = now - order.ordered_at <= rules.FRESH and machine.switchable
    else:
        idle = machine.measured_state == Measured.IDLE and not _runs(machine) and not busy
        until = reads.granted_until(machine)
        good = idle and machine.switchable and (until is None or until <= now)
    if not good:
        current.update(fate=DROPPED)
    return good and current.exists()


def note_sent(order: PowerOrder) -> None:
    """Note that an order has been sent; one that was not noted is sent again, which changes nothing."""
    PowerOrder.objects.filter(pk=order.pk, fate=WAITING).update(fate=SENT)
