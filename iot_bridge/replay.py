"""Captured messages, one JSON object a line, fed through the pipeline with their own clock."""

import base64
import binascii
import json
import math
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Protocol

from iot_bridge.messages import Message
from iot_bridge.readings import Rejected

FINE_STEP, FINE_FOR = 1.0, 60.0
COARSE_STEP, COARSE_FOR = 10.0, 7 * 86400.0
"""Time passes by the second for a minute after a message, then by ten seconds, for at most a week."""


def read_lines(lines: Iterable[bytes]) -> Iterator[tuple[int, Message | Rejected]]:
    """Return each line's number with its message, or why it is none; empty lines are skipped."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, _read(line)


def _read(line: bytes) -> Message | Rejected:
    try:
        return _message(json.loads(line))
    except Rejected as rejected:
        return rejected
    except (ValueError, RecursionError):
        return Rejected("not JSON")


def _message(data: Any) -> Message:
    if not isinstance(data, dict):
        raise Rejected("not a JSON object")
    topic, retain, dup = data.get("topic"), data.get("retain", False), data.get("dup") or False
    if not isinstance(topic, str) or not topic:
        raise Rejected("topic is missing")
    if not isinstance(retain, bool) or not isinstance(dup, bool):
        raise Rejected("retain and dup are true or false")
    qos = data.get("qos", 0)
    if type(qos) is not int or qos not in {0, 1, 2}:
        raise Rejected("qos is 0, 1 or 2")
    return Message(topic, _payload(data), _moment(data.get("t")), qos, retain, dup)


def _moment(value: Any) -> float:
    try:
        seconds = datetime.fromisoformat(value).timestamp() if isinstance(value, str) else float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise Rejected("t is neither ISO 8601 nor epoch seconds") from error
    if not math.isfinite(seconds) or not 0 <= seconds < 4e9:
        raise Rejected("t is out of range")
    return seconds


def _payload(data: dict[str, Any]) -> bytes:
    payload, encoded = data.get("payload"), data.get("payload_b64")
    if isinstance(payload, str):
        return payload.encode(errors="surrogatepass")
    if not isinstance(encoded, str):
        raise Rejected("payload or payload_b64 is missing")
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise Rejected("payload_b64 is not base64") from error


def moments_between(last: float, following: float) -> Iterator[float]:
    """Return when time is let pass between two messages."""
    moment = last + FINE_STEP
    while moment < following and moment - last <= COARSE_FOR:
        yield moment
        moment += FINE_STEP if moment - last < FINE_FOR else COARSE_STEP


class Player(Protocol):
    """What takes messages and lets time pass: the pipeline."""

    def take(self, message: Message) -> None: ...
    def due(self, now: float, listening_since: float, *, ended: bool = False) -> list[Any]: ...
    def settle(self, steps: list[Any]) -> None: ...


def play(messages: Iterable[Message], pipeline: Player) -> None:
    """Feed messages in order through a pipeline, letting their time pass between them, up to the last one."""
    began: float | None = None
    last = 0.0
    for message in messages:
        if began is None:
            began = last = message.received_at
        if message.late_since is not None:  # nobody listened meanwhile
            began = message.received_at
        else:
            for moment in moments_between(last, message.received_at):
                pipeline.settle(pipeline.due(moment, began))
        last = max(last, message.received_at)
        pipeline.take(message)
    if began is not None:
        pipeline.settle(pipeline.due(last, began, ended=True))
