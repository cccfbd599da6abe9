"""The only writer of meters: they move in the transaction that ends, takes up again or corrects a use."""

from django.db import transaction

from machines.models import Machine, MachineMeter, UsageSession
from machines.upkeep_rules import NOTHING, Totals, counted

COLUMNS = ("started_at", "ended_at", "paused_seconds", "material_amount", "material_unit")


def follow(use: UsageSession, before: Totals) -> None:
    """Move a machine's meter by what its use counts now and did not before; its machine is locked, the use is saved."""
    change = counted(use) - before
    if change == NOTHING:
        return
    meter = MachineMeter.objects.filter(machine=use.machine_id).first()
    if meter is None:
        _write(use.machine_id, _summed(use.machine_id))
    else:
        known = Totals(meter.uses, meter.run_time, meter.grams, meter.metres)
        _write(use.machine_id, known + change)


@transaction.atomic
def recount(machine: Machine) -> MachineMeter:
    """Set a machine's meter to the sum of its uses that are over: it goes over all of them."""
    Machine.objects.select_for_update(no_key=True).get(pk=machine.pk)
    return _write(machine.pk, _summed(machine.pk))


def start_missing() -> int:
    """Count the machines that were never counted; return how many. Idempotent."""
    machines = list(Machine.objects.filter(meter=None).order_by("pk"))
    for machine in machines:
        recount(machine)
    return len(machines)


def _summed(machine_id: int) -> Totals:
    rows = UsageSession.objects.filter(machine=machine_id, ended_at__isnull=False).only(*COLUMNS)
    return sum((counted(use) for use in rows.order_by().iterator(chunk_size=2000)), NOTHING)


def _write(machine_id: int, totals: Totals) -> MachineMeter:
    values = {"uses": totals.uses, "run_time": totals.run_time, "grams": totals.grams, "metres": totals.metres}
    return MachineMeter.objects.update_or_create(machine_id=machine_id, defaults=values)[0]
