"""What a job took, where its firmware measures it: grams of a box, metres of Klipper; a person has the last word."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from iot_bridge.fold import fold, tick
from iot_bridge.messages import Message
from iot_bridge.services import Ingest
from iot_bridge.state import State
from machines.models import Consumable, MachineMeter, UsageSession
from machines.services import usage
from tests.factories.iot_bridge import CAPTURES, PARIS, BoxFactory, DeviceFactory, capture, listener, played
from tests.factories.machines import MaterialFactory
from tests.factories.members import StaffFactory
from tests.factories.upkeep import ConsumableFactory
from tests.iot_bridge.test_captures_reports import KLIPPER, T, running, whole

pytestmark = pytest.mark.django_db


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(T + seconds, UTC).isoformat()


def said(event: str, seq: int, at: float = T, job: str = "1", **about: Any) -> Message:
    """What a box says of a job."""
    body = {"event": event, "job": job, "seq": seq, "boot": "b", "at": iso(at - T), **about}
    return Message("fablab/v1/box/job", json.dumps(body).encode(), at, 1)


@pytest.fixture
def box():
    return BoxFactory(machine__slug="box").machine


def taken() -> list[tuple[Decimal | None, str]]:
    return list(UsageSession.objects.order_by("started_at", "pk").values_list("material_amount", "material_unit"))


def metres(messages: list[Message]) -> list[Any]:
    return [use.used and use.used[0] for use in played(messages, KLIPPER).uses.values()]


def test_grams_of_a_box_reach_the_meter_and_the_stock(box):
    spool = ConsumableFactory(unit="g", category=box.category)
    Ingest().ingest([said("started", 1), said("finished", 2, T + 60, grams=12.345)])
    assert taken() == [(Decimal("12.35"), "g")]
    assert MachineMeter.objects.get().grams == Decimal("12.35")
    assert Consumable.objects.get(pk=spool.pk).level == Decimal("-12.35")


def test_the_material_that_a_box_names_is_drawn_among_several(box):
    ConsumableFactory(unit="g", material=MaterialFactory(machine=box, name="PLA"))
    petg = ConsumableFactory(unit="g", material=MaterialFactory(machine=box, name="PETG"))
    Ingest().ingest([said("started", 1), said("finished", 2, T + 60, grams=5, material="petg")])
    assert list(Consumable.objects.exclude(level=0)) == [petg]


@pytest.mark.parametrize("about", [{}, {"grams": 0}, {"grams": 0.001}])
def test_nothing_told_or_nothing_taken_is_not_noted(box, about):
    Ingest().ingest([said("started", 1), said("cancelled", 2, T + 60, **about)])
    assert taken() == [(None, "")]


@pytest.mark.parametrize("grams", [-1, "12", 1e7, True])
def test_an_amount_that_cannot_be_is_rejected_and_the_job_goes_on(box, grams):
    Ingest().ingest([said("started", 1), said("finished", 2, T + 60, grams=grams)])
    assert UsageSession.objects.get().ended_at is None


def test_an_end_that_came_before_its_start_brings_its_grams(box):
    Ingest().ingest([said("finished", 2, T + 60, grams=7), said("started", 1)])
    assert taken() == [(Decimal(7), "g")]


def test_what_a_person_noted_meanwhile_stands(box):
    bridge, boss = Ingest(), StaffFactory()
    bridge.ingest([said("started", 1)])
    usage.note_material(UsageSession.objects.get(), amount=Decimal(30), unit="g", actor=boss)
    bridge.ingest([said("finished", 2, T + 60, grams=12)])
    assert taken() == [(Decimal(30), "g")]


def test_klipper_counts_millimetres_also_in_parts():
    assert metres(capture("moonraker_01")) == [0.15]
    assert metres(capture("moonraker_03")) == [0.15]
    assert metres(capture("moonraker_02")) == [0.0275]


def test_a_job_that_follows_unseen_counts_its_own_filament():
    first = [whole(T, state="printing", total_duration=0.0, filament_used=0.0), *running(T, 60)]
    then = [
        whole(T + 61, filament_used=900.0),
        whole(T + 70, total_duration=1.0, filament_used=20.0),
        whole(T + 71, total_duration=2.0, filament_used=30.0),
        whole(T + 80, state="complete", total_duration=11.0, filament_used=50.0),
    ]
    assert metres([*first, *then]) == [0.9, 0.05]


def test_filament_drawn_back_is_no_error_and_standby_takes_nothing_away():
    story = [
        whole(T, state="printing", total_duration=0.0, filament_used=-2.0),
        whole(T + 5, total_duration=5.0, filament_used=1500.0),
        whole(T + 9, state="standby", total_duration=0.0, filament_used=0.0),
    ]
    assert metres(story) == [1.5]


def test_a_use_that_was_given_up_and_goes_on_is_corrected():
    DeviceFactory(kind="moonraker", base="voron1")
    bridge = Ingest()
    story = [whole(T, state="printing", total_duration=0.0), whole(T + 60, total_duration=60.0, filament_used=2000.0)]
    bridge.ingest(story)
    bridge.tick(T + 3600, T)
    assert taken() == [(Decimal(2), "m")]
    bridge.ingest([whole(T + 4000, total_duration=4000.0), whole(T + 4100, state="complete", filament_used=9000.0)])
    assert taken() == [(Decimal(9), "m")]
    assert MachineMeter.objects.get().metres == Decimal(9)


def test_a_replay_that_is_kept_notes_it_once():
    device = DeviceFactory(kind="moonraker", base="voron1")
    reel = ConsumableFactory(unit="m", category=device.machine.category)
    for _again in range(2):
        call_command("replay_mqtt", str(next(CAPTURES.glob("moonraker_01*"))), "--commit", verbosity=0)
    assert taken() == [(Decimal("0.15"), "m")]
    assert Consumable.objects.get(pk=reel.pk).level == Decimal("-0.15")


def test_what_was_taken_so_far_survives_a_restart_of_the_bridge():
    device = listener("moonraker", "voron1")
    state = State()
    for message in (
        whole(T, state="printing", total_duration=0.0),
        whole(T + 5, total_duration=5.0, filament_used=7.0),
    ):
        state, _effects = fold(state, device.adapter.parse("voron1", message, PARIS), device.rules, message.received_at)
    state = State.from_json(json.loads(json.dumps(state.to_json())))
    state, effects = tick(state, device.rules, T + 3600, T)
    assert [effect.used for effect in effects if hasattr(effect, "used")] == [[0.007, "m", ""]]
