"""Invented machines, who may use them, and what stops them."""

from datetime import date

import factory

from machines.models import (
    Machine,
    MachineCategory,
    MachineMaterial,
    MachinePool,
    Outage,
    Process,
    Qualification,
    Supervision,
)
from tests.factories.members import MemberFactory, StaffFactory


class CategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = MachineCategory

    slug = factory.Sequence(lambda number: f"famille-{number}")
    name = factory.Sequence(lambda number: f"Famille {number}")
    process = Process.FDM


class PoolFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = MachinePool

    name = factory.Sequence(lambda number: f"Genre {number}")


class MachineFactory(factory.django.DjangoModelFactory):
    """A machine everybody from 10 may use alone, by half hours, one to four hours; generous quotas."""

    class Meta:
        model = Machine

    slug = factory.Sequence(lambda number: f"machine-{number}")
    name = factory.Sequence(lambda number: f"Machine {number}")
    category = factory.SubFactory(CategoryFactory)
    min_age = 8
    min_age_alone = 10
    step_minutes = 30
    slot_minutes = 60
    min_minutes = 30
    max_minutes = 240
    weekly_quota_minutes = 6000
    max_upcoming = 50
    horizon_days = 0
    supervision = Supervision.NONE


class PrinterFactory(MachineFactory):
    """As the lab's printers: level 1, 10 accompanied, 12 alone, four hours a week, two bookings ahead."""

    level_required = 1
    min_age = 10
    min_age_alone = 12
    weekly_quota_minutes = 240
    max_upcoming = 2


class QualificationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Qualification

    member = factory.SubFactory(MemberFactory)
    category = factory.SubFactory(CategoryFactory)
    level = 1
    granted_by = factory.SubFactory(StaffFactory)
    granted_on = date(2026, 9, 1)


class MaterialFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = MachineMaterial

    machine = factory.SubFactory(MachineFactory)
    name = factory.Sequence(lambda number: f"Matériau {number}")


class OutageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Outage

    machine = factory.SubFactory(MachineFactory)
    reason = "buse bouchée"
