"""Several workers at one threshold and several hands at one shelf, each in a connection of its own."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from machines.models import Consumable, MachineMeter, MaintenanceTask, Outage, StockMovement
from machines.services import meters, stock, upkeep, usage
from machines.services.stock import Cause
from machines.stock_queries import summed
from members.models import Message
from tests.factories.machines import MachineFactory, PoolFactory
from tests.factories.members import StaffFactory
from tests.factories.upkeep import START, ConsumableFactory, PlanFactory, worked
from tests.workshops.test_parallel import all_at_once

pytestmark = [pytest.mark.parallel, pytest.mark.usefixtures("committed_db")]


def test_uses_that_end_at_once_open_one_task_and_one_outage():
    boss, plan = StaffFactory(email="boss@example.org"), PlanFactory(every=4, margin=0)
    machine, end = plan.machine, START + timedelta(hours=1)
    uses = [usage.open_usage(machine, source=f"s{n}", natural_key="1", started_at=START) for n in range(6)]
    ends = [lambda use=use: usage.close_usage(use, ended_at=end, outcome="completed").pk for use in uses]
    turns = [lambda: upkeep.settle_upkeep(timezone.now())] * 2
    assert not [one for one in all_at_once(ends + turns) if isinstance(one, Exception)]
    assert (MaintenanceTask.objects.count(), Outage.objects.count()) == (1, 1)
    assert [one.recipient for one in Message.objects.all()] == [boss]
    kept = MachineMeter.objects.get(machine=machine)
    assert (kept.uses, kept.run_time) == (6, meters.recount(machine).run_time)


def test_twins_of_a_pool_do_not_wait_for_each_other_in_a_circle():
    pool = PoolFactory()
    plans = [PlanFactory(machine=MachineFactory(pool=pool), every=1, margin=0) for _twin in range(3)]
    found = all_at_once([lambda one=one.machine: worked(one, 2).pk for one in plans for _use in range(1)])
    assert not [one for one in found if isinstance(one, Exception)]
    upkeep.settle_upkeep(timezone.now())
    assert (MaintenanceTask.objects.count(), Outage.objects.count()) == (3, 3)


def test_done_by_several_at_once_is_done_once():
    plan, team = PlanFactory(every=1), StaffFactory.create_batch(4)
    spare = ConsumableFactory(unit="piece")
    stock.move(consumable=spare, why="bought", amount=Decimal(9), cause=Cause(team[0]))
    worked(plan.machine, 1)
    upkeep.settle_upkeep(timezone.now())
    task, used = MaintenanceTask.objects.get(), {spare: Decimal(1)}
    found = all_at_once([lambda one=one: upkeep.finish(actor=one, task=task, used=used).pk for one in team])
    assert len([one for one in found if isinstance(one, ValidationError)]) == 3
    assert Consumable.objects.get().level == 8


def test_hands_at_one_shelf_never_take_more_than_there_is():
    actor, spool = StaffFactory(), ConsumableFactory()
    stock.move(consumable=spool, why="bought", amount=Decimal(5), cause=Cause(actor))
    take = {"consumable": spool, "why": "used", "amount": Decimal(1), "cause": Cause(actor)}
    found = all_at_once([lambda: stock.move(**take).pk] * 8)
    assert len([one for one in found if isinstance(one, ValidationError)]) == 3
    spool.refresh_from_db()
    assert (spool.level, spool.level - summed(spool), spool.count_again) == (0, 0, False)


def test_the_same_form_sent_many_times_at_once_is_one_movement():
    cause, spool = Cause(StaffFactory(), key="a" * 32), ConsumableFactory()
    all_at_once([lambda: stock.move(consumable=spool, why="bought", amount=Decimal(5), cause=cause).pk] * 6)
    assert StockMovement.objects.get().level == 5


def test_a_use_told_many_times_at_once_is_drawn_once():
    spool, use = ConsumableFactory(), worked(MachineFactory(), 1)
    told = {"amount": Decimal(30), "unit": "g", "consumable": spool, "actor": None}
    all_at_once([lambda: usage.note_material(use, **told).pk] * 6)
    spool.refresh_from_db()
    assert (StockMovement.objects.count(), spool.level, spool.count_again) == (1, -30, True)


def test_a_machine_and_a_person_who_say_at_once_what_was_used_leave_one_amount_drawn():
    machine = MachineFactory()
    spool, use, boss = ConsumableFactory(category=machine.category), worked(machine, 1), StaffFactory()
    by_hand = {"amount": Decimal(30), "unit": "g", "consumable": spool, "actor": boss}
    acts = [lambda: usage.measure_material(use, amount=Decimal(12), unit="g").pk] * 4
    all_at_once([*acts, lambda: usage.note_material(use, **by_hand).pk])
    spool.refresh_from_db()
    use.refresh_from_db()
    assert (use.material_amount, spool.level, summed(spool)) == (30, -30, -30)
