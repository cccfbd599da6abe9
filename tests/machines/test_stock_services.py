"""The stock: movements that are never changed, a level that is their sum, alerts, what uses draw."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from machines.models import Consumable, StockMovement
from machines.services import stock, usage
from machines.services.stock import Cause
from machines.stock_queries import stock_alerts, summed
from members.models import Message
from tests.factories.machines import MachineFactory, MaterialFactory
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.upkeep import ConsumableFactory, worked

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return StaffFactory(email="boss@example.org")


def moved(spool: Consumable) -> list[tuple[str, Decimal, Decimal]]:
    return [(one.why, one.quantity, one.level) for one in StockMovement.objects.filter(consumable=spool).order_by("pk")]


def level(spool: Consumable) -> Decimal:
    spool.refresh_from_db()
    return spool.level


def note(spool: Consumable, why: str, amount: int, actor) -> StockMovement:
    return stock.move(consumable=spool, why=why, amount=Decimal(amount), cause=Cause(actor))


def test_every_change_is_a_movement_and_the_level_their_sum(boss):
    spool = ConsumableFactory()
    note(spool, "bought", 1000, boss)
    note(spool, "used", 300, boss)
    note(spool, "thrown", 50, boss)
    stock.count(consumable=spool, amount=Decimal(700), cause=Cause(boss, note="Inventaire"))
    assert moved(spool) == [
        ("bought", 1000, 1000),
        ("used", -300, 700),
        ("thrown", -50, 650),
        ("counted", 50, 700),
    ]
    assert (level(spool), spool.level - summed(spool)) == (700, 0)


def test_counting_what_was_right_is_kept_too(boss):
    spool = ConsumableFactory()
    stock.count(consumable=spool, amount=Decimal(0), cause=Cause(boss))
    assert moved(spool) == [("counted", 0, 0)]


@pytest.mark.parametrize(("why", "amount"), [("used", 6), ("thrown", 6), ("bought", 0), ("bought", -5)])
def test_nobody_takes_more_than_there_is_nor_nothing(boss, why, amount):
    spool = ConsumableFactory()
    note(spool, "bought", 5, boss)
    with pytest.raises(ValidationError):
        note(spool, why, amount, boss)
    assert level(spool) == 5


def test_who_is_not_of_the_team_notes_nothing():
    spool = ConsumableFactory()
    with pytest.raises(PermissionDenied):
        note(spool, "bought", 5, MemberFactory())
    with pytest.raises(PermissionDenied):
        stock.count(consumable=spool, amount=Decimal(5), cause=Cause(MemberFactory()))


def test_running_short_is_told_once_until_there_is_enough_again(boss):
    spool = ConsumableFactory(warn_below=Decimal(200))
    note(spool, "bought", 500, boss)
    for _time in range(3):
        note(spool, "used", 120, boss)
    assert ([one.recipient for one in Message.objects.all()], stock_alerts()) == ([boss], [spool])
    note(spool, "used", 10, boss)
    note(spool, "bought", 500, boss)
    assert (Message.objects.count(), stock_alerts()) == (1, [])
    note(spool, "used", 600, boss)
    assert Message.objects.count() == 2


def test_a_use_draws_what_it_took_once_and_its_correction_is_a_movement(boss):
    spool, other = ConsumableFactory.create_batch(2)
    note(spool, "bought", 1000, boss)
    use = worked(MachineFactory())
    for _told in range(2):
        usage.note_material(use, amount=Decimal(30), unit="g", consumable=spool, actor=boss)
    usage.note_material(use, amount=Decimal(45), unit="g", consumable=spool, actor=boss)
    assert moved(spool)[1:] == [("used", -30, 970), ("corrected", -15, 955)]
    usage.note_material(use, amount=Decimal(45), unit="g", consumable=other, actor=boss)
    assert (level(spool), level(other)) == (1000, -45)
    usage.note_material(use, amount=None, unit="", actor=boss)
    assert (level(spool), level(other)) == (1000, 0)


def test_a_use_that_runs_again_gives_back_until_it_is_over(boss):
    spool, use = ConsumableFactory(), worked(MachineFactory(), outcome="unknown")
    note(spool, "bought", 100, boss)
    usage.note_material(use, amount=Decimal(30), unit="g", consumable=spool, actor=boss)
    use = usage.reopen_usage(use, evidence_at=use.started_at)
    assert level(spool) == 100
    usage.close_usage(use, ended_at=use.started_at, outcome="completed")
    assert level(spool) == 70


def test_a_use_may_lead_below_zero_which_waits_to_be_counted(boss):
    spool, use = ConsumableFactory(), worked(MachineFactory())
    usage.note_material(use, amount=Decimal(30), unit="g", consumable=spool, actor=boss)
    spool.refresh_from_db()
    assert (spool.level, spool.count_again, stock_alerts()) == (-30, True, [spool])
    note(spool, "bought", 100, boss)
    assert stock_alerts() == [spool]
    stock.count(consumable=spool, amount=Decimal(90), cause=Cause(boss))
    assert stock_alerts() == []


@pytest.mark.parametrize("tie", ["material", "category"])
def test_the_only_material_of_a_machine_needs_no_name(boss, tie):
    machine = MachineFactory()
    link = {"material": MaterialFactory(machine=machine)} if tie == "material" else {"category": machine.category}
    spool = ConsumableFactory(**link)
    ConsumableFactory(unit="sheet", category=machine.category)
    usage.note_material(worked(machine), amount=Decimal(30), unit="g", actor=boss)
    assert level(spool) == -30
    second = ConsumableFactory(category=machine.category)
    usage.note_material(worked(machine), amount=Decimal(30), unit="g", actor=boss)
    assert (level(spool), level(second)) == (-30, 0)


def test_changing_a_consumable_never_changes_its_level(boss):
    spool = ConsumableFactory()
    stale = Consumable.objects.get(pk=spool.pk)
    note(spool, "bought", 5, boss)
    stale.name, stale.warn_below = "PLA noir", Decimal(10)
    stock.save_consumable(actor=boss, consumable=stale)
    assert (level(spool), spool.name, stock_alerts()) == (5, "PLA noir", [spool])


def test_the_database_refuses_what_is_silently_below_zero():
    spool = ConsumableFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Consumable.objects.filter(pk=spool.pk).update(level=-1)
