"""Invented maintenance plans, consumables, and uses that are over."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import factory
from django.utils import timezone

from machines.models import Consumable, Machine, MaintenanceTask, Measure, UpkeepPlan, UsageSession
from machines.services.upkeep import save_plan, settle_machine
from machines.services.usage import close_usage, open_usage
from tests.factories.machines import MachineFactory

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
NUMBERS = count(1)


class PlanFactory(factory.django.DjangoModelFactory):
    """Every ten hours of use; `already` hours, uses… have come together."""

    class Meta:
        model = UpkeepPlan

    machine = factory.SubFactory(MachineFactory)
    name = factory.Sequence(lambda number: f"Buse {number}")
    measure = Measure.HOURS
    every = 10

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> UpkeepPlan:
        already, now = kwargs.pop("already", 0), kwargs.pop("now", None)
        return save_plan(actor=None, plan=model_class(*args, **kwargs), already=already, now=now)


class ConsumableFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Consumable

    name = factory.Sequence(lambda number: f"Filament {number}")


def worked(machine: Machine, hours: float = 1, start: datetime = START, **end: Any) -> UsageSession:
    """Let a machine work for some hours, to an end."""
    use = open_usage(machine, source="test", natural_key=f"use-{next(NUMBERS)}", started_at=start)
    return close_usage(use, ended_at=start + timedelta(hours=hours), **({"outcome": "completed"} | end))


def due_work(**plan: Any) -> MaintenanceTask:
    """Return the work of a plan that has just come due."""
    made = PlanFactory(**({"every": 10, "already": 12} | plan))
    settle_machine(made.machine_id, timezone.now())
    return MaintenanceTask.objects.get(plan=made)
