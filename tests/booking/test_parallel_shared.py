"""Real threads on what machines share and on any of a kind: nobody gets the same time twice, nobody waits for ever."""

import functools
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.db.models import Count

from booking.models import LIVE, Kind, Reservation
from booking.services import block_machines, cancel, move, reserve
from booking.services.rows import lock
from machines.models import Machine
from machines.services.park import declare_outage, end_outage, tie_together
from tests.booking.test_parallel import DAY, at_once, outcome, overlapping_pairs, people
from tests.factories.booking import open_lab, wall
from tests.factories.machines import CategoryFactory, MachineFactory, PoolFactory

pytestmark = pytest.mark.parallel


@pytest.fixture
def lab(committed_db) -> list[Machine]:
    """A room with three machines of one kind, two of which share an extraction."""
    open_lab(8, 24, day=DAY)
    pool, category = PoolFactory(name="Ender-3"), CategoryFactory()
    room, extraction = MachineFactory(category=category), MachineFactory(bookable=False)
    machines = MachineFactory.create_batch(3, pool=pool, category=category, inside=room)
    for machine in machines[:2]:
        machine.needs.add(extraction)
    tie_together()
    return list(Machine.objects.filter(bookable=True).order_by("-pk"))


def parts_out_of_line() -> int:
    """Count bookings whose parts are not exactly what goes along with their machine, at their time."""
    wrong = 0
    for row in Reservation.objects.filter(state__in=LIVE, kind=Kind.MEMBER).select_related("machine"):
        along = set(row.machine.ties.filter(role="taken").values_list("other", flat=True))
        parts = Reservation.rows.filter(part_of=row, state__in=LIVE, starts_at=row.starts_at, ends_at=row.ends_at)
        wrong += set(parts.values_list("machine", flat=True)) != along
    dead = Reservation.objects.exclude(state__in=LIVE).values("pk")
    return wrong + Reservation.rows.filter(part_of__in=dead, state__in=LIVE).count()


def test_what_is_shared_is_held_once_whoever_comes_from_which_side(lab, soak: bool) -> None:
    members, rounds = people(40 if soak else 10), 14 if soak else 4

    def busy(number: int, member) -> Callable[[], str]:
        dice = random.Random(number)

        def act() -> str:
            for _ in range(rounds):
                start = 8 + dice.randrange(0, 20) / 2
                wanted = {"starts_at": wall(start, DAY), "ends_at": wall(start + dice.choice([0.5, 1, 2]), DAY)}
                machine, anyone = dice.choice(lab), dice.random() < 0.5
                made = functools.partial(reserve, actor=member, machine=machine, any_of_kind=anyone, **wanted)
                outcome(made)
                mine = Reservation.objects.filter(member=member, state__in=LIVE).order_by("?").first()
                if mine:
                    outcome(functools.partial(move, actor=member, reservation=mine, **wanted))
                if mine and dice.random() < 0.3:
                    outcome(functools.partial(cancel, actor=member, reservation=mine))
            return "won"

        return act

    def team(number: int) -> Callable[[], str]:
        dice = random.Random(1000 + number)

        def act() -> str:
            for _ in range(rounds):
                start = 8 + dice.randrange(0, 20) / 2
                taken = {
                    "starts_at": wall(start, DAY),
                    "ends_at": wall(start + 1, DAY),
                    "kind": "workshop",
                    "actor": None,
                }
                outcome(functools.partial(block_machines, machines=dice.sample(lab, 2), **taken))
                outage = declare_outage(actor=None, machine=dice.choice(lab), reason="buse")
                end_outage(actor=None, outage=outage)
            return "won"

        return act

    acts = [busy(number, member) for number, member in enumerate(members)] + [team(1), team(2)]
    assert set(at_once(acts)) == {"won"}
    assert overlapping_pairs() == 0
    assert parts_out_of_line() == 0
    assert Reservation.objects.count() > 0


def test_any_of_a_kind_is_given_as_often_as_there_are_machines(lab, soak: bool) -> None:
    members, pool = people(24 if soak else 9), lab[0].pool
    Machine.objects.update(inside=None)
    for machine in lab:
        machine.needs.clear()
    tie_together()
    machine = Machine.objects.filter(pool=pool).first()
    for hour in range(8, 16 if soak else 11):
        wanted = {"machine": machine, "any_of_kind": True, "starts_at": wall(hour, DAY), "ends_at": wall(hour + 1, DAY)}
        results = at_once(
            [functools.partial(outcome, functools.partial(reserve, actor=one, **wanted)) for one in members]
        )
        assert sorted(results) == ["overlap"] * (len(members) - 3) + ["won"] * 3
    assert overlapping_pairs() == 0
    each = Reservation.objects.filter(state__in=LIVE).values("starts_at").annotate(count=Count("pk"))
    assert {row["count"] for row in each} == {3}


def still_free(keys: list[int]) -> set[int]:
    """Ask from another connection which machines nobody has locked."""

    def ask() -> set[int]:
        try:
            if not connection.features.has_select_for_update:
                connection.cursor().execute("PRAGMA busy_timeout = 0")
            with transaction.atomic():
                rows = Machine.objects.select_for_update(skip_locked=True, no_key=True).filter(pk__in=keys)
                return set(rows.values_list("pk", flat=True))
        except OperationalError:  # SQLite: nobody else writes at all
            return set()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(ask).result()


def test_everything_that_goes_along_is_locked_beside_the_person(lab) -> None:
    room, member = lab[0].inside, people(1)[0]
    one = next(machine for machine in lab if machine.pool_id)
    for machine, along in ((room, Machine.objects.all()), (one, Machine.objects.exclude(pk=room.pk))):
        keys = list(along.values_list("pk", flat=True))
        with transaction.atomic():
            lock(machine, member)
            assert still_free(keys) == set()
