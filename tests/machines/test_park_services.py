from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from machines.models import Machine, MachineCategory, Measured, Outage
from machines.services.park import declare_outage, end_outage, save_category, save_machine
from members import handlers
from members.models import AuditEntry
from tests.factories.machines import CategoryFactory, MachineFactory, OutageFactory
from tests.factories.members import StaffFactory

pytestmark = pytest.mark.django_db


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def test_categories_and_machines_are_made_and_changed_with_a_trace() -> None:
    manager = StaffFactory()
    category = save_category(actor=manager, category=MachineCategory(slug="fdm", name="Impression", process="fdm"))
    machine = save_machine(actor=manager, machine=Machine(slug="a", name="A", category=category))
    machine.name = "B"
    save_machine(actor=manager, machine=machine)
    assert actions() == ["category.created", "machine.created", "machine.updated"]
    assert Machine.objects.get().name == "B"


def test_describing_a_machine_never_touches_what_it_measures() -> None:
    machine = MachineFactory()
    Machine.objects.filter(pk=machine.pk).update(measured_state=Measured.IN_USE, progress=40)
    machine.name = "Autre nom"
    save_machine(actor=None, machine=machine)
    row = Machine.objects.get()
    assert (row.name, row.measured_state, row.progress) == ("Autre nom", Measured.IN_USE, 40)


@pytest.mark.parametrize(
    "wrong",
    [
        {"level_required": 4},
        {"step_minutes": 0},
        {"min_minutes": 300},
        {"min_minutes": 0},
        {"min_age": 15},
        {"slug": "pas un nom court"},
        {"name": ""},
    ],
)
def test_a_machine_that_makes_no_sense_is_refused(wrong: dict) -> None:
    machine = MachineFactory()
    for field, value in wrong.items():
        setattr(machine, field, value)
    with pytest.raises(ValidationError):
        save_machine(actor=None, machine=machine)


@pytest.mark.parametrize("wrong", [{"level_required": 4}, {"step_minutes": 4}, {"min_minutes": 300}, {"min_age": 15}])
def test_the_database_refuses_it_too(wrong: dict) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        MachineFactory(**wrong)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Listen instead of the rooms above."""
    calls: list[tuple] = []
    monkeypatch.setattr(handlers, "call", lambda setting, *args: calls.append((setting, *args)))
    return calls


def test_an_outage_is_told_to_whom_it_concerns(heard) -> None:
    machine = MachineFactory()
    outage = declare_outage(actor=None, machine=machine, reason="buse")
    ended = end_outage(actor=None, outage=outage)
    assert heard == [("OUTAGE_HANDLERS", "declared", outage), ("OUTAGE_HANDLERS", "ended", ended)]
    assert ended.ends_at is not None


def test_planned_work_has_an_end(heard) -> None:
    with pytest.raises(ValidationError):
        declare_outage(actor=None, machine=MachineFactory(), reason="révision", planned=True)
    assert heard == []


@pytest.mark.parametrize("hours", [0, -1])
def test_an_outage_ends_after_it_starts(heard, hours: int) -> None:
    now = timezone.now()
    with pytest.raises(ValidationError):
        declare_outage(
            actor=None, machine=MachineFactory(), reason="x", starts_at=now, ends_at=now + timedelta(hours=hours)
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        OutageFactory(starts_at=now, ends_at=now)


def test_an_outage_that_never_began_leaves_no_row(heard) -> None:
    later = timezone.now() + timedelta(days=1)
    outage = declare_outage(actor=None, machine=MachineFactory(), reason="x", starts_at=later)
    end_outage(actor=None, outage=outage)
    assert Outage.objects.count() == 0
    assert [event for _setting, event, _outage in heard] == ["declared", "ended"]


def test_an_outage_ends_once(heard) -> None:
    now = timezone.now()
    outage = OutageFactory(starts_at=now - timedelta(hours=2))
    end_outage(actor=None, outage=outage, at=now - timedelta(hours=1))
    with pytest.raises(ValidationError):
        end_outage(actor=None, outage=outage)
    assert len(heard) == 1


def test_a_family_in_use_is_not_deleted() -> None:
    category = CategoryFactory()
    MachineFactory(category=category)
    with pytest.raises(IntegrityError):
        category.delete()
