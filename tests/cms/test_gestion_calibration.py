"""The thresholds of a plug: what it measured, what is proposed, what would be counted; trying saves nothing."""

import json

import pytest
from django.utils import timezone

from iot_bridge import calibrating
from iot_bridge.messages import Message
from iot_bridge.models import Device
from iot_bridge.services import Ingest
from tests.factories.iot_bridge import BoxFactory, PlugFactory

pytestmark = pytest.mark.django_db
GIVEN = {"start_watts": "150", "start_hold_seconds": "5", "stop_watts": "120", "stop_hold_seconds": "45"}
DAY = [8] * 20 + [96] * 20 + [200, 260, 410, 300, 230, 390] * 4 + [96] * 20
"""Standby, chiller, four minutes of cutting, chiller: one reading every ten seconds."""


@pytest.fixture
def plug() -> Device:
    found = PlugFactory(start_watts=60, stop_watts=50)
    began = timezone.now().timestamp() - 3600
    Ingest().ingest([_said(began + 10 * number, watts) for number, watts in enumerate(DAY)])
    return found


def _said(at: float, watts: int) -> Message:
    return Message("tele/tasmota_laser1/SENSOR", json.dumps({"ENERGY": {"Power": watts}}).encode(), at)


def address(plug: Device) -> str:
    return f"/gestion/appareils/{plug.pk}/seuils/"


def page(client, plug: Device, **post: str) -> str:
    answer = client.post(address(plug), post) if post else client.get(address(plug))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_says_where_the_machine_rests_and_works_and_proposes_between(client, boss, plug):
    html = page(client, plug)
    assert "repos à 8 W, 96 W et" in html
    assert "200–410 W" in html
    assert 'name="start_watts" value="165"' in html
    assert "<svg" in html


def test_the_present_thresholds_and_the_proposed_ones_are_compared(client, boss, plug):
    html = page(client, plug)
    assert "1 utilisation, 10\xa0min" in html
    assert "1 utilisation, 4\xa0min" in html


def test_trying_shows_what_would_be_counted_and_saves_nothing(client, boss, plug):
    html = page(client, plug, **GIVEN | {"start_watts": "500", "stop_watts": "480"}, **{"try": "1"})
    assert "0 utilisation" in html
    plug.refresh_from_db()
    assert plug.start_watts == 60


def test_saving_goes_through_the_service(client, boss, plug):
    answer = client.post(address(plug), GIVEN)
    plug.refresh_from_db()
    assert (answer.status_code, plug.start_watts, plug.stop_watts) == (302, 150, 120)


@pytest.mark.parametrize("act", [{}, {"try": "1"}])
def test_thresholds_in_the_wrong_order_are_refused_in_a_sentence(client, boss, plug, act):
    html = page(client, plug, **GIVEN | {"stop_watts": "200"}, **act)
    assert "s’arrêter à la puissance où elle démarre, ou plus bas" in html
    assert "device_power_thresholds" not in html


def test_a_silent_plug_and_one_that_only_rested_say_so(client, boss, plug):
    assert "n’a rien mesuré" in page(client, PlugFactory(base="muet"))
    rested = PlugFactory(base="repos")
    now = timezone.now().timestamp()
    readings = [_said(now - 60 + at, 8)._replace(topic="tele/repos/SENSOR") for at in (0, 10, 20)]
    Ingest().ingest(readings)
    assert "un seul niveau" in page(client, rested)


def test_a_log_that_is_too_long_is_read_in_part_and_says_so(client, boss, plug, monkeypatch):
    monkeypatch.setattr(calibrating, "MOST", 30)
    assert "les 30 messages les plus récents" in page(client, plug)


def test_what_measures_no_power_has_no_thresholds(client, boss):
    assert client.get(address(BoxFactory())).status_code == 404


@pytest.mark.parametrize("times", [1, 3])
def test_the_number_of_queries_does_not_follow_the_log(client, boss, plug, times, django_assert_num_queries):
    later = timezone.now().timestamp()
    for number in range(times):
        Ingest().ingest([_said(later - 900 + number + 10 * at, watts) for at, watts in enumerate(DAY)])
    page(client, plug)
    with django_assert_num_queries(16):
        page(client, plug)
