"""Several ask at once to start a machine: each in a connection of its own."""

from datetime import timedelta

import pytest
from django.utils import timezone

from machines.models import Measured, Outcome, PowerOrder, StartRequest
from machines.services.starts import Question, ask_by_badge, start_by_page
from machines.services.switching import order_idle_off, take_order
from machines.services.usage import close_usage, open_usage
from place.models import OpeningKind, OpeningPeriod
from tests.factories.machines import MachineFactory
from tests.factories.members import CardFactory, MemberFactory
from tests.workshops.test_parallel import all_at_once

pytestmark = [pytest.mark.parallel, pytest.mark.usefixtures("committed_db")]


@pytest.fixture
def machine():
    now = timezone.now()
    hours = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=1)}
    OpeningPeriod.objects.create(kind=OpeningKind.OPEN_LAB, label="Open lab", **hours)
    since = now - timedelta(hours=1)
    return MachineFactory(switchable=True, idle_off_minutes=1, measured_state=Measured.IDLE, measured_since=since)


def test_one_question_told_many_times_at_once_is_one_row_and_one_answer(machine) -> None:
    card, now = CardFactory(user=MemberFactory()), timezone.now()
    asked = Question("native:box", "b1", 1, card.digest)
    found = all_at_once([lambda: ask_by_badge(machine.pk, asked, now)] * 6)
    assert [one.granted for one in found] == [True] * 6
    assert len(set(found)) == StartRequest.objects.count() == PowerOrder.objects.count() == 1


def test_page_pressed_many_times_at_once_is_one_start(machine) -> None:
    person, now = MemberFactory(), timezone.now()
    found = all_at_once([lambda: start_by_page(actor=person, machine=machine, now=now).pk] * 6)
    assert len(set(found)) == StartRequest.objects.count() == PowerOrder.objects.count() == 1


@pytest.mark.parametrize("turn", range(5))
def test_order_off_beside_a_job_that_begins_is_let_through_before_it_or_never(machine, turn: int) -> None:
    now = timezone.now()
    PowerOrder.objects.create(machine=machine, on=True, fate="sent", ordered_at=now - timedelta(minutes=9))
    assert order_idle_off(now, {machine.pk}) == 1
    off = PowerOrder.objects.get(on=False)
    told = {"source": "t", "natural_key": str(turn), "started_at": now}
    sent, use = all_at_once([lambda: take_order(off, now, busy=False), lambda: open_usage(machine, **told)])
    assert isinstance(sent, bool)
    assert not take_order(off, now, busy=False)  # it runs now: never again
    close_usage(use, ended_at=now, outcome=Outcome.COMPLETED)
