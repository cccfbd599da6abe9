"""Real threads and processes on a committed database: nobody ever gets the same time twice."""

import functools
import itertools
import json
import os
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests
from django.db import IntegrityError, OperationalError, connection, connections, transaction
from django.db.models import F
from django.utils import timezone

from booking.models import LIVE, Kind, Reservation
from booking.problems import Refused
from booking.services import block_machines, cancel, move, reserve
from tests.factories.booking import open_lab, wall
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory, bearer
from tests.services import ROOT

pytestmark = pytest.mark.parallel
DAY = timezone.localdate() + timedelta(days=7)


def overlapping_pairs() -> int:
    """Count pairs of live rows of a machine that meet, by joining the table with itself."""
    pairs = Reservation.rows.filter(
        machine__reservations__state__in=LIVE,
        machine__reservations__pk__gt=F("pk"),
        machine__reservations__blocked_from__lt=F("blocked_until"),
        machine__reservations__blocked_until__gt=F("blocked_from"),
        state__in=LIVE,
    )
    return pairs.count()


def unequal_ranges(count: int) -> list[tuple[float, float]]:
    """Return overlapping, unequal ranges of an afternoon, in half hours; the seed is fixed."""
    dice = random.Random(2)
    starts = [dice.randrange(20, 40) / 2 for _ in range(count)]
    return [(start, start + dice.randrange(1, 6) / 2) for start in starts]


