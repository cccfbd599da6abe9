"""Whatever a broker hands over, an adapter reads it or rejects it, and the fold takes what was read."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_bridge.adapters import ADAPTERS
from iot_bridge.fold import fold, tick
from iot_bridge.messages import Message
from iot_bridge.pipeline import Listener
from iot_bridge.readings import JobEvent, Reading, Rejected
from iot_bridge.state import State
from iot_bridge.topics import matches
from tests.factories.iot_bridge import CAPTURES, PARIS, capture, listener

T = 1_795_000_000.0
BASES = {
    "bambu": ["1"],
    "esphome": ["e", "e/sensor/w", "a/e/sensor/w/x:kWh", "e/sensor//:"],
    "laserlink": ["l"],
    "moonraker": ["v"],
    "native": ["b"],
    "octoprint": ["lab/o"],
    "shelly": ["p", "p/switch:1", "a/p/pm1:0"],
    "shelly1": ["q", "q/relay/1", "relay/0"],
    "tasmota": ["t"],
    "zigbee2mqtt": ["z/plug", "z/room 1/plug", "z"],
}
TEXTS = "2026-11-25T14:00:00+01:00 2026-10-25T02:30:00 ON OFF on off online offline true false connected Online nan inf"
WORDS = (
    f"{TEXTS} started cancelled PAUSED PRINTING NotifyStatus NotifyFullStatus overpower overtemp printing complete"
    " standby shutdown error RUNNING FAILED FINISH push_status Lasering Framing -1 1e400 12.5 0 150 151.5 99999 _1 0x5"
).split(" ")


def _recorded(kind: str) -> list[bytes]:
    paths = sorted(CAPTURES.glob(f"{kind.rstrip('1')}*.jsonl"))
    return [message.payload for path in paths for message in capture(path.name)]


def _read(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return {}


def _names(value: Any) -> set[str]:
    inner = [_names(one) for one in (value.values() if isinstance(value, dict) else [])]
    return {*(value if isinstance(value, dict) else []), *(name for names in inner for name in names)}


RECORDED = {kind: _recorded(kind) for kind in ADAPTERS}
BOX = "event job name at seq boot power_w energy_wh progress switch:1 pm1:0 Epoch timestamp"
NAMES = sorted({name for all_of in RECORDED.values() for one in all_of for name in _names(_read(one))} | {*BOX.split()})
NUMBERS = st.sampled_from([0, 5, 149.9, 150, 400, 3680, 3681, -1, 1e13, T, T * 1000, T + 1e6, 10**400])
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), NUMBERS, st.text(max_size=20), st.sampled_from(WORDS)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)
ANY_OBJECT = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=9).map(lambda value: json.dumps(value).encode())
PLAIN = st.sampled_from(WORDS).map(str.encode) | NUMBERS.map(lambda number: str(number).encode())


def nearly_right(value: Any, other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What a firmware said, with one thing in it replaced or left out."""
    if not isinstance(value, dict) or not value:
        return other
    return st.sampled_from(sorted(value)).flatmap(lambda name: _changed(value, name, other))


def _changed(value: dict[str, Any], name: str, other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    without = {key: kept for key, kept in value.items() if key != name}
    replaced = (other | nearly_right(value[name], other)).map(lambda new: {**without, name: new})
    return replaced | st.just(without)


def payloads(kind: str) -> st.SearchStrategy[bytes]:
    """Bytes of no shape, objects of known names, recorded messages, cut ones, and nearly right ones."""
    anything = [st.binary(max_size=200), ANY_OBJECT, PLAIN]
    if not RECORDED[kind]:
        return st.one_of(anything)
    recorded = st.sampled_from(RECORDED[kind])
    cut = st.tuples(recorded, st.integers(0, 400)).map(lambda pair: pair[0][: pair[1]])
    near = recorded.flatmap(lambda payload: nearly_right(_read(payload), VALUES)).map(
        lambda value: json.dumps(value).encode()
    )
    return st.one_of(*anything, recorded, cut, near)


def topics(device: Listener) -> st.SearchStrategy[str]:
    """Topics that its subscriptions cover; those with a wildcard hold any levels."""
    level = st.text(st.characters(exclude_characters="/+#\0", exclude_categories=["Cs"]), max_size=12)
    return st.sampled_from(device.filters).flatmap(
        lambda pattern: st.lists(level | st.sampled_from(NAMES), min_size=4, max_size=4).map(
            lambda names: _filled(pattern, names)
        )
    )


def _filled(pattern: str, names: list[str]) -> str:
    found = [names.pop() if part == "+" else part for part in pattern.removesuffix("/#").split("/")]
    return "/".join([*found, *names] if pattern.endswith("/#") else found)


@st.composite
def messages(draw: st.DrawFn, kind: str, device: Listener) -> Message:
    received = T + draw(st.floats(0, 7200))
    late = draw(st.none() | st.floats(0, 7200).map(lambda away: received - away))
    topic, payload = draw(topics(device)), draw(payloads(kind))
    return Message(topic, payload, received, 1, draw(st.booleans()), dup=False, late_since=late)


def read(device: Listener, message: Message) -> list[Reading]:
    """Return what an adapter reads, nothing when it rejects; anything else it raises fails the test."""
    try:
        return device.adapter.parse(device.base, message, PARIS)
    except Rejected:
        return []


@pytest.mark.parametrize("kind", sorted(ADAPTERS))
@given(data=st.data())
def test_whatever_arrives_is_read_or_rejected(kind, data):
    device = listener(kind, data.draw(st.sampled_from(BASES[kind])))
    message = data.draw(messages(kind, device))
    assert any(matches(pattern, message.topic) for pattern in device.filters)
    for reading in read(device, message):
        at = getattr(reading, "at", None)
        assert at is None or math.isfinite(at)
        assert reading.live is not message.retain
        assert not (message.retain and isinstance(reading, JobEvent))
        assert str(getattr(reading, "name", "")).isprintable()


@pytest.mark.parametrize("kind", sorted(ADAPTERS))
@given(data=st.data())
def test_whatever_was_read_is_taken_by_the_fold(kind, data):
    device = listener(kind, data.draw(st.sampled_from(BASES[kind])))
    stream = data.draw(st.lists(messages(kind, device), max_size=6))
    state = State()
    for message in stream:
        state, _effects = fold(state, read(device, message), device.rules, message.received_at, message.late_since)
        state, _effects = tick(state, device.rules, message.received_at + data.draw(st.floats(0, 900)), T)
        assert State.from_json(json.loads(json.dumps(state.to_json(), allow_nan=False))) == state
