"""Devices that announce themselves: recognised, proposed, never made, and never more than so many."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_bridge.discovery import BY_LEAF, FILTERS, Discovery, Found, found_in
from iot_bridge.messages import Message
from iot_bridge.models import Device, MachineMessage, Proposal
from iot_bridge.services import Ingest
from iot_bridge.topics import matches
from tests.factories.iot_bridge import PlugFactory, ProposalFactory, capture, played, utc
from tests.iot_bridge.live import processes, publisher
from tests.services import wait_until

T = 1_795_000_000.0
ZIGBEE = [
    {"friendly_name": "Coordinator", "type": "Coordinator", "definition": None},
    {"friendly_name": "Lampe", "definition": {"exposes": [{"property": "state"}]}},
    {"friendly_name": "Prise laser", "definition": {"description": "Smart plug", "exposes": [{"property": "power"}]}},
    "nonsense",
]
HOME = {"~": "tele/plug7", "stat_t": "~/SENSOR", "dev_cla": "power", "dev": {"name": "Laser"}}


@pytest.mark.parametrize(
    ("topic", "payload", "found"),
    [
        ("octoPrint/mqtt", "connected", Found("octoprint", "octoPrint")),
        ("octoprint/mk3/mqtt", "disconnected", Found("octoprint", "octoprint/mk3")),
        ("tele/plug7/LWT", "Online", Found("tasmota", "plug7")),
        ("shellies/shelly1pm-A1/online", "true", Found("shelly1", "shelly1pm-A1")),
        ("shellyplus1pm-a1/online", "false", Found("shelly", "shellyplus1pm-a1")),
        ("voron1/moonraker/status", '{"server": "online"}', Found("moonraker", "voron1")),
        ("prise-cnc/status", "online", Found("esphome", "prise-cnc")),
        ("fablab/v1/brodeuse/status", '"online"', Found("native", "brodeuse")),
        ("laser/status/availability", "online", Found("laserlink", "laser")),
        ("device/01S00C/report", '{"print": {}}', Found("bambu", "01S00C")),
        (
            "zigbee2mqtt/bridge/devices",
            json.dumps(ZIGBEE),
            Found("zigbee2mqtt", "zigbee2mqtt/Prise laser", "Smart plug"),
        ),
        ("homeassistant/sensor/plug7/power/config", json.dumps(HOME), Found("tasmota", "plug7", "Laser")),
    ],
)
def test_known_firmware_is_recognised_by_how_it_announces_itself(topic, payload, found):
    assert found_in(topic, payload.encode()) == [found]
    assert any(matches(pattern, topic) for pattern in FILTERS)


@pytest.mark.parametrize(
    ("state_topic", "found"),
    [
        ("zigbee2mqtt/salle 1/Prise", [Found("zigbee2mqtt", "zigbee2mqtt/salle 1/Prise")]),
        ("shellies/s1/relay/0/power", [Found("shelly1", "s1")]),
        ("shelly-1/status/switch:0", [Found("shelly", "shelly-1")]),
        ("prise/sensor/power/state", [Found("esphome", "prise")]),
        ("something/else", []),
        (5, []),
    ],
)
def test_a_power_sensor_told_to_home_assistant_leads_to_its_firmware(state_topic, found):
    told = {"state_topic": state_topic, "device_class": "power"}
    assert found_in("homeassistant/sensor/x/config", json.dumps(told).encode()) == found


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("homeassistant/status", b"online"),
        ("zigbee2mqtt/online", b"true"),
        ("octoPrint/mqtt", b"hello"),
        ("octoPrint/mqtt", b"connected" * 20),
        ("a/b/c/mqtt", b"connected"),
        ("tele//LWT", b"Online"),
        ("tele/a\nb/LWT", b"Online"),
        ("tele/" + "x" * 200 + "/LWT", b"Online"),
        ("homeassistant/sensor/x/config", b"[" * 50_000),
        ("homeassistant/sensor/x/config", b'{"dev_cla": "power", "stat_t": "tele/\\ud800/SENSOR"}'),
        ("homeassistant/sensor/x/config", b'{"dev_cla": "temperature", "stat_t": "tele/a/SENSOR"}'),
        ("zigbee2mqtt/bridge/devices", b'{"friendly_name": "x"}'),
    ],
)
def test_anything_else_proposes_nothing(topic, payload):
    assert found_in(topic, payload) == []


LEVELS = st.sampled_from([*sorted(BY_LEAF), "tele", "homeassistant", "zigbee2mqtt", "bridge", "fablab", "v1", "x", ""])


@given(st.lists(LEVELS, min_size=1, max_size=5).map("/".join), st.binary() | st.from_type(str).map(str.encode))
def test_whatever_is_published_nothing_is_raised(topic, payload):
    assert len(found_in(topic, payload)) <= 1


def test_a_topic_is_looked_at_once_a_minute():
    looked = Discovery()
    word = Message("tele/a/LWT", b"Online", T)
    seen = [len(looked.look(word._replace(received_at=T + later))) for later in (0, 1, 59, 61, 62, -500)]
    assert seen == [1, 0, 0, 1, 0, 1]


def announced(number: int, at: float = T) -> Message:
    return Message(f"tele/plug{number}/LWT", b"Online", at, retain=True)


@pytest.mark.django_db
def test_an_announcement_becomes_a_proposal_and_neither_a_device_nor_a_row():
    ingest = Ingest()
    ingest.ingest([announced(1), announced(1, T + 1), announced(1, T + 90)])
    proposal = Proposal.objects.get()
    assert (str(proposal), proposal.last_seen_at) == ("tasmota:plug1", utc(T + 90))
    assert (Device.objects.count(), MachineMessage.objects.count(), ingest.pipeline.unknown_topics) == (0, 0, 3)


@pytest.mark.django_db
def test_what_is_ignored_stays_so():
    proposal = ProposalFactory(base="plug1", ignored=True)
    Ingest().ingest([announced(1)])
    proposal.refresh_from_db()
    assert (proposal.ignored, Proposal.objects.count()) == (True, 1)


@pytest.mark.django_db
def test_a_flood_of_invented_devices_leaves_two_hundred_and_the_newest():
    ingest = Ingest()
    for begin in range(0, 1000, 20):
        ingest.ingest([announced(number, T + number) for number in range(begin, begin + 20)])
    names = set(Proposal.objects.values_list("base", flat=True))
    assert names == {f"plug{number}" for number in range(800, 1000)}


@pytest.mark.django_db
def test_a_flood_in_few_batches_costs_few_statements(django_assert_max_num_queries):
    ingest = Ingest()
    ingest.ingest([announced(0)])
    with django_assert_max_num_queries(12):
        for begin in (1, 2001):
            ingest.ingest([announced(number) for number in range(begin, begin + 2000)])
    ingest.tick(T + 5, T)
    assert Proposal.objects.count() <= 200


@pytest.mark.django_db
def test_a_replay_proposes_nothing():
    played(capture("octoprint_01"), [])
    assert Proposal.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.mqtt
def test_stored_announcements_are_found_and_a_known_device_is_heard_once(committed_db, own_broker):
    """The discovery subscriptions lie over those of the devices: nothing arrives twice."""
    plug = PlugFactory(base="known")
    with processes() as running, publisher(own_broker.port) as client:
        client.publish("tele/stranger/LWT", "Online", qos=1, retain=True).wait_for_publish(5)
        running.bridge(committed_db.url, own_broker.url)
        wait_until(Proposal.objects.exists, what="the proposal")
        client.publish("tele/known/LWT", "Online", qos=1)
        client.publish("tele/known/SENSOR", '{"ENERGY": {"Power": 1}}', qos=1)
        wait_until(lambda: MachineMessage.objects.filter(topic="tele/known/SENSOR").exists(), what="the reading")
    assert str(Proposal.objects.get()) == "tasmota:stranger"
    assert MachineMessage.objects.filter(device=plug, topic="tele/known/LWT").count() == 1