def at_once(acts: list[Callable[[], str]]) -> list[str]:
    """Run acts in threads that start together; return what each came to."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], str]) -> str:
        try:
            gate.wait()
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def outcome(act: Callable[[], object]) -> str:
    try:
        act()
    except Refused as refused:
        return "+".join(refused.codes)
    return "won"


@pytest.fixture
def lab(committed_db):
    open_lab(8, 24, day=DAY)
    return MachineFactory(max_minutes=240, buffer_after_minutes=0)


def people(count: int) -> list:
    return AdultFactory.create_batch(count)


def booker(machine, member, start: float, end: float) -> Callable[[], str]:
    moments = {"starts_at": wall(start, DAY), "ends_at": wall(end, DAY)}
    return functools.partial(outcome, functools.partial(reserve, actor=member, machine=machine, **moments))


def test_overlapping_unequal_ranges_leave_no_overlap(lab, soak: bool) -> None:
    clients, ranges = (40, 20) if soak else (12, 4)
    members = people(clients)
    for start, end in unequal_ranges(ranges):
        results = at_once([booker(lab, member, start + number % 2 / 2, end) for number, member in enumerate(members)])
        assert all(result == "won" or {"overlap", "too_short"} & set(result.split("+")) for result in results)
    assert overlapping_pairs() == 0
    assert Reservation.objects.count() > 0


def test_one_slot_has_exactly_one_winner(lab, soak: bool) -> None:
    members = people(40 if soak else 12)
    for round_number in range(20 if soak else 4):
        start = 8 + round_number / 2
        results = Counter(at_once([booker(lab, member, start, start + 0.5) for member in members]))
        assert results == {"won": 1, "overlap": len(members) - 1}


def test_moves_and_cancels_mixed_in_leave_no_overlap_and_no_deadlock(lab, soak: bool) -> None:
    members = people(24 if soak else 10)
    other = MachineFactory(max_minutes=240)
    machines = itertools.cycle([lab, other])
    held = []
    for number, (member, machine) in enumerate(zip(members, machines, strict=False)):
        start, end = wall(8 + number / 2, DAY), wall(8.5 + number / 2, DAY)
        held.append(reserve(actor=member, machine=machine, starts_at=start, ends_at=end))

    def mixed(number: int, member) -> Callable[[], str]:
        dice, mine = random.Random(number), held[number]

        def act() -> str:
            for _ in range(12 if soak else 4):
                start = 8 + dice.randrange(0, 28) / 2
                wanted = {"starts_at": wall(start, DAY), "ends_at": wall(start + 1, DAY)}
                outcome(functools.partial(move, actor=member, reservation=mine, **wanted))
                outcome(functools.partial(reserve, actor=member, machine=dice.choice([lab, other]), **wanted))
            return outcome(functools.partial(cancel, actor=member, reservation=mine))

        return act

    assert set(at_once([mixed(number, member) for number, member in enumerate(members)])) == {"won"}
    assert overlapping_pairs() == 0
    assert Reservation.objects.filter(state="cancelled").count() == len(members)


def test_series_over_several_machines_are_all_or_none(lab, soak: bool) -> None:
    machines = [lab, *MachineFactory.create_batch(2)]

    def block(number: int) -> Callable[[], str]:
        dice = random.Random(number)

        def act() -> str:
            for _ in range(6 if soak else 2):
                start = wall(8 + dice.randrange(0, 24) / 2, DAY)
                hour = {"starts_at": start, "ends_at": start + timedelta(hours=1), "kind": Kind.WORKSHOP, "actor": None}
                outcome(functools.partial(block_machines, machines=dice.sample(machines, 2), **hour))
            return "done"

        return act

    assert set(at_once([block(number) for number in range(24 if soak else 8)])) == {"done"}
    assert overlapping_pairs() == 0
    assert Reservation.objects.count() % 2 == 0


def test_one_person_cannot_be_at_two_machines_by_asking_twice_at_once(lab, soak: bool) -> None:
    member, machines = AdultFactory(), [lab, *MachineFactory.create_batch(7)]
    for round_number in range(10 if soak else 3):
        start = 8 + round_number
        results = Counter(at_once([booker(machine, member, start, start + 1) for machine in machines]))
        assert results == {"won": 1, "member_overlap": len(machines) - 1}


def test_a_quota_holds_against_requests_at_once(committed_db) -> None:
    open_lab(8, 24, day=DAY)
    first = MachineFactory(max_upcoming=2)
    machines = [first, *MachineFactory.create_batch(5, category=first.category, max_upcoming=2)]
    member = AdultFactory()
    results = Counter(at_once([booker(one, member, 8 + number, 9 + number) for number, one in enumerate(machines)]))
    assert results == {"won": 2, "quota_reached": 4}


def test_writers_without_the_service_are_stopped_by_the_database(lab) -> None:
    def careless() -> str:
        try:
            with transaction.atomic():
                moments = {"starts_at": wall(14, DAY), "ends_at": wall(15, DAY)}
                row = Reservation(machine=lab, **moments)
                row.blocked_from, row.blocked_until = row.starts_at, row.ends_at
                row.save()
        except (IntegrityError, OperationalError) as error:
            return type(error).__name__
        return "won"

    assert Counter(at_once([careless] * 10))["won"] == 1
    assert overlapping_pairs() == 0


def test_separate_processes_are_kept_apart_too(lab, committed_db, soak: bool) -> None:
    members = [member.username for member in people(6 if soak else 2)]
    code = (
        "import sys, django; django.setup()\n"
        "from datetime import datetime\n"
        "from booking.problems import Refused\n"
        "from booking.services import reserve\n"
        "from machines.models import Machine\n"
        "from members.models import User\n"
        "actor, machine = User.objects.get(username=sys.argv[1]), Machine.objects.get(slug=sys.argv[2])\n"
        "won = 0\n"
        "for text in sys.argv[3:]:\n"
        "    start, end = map(datetime.fromisoformat, text.split('/'))\n"
        "    try:\n"
        "        won += bool(reserve(actor=actor, machine=machine, starts_at=start, ends_at=end))\n"
        "    except Refused as refused:\n"
        "        assert refused.codes == ['overlap'], refused.codes\n"
        "print(won)\n"
    )
    slots = [f"{wall(8 + n / 2, DAY).isoformat()}/{wall(8.5 + n / 2, DAY).isoformat()}" for n in range(20)]
    environment = {**os.environ, "DATABASE_URL": committed_db.url}
    command = [sys.executable, "-c", code]
    running = [
        subprocess.Popen(
            [*command, name, lab.slug, *slots], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        for name in members
    ]
    won = [int(process.communicate(timeout=120)[0]) for process in running]
    assert (sum(won), [process.returncode for process in running]) == (20, [0] * len(running))
    assert overlapping_pairs() == 0


# --- over HTTP ---


def post(site, headers: dict, machine, start: float, end: float) -> requests.Response:
    body = {"machine": machine.slug, "starts_at": wall(start, DAY).isoformat(), "ends_at": wall(end, DAY).isoformat()}
    return requests.post(f"{site.url}/api/v1/reservations", json=body, headers=headers, timeout=60)


def test_clients_over_http_get_one_winner_and_helpful_refusals(lab, site, soak: bool) -> None:
    headers = [bearer(member) for member in people(40 if soak else 10)]
    connection.close()
    for start, end in unequal_ranges(20 if soak else 3):
        with ThreadPoolExecutor(len(headers)) as pool:
            answers = list(pool.map(lambda h, s=start, e=end: post(site, h, lab, s, e), headers))
        assert Counter(answer.status_code for answer in answers)[201] <= 1
        for answer in answers:
            _is_won_or_helpful(answer)
    assert overlapping_pairs() == 0
    assert Reservation.objects.count() > 0


def _is_won_or_helpful(answer: requests.Response) -> None:
    if answer.status_code == 201:
        return
    assert answer.status_code in {409, 422}, answer.text
    problems = json.loads(answer.text)["problems"]
    assert problems[0]["code"] == "overlap"
    assert problems[0]["message"]
    assert isinstance(problems[0]["alternatives"], list)
