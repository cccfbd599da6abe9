"""Meters that follow uses, tasks that thresholds open, bookings that they stop, and what is noted as done."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from booking.models import State
from machines.models import MachineMeter, MaintenanceTask, Measure, Outage, UsageSession
from machines.services import meters, stock, upkeep, usage
from machines.services.stock import Cause
from members.models import Message
from tests.factories.booking import ReservationFactory
from tests.factories.machines import MachineFactory
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.upkeep import START, ConsumableFactory, PlanFactory, worked

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def tasks() -> list[tuple[str, bool]]:
    return [(task.plan.name, task.done_at is None) for task in MaintenanceTask.objects.order_by("pk")]


def test_a_use_moves_the_meter_when_it_is_over_and_its_pauses_do_not_count():
    machine = MachineFactory()
    use = usage.open_usage(machine, source="t", natural_key="1", started_at=START)
    assert not MachineMeter.objects.exists()
    usage.close_usage(use, ended_at=START + 3 * HOUR, outcome="completed", paused_seconds=1800)
    meter = MachineMeter.objects.get()
    assert (meter.uses, meter.run_time) == (1, 2.5 * HOUR)


def test_a_use_taken_up_again_and_corrected_counts_once():
    machine = MachineFactory()
    use = worked(machine, 1, outcome="unknown")
    usage.reopen_usage(use, evidence_at=START + HOUR)
    assert MachineMeter.objects.get().run_time == timedelta(0)
    usage.close_usage(use, ended_at=START + 2 * HOUR, outcome="unknown")
    usage.close_usage(use, ended_at=START + 4 * HOUR, outcome="completed")
    meter = MachineMeter.objects.get()
    assert (meter.uses, meter.run_time) == (1, 4 * HOUR)


def test_a_use_recorded_when_it_is_already_over_counts():
    machine = MachineFactory()
    about = {"source": "t", "natural_key": "1", "job_name": "", "started_at": START, "outcome": "completed"}
    for _told in range(2):
        usage.record_usage(machine, ended_at=START + HOUR, estimated=False, energy_wh=None, paused_seconds=0, **about)
    assert MachineMeter.objects.get().run_time == HOUR


def test_a_machine_that_was_never_counted_is_counted_with_its_past():
    machine = MachineFactory()
    worked(machine, 5)
    MachineMeter.objects.all().delete()
    worked(machine, 2)
    assert MachineMeter.objects.get().run_time == 7 * HOUR
    MachineMeter.objects.all().delete()
    upkeep.settle_upkeep(timezone.now())
    assert MachineMeter.objects.get().run_time == 7 * HOUR


def test_the_threshold_opens_one_task_after_the_use_and_tells_the_team(django_capture_on_commit_callbacks):
    boss, plan = StaffFactory(email="boss@example.org"), PlanFactory(already=8)
    with django_capture_on_commit_callbacks(execute=True):
        worked(plan.machine, 1)
    assert tasks() == []
    for _again in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            worked(plan.machine, 1)
    assert tasks() == [(plan.name, True)]
    assert [one.recipient for one in Message.objects.all()] == [boss]
    assert upkeep.settle_upkeep(timezone.now()) == 0


def test_what_was_missed_is_caught_up_by_time():
    plan = PlanFactory(every=2)
    worked(plan.machine, 3)
    assert tasks() == []
    assert [upkeep.settle_upkeep(timezone.now()) for _turn in range(2)] == [1, 0]
    assert tasks() == [(plan.name, True)]


@pytest.mark.parametrize(
    ("measure", "every"), [(Measure.USES, 2), (Measure.GRAMS, 100), (Measure.METRES, 3), (Measure.HOURS, 2)]
)
def test_every_measure_counts(measure, every):
    plan = PlanFactory(measure=measure, every=every)
    for _use in range(2):
        use = worked(plan.machine, 1)
        if measure in {Measure.GRAMS, Measure.METRES}:
            unit = "g" if measure == Measure.GRAMS else "m"
            usage.note_material(use, amount=Decimal(every) / 2, unit=unit, actor=None)
    upkeep.settle_upkeep(timezone.now())
    assert MaintenanceTask.objects.get().measured == every


def test_days_count_by_the_calendar():
    now = timezone.now()
    PlanFactory(measure=Measure.DAYS, every=7, now=now)
    assert [upkeep.settle_upkeep(now + timedelta(days=days)) for days in (6, 7, 8)] == [0, 1, 0]


def test_beyond_its_margin_bookings_stop_and_holders_are_told_until_it_is_done():
    plan, now = PlanFactory(every=2, margin=1), timezone.now()
    booking = ReservationFactory(machine=plan.machine, starts_at=now + HOUR, ends_at=now + 2 * HOUR)
    worked(plan.machine, 2)
    upkeep.settle_upkeep(now)
    assert not Outage.objects.exists()
    worked(plan.machine, 1)
    assert [upkeep.settle_upkeep(now) for _turn in range(2)] == [1, 0]
    booking.refresh_from_db()
    assert (booking.state, Outage.objects.count()) == (State.TO_CONFIRM, 1)
    assert Message.objects.filter(recipient=booking.member).count() == 1
    upkeep.finish(actor=StaffFactory(), task=MaintenanceTask.objects.get(), now=now + HOUR)
    booking.refresh_from_db()
    assert booking.state == State.CONFIRMED
    assert Outage.objects.get().ends_at == now + HOUR
    assert upkeep.settle_upkeep(now + 2 * HOUR) == 0


def test_whoever_ends_the_outage_by_hand_is_not_contradicted():
    plan = PlanFactory(every=1, margin=0)
    worked(plan.machine, 1)
    upkeep.settle_upkeep(timezone.now() - HOUR)
    upkeep.end_outage(actor=StaffFactory(), outage=Outage.objects.get())
    assert upkeep.settle_upkeep(timezone.now()) == 0
    upkeep.finish(actor=StaffFactory(), task=MaintenanceTask.objects.get())
    assert Outage.objects.count() == 1


def test_done_keeps_who_when_and_what_and_starts_counting_again():
    plan, boss, spare = PlanFactory(every=2), StaffFactory(), ConsumableFactory(unit="piece")
    stock.move(consumable=spare, why="bought", amount=Decimal(3), cause=Cause(boss))
    worked(plan.machine, 5)
    upkeep.settle_upkeep(timezone.now())
    task = upkeep.finish(actor=boss, task=MaintenanceTask.objects.get(), note="Laiton 0,4", used={spare: Decimal(1)})
    spare.refresh_from_db()
    assert (task.done_by, task.note, task.done_after, spare.level) == (boss, "Laiton 0,4", Decimal(5), Decimal(2))
    assert task.stock_movements.get().quantity == -1
    worked(plan.machine, 1)
    assert upkeep.settle_upkeep(timezone.now()) == 0
    worked(plan.machine, 1)
    assert upkeep.settle_upkeep(timezone.now()) == 1
    assert tasks() == [(plan.name, False), (plan.name, True)]


def test_done_twice_is_refused_and_so_is_a_stranger():
    plan = PlanFactory(every=1)
    worked(plan.machine, 1)
    upkeep.settle_upkeep(timezone.now())
    task = MaintenanceTask.objects.get()
    with pytest.raises(PermissionDenied):
        upkeep.finish(actor=MemberFactory(), task=task)
    upkeep.finish(actor=StaffFactory(roles=["desk"]), task=task)
    with pytest.raises(ValidationError) as refused:
        upkeep.finish(actor=StaffFactory(), task=task)
    assert refused.value.code == "done"


def test_more_than_there_is_leaves_the_task_open():
    plan, spare = PlanFactory(every=1), ConsumableFactory()
    worked(plan.machine, 1)
    upkeep.settle_upkeep(timezone.now())
    with pytest.raises(ValidationError):
        upkeep.finish(actor=StaffFactory(), task=MaintenanceTask.objects.get(), used={spare: Decimal(1)})
    assert tasks() == [(plan.name, True)]


def test_work_done_before_it_was_due_is_kept_too():
    plan = PlanFactory(every=10, already=6)
    task = upkeep.finish_early(actor=StaffFactory(), plan=plan)
    assert (task.done_after, tasks()) == (Decimal(6), [(plan.name, False)])
    worked(plan.machine, 9)
    assert upkeep.settle_upkeep(timezone.now()) == 0


def test_a_plan_put_aside_opens_nothing():
    plan = PlanFactory(every=1)
    plan.active = False
    upkeep.save_plan(actor=None, plan=plan)
    worked(plan.machine, 1)
    assert upkeep.settle_upkeep(timezone.now()) == 0


def test_a_correction_after_the_work_was_done_counts_what_it_adds():
    plan = PlanFactory(every=10)
    use = worked(plan.machine, 3, outcome="unknown")
    upkeep.finish_early(actor=StaffFactory(), plan=plan)
    usage.close_usage(use, ended_at=START + 5 * HOUR, outcome="completed")
    assert upkeep.finish_early(actor=StaffFactory(), plan=plan).done_after == 2


def test_the_database_has_the_last_word_on_one_open_task():
    plan = PlanFactory()
    about = {"plan": plan, "measured": Decimal(1)}
    MaintenanceTask.objects.create(**about)
    with pytest.raises(IntegrityError), transaction.atomic():
        MaintenanceTask.objects.create(**about)


@pytest.mark.parametrize("uses", [1, 300])
def test_ending_a_use_and_settling_never_go_over_past_uses(uses, django_assert_num_queries):
    plan = PlanFactory(every=1000)
    UsageSession.objects.bulk_create(
        UsageSession(
            machine=plan.machine, source="t", natural_key=str(number), started_at=START, ended_at=START + HOUR,
            last_evidence_at=START, outcome="completed",
        )
        for number in range(uses)
    )  # fmt: skip
    assert meters.recount(plan.machine).uses == uses
    with CaptureQueriesContext(connection) as seen:
        worked(plan.machine, 1)
    over_all = [one["sql"] for one in seen if "SUM(" in one["sql"] or "COUNT(" in one["sql"]]
    assert [sql for sql in over_all if "machines_usagesession" in sql] == []
    assert MachineMeter.objects.get().uses == uses + 1
    with django_assert_num_queries(2):
        upkeep.settle_machine(plan.machine_id)
