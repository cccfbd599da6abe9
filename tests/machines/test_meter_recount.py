"""Whatever happens to uses, in whatever order: meters and stock are the sums of their rows."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from machines.models import Consumable, MachineMeter, UsageSession
from machines.services import meters, usage
from machines.stock_queries import summed
from tests.factories.machines import MachineFactory
from tests.factories.upkeep import START, ConsumableFactory

pytestmark = pytest.mark.django_db
OUTCOMES = st.sampled_from(["unknown", "completed", "failed"])
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["open", "close", "reopen", "record", "material", "pause", "take back"]),
        st.integers(0, 3),
        st.integers(0, 5000),
        OUTCOMES,
    ),
    max_size=25,
)


class Life:
    """A machine, two sources and a few jobs, to which steps happen."""

    def __init__(self) -> None:
        self.machine = MachineFactory()
        self.spools = ConsumableFactory.create_batch(2)

    def step(self, what: str, job: int, minutes: int, outcome: str) -> None:
        use = UsageSession.objects.filter(natural_key=f"job-{job}", machine=self.machine).first()
        about = {"source": f"s{job % 2}", "natural_key": f"job-{job}", "started_at": START + timedelta(hours=job)}
        end = {"ended_at": START + timedelta(minutes=minutes), "outcome": outcome}
        if what == "open":
            usage.open_usage(self.machine, **about)
        elif what == "record":
            end["ended_at"] = max(end["ended_at"], about["started_at"])
            told = {"job_name": "", "estimated": False, "energy_wh": None, "paused_seconds": minutes % 90}
            usage.record_usage(self.machine, **about, **end, **told)
        elif use:
            self.change(use, what, minutes, end)

    def change(self, use: UsageSession, what: str, minutes: int, end: dict) -> None:
        if what == "close":
            usage.close_usage(use, **end)
        elif what == "reopen":
            usage.reopen_usage(use, evidence_at=end["ended_at"])
        elif what == "pause":
            usage.set_paused_seconds(use, minutes)
        elif what == "material":
            spool, amount = self.spools[minutes % 2], Decimal(minutes) / 100
            usage.note_material(use, amount=amount, unit="g", consumable=spool, actor=None)
        else:
            usage.note_material(use, amount=None, unit="", actor=None)


def values(meter: MachineMeter) -> tuple:
    return (meter.uses, meter.run_time, meter.grams, meter.metres)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_meters_and_levels_are_always_the_sums_of_their_rows(steps):
    life = Life()
    for step in steps:
        life.step(*step)
    kept = MachineMeter.objects.filter(machine=life.machine).first() or MachineMeter(run_time=timedelta(0))
    assert values(kept) == values(meters.recount(life.machine))
    over = UsageSession.objects.filter(machine=life.machine, ended_at__isnull=False)
    for spool in Consumable.objects.filter(pk__in=[one.pk for one in life.spools]):
        assert spool.level - summed(spool) == 0
        assert -spool.level == sum((use.material_amount for use in over if use.consumable_id == spool.pk), Decimal(0))
