"""Boxes that publish known jobs, and remember what they did: the truth a drill is judged by."""

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from paho.mqtt.client import Client, MQTTProtocolVersion
from paho.mqtt.enums import CallbackAPIVersion

OUTCOMES = {"finished": "completed", "cancelled": "cancelled", "failed": "failed"}
ENDS = ("finished", "finished", "cancelled", "finished", "failed")
STEPS = ("started", "", "paused", "", "resumed", "", "end")
"""What a box says of one job; an empty step is a telemetry message."""
BOOT = "b1"

Clock = Callable[[], float]


@dataclass(slots=True)
class Job:
    """What really happened: moments in epoch seconds, as the box's clock had them."""

    source: str
    key: str
    started_at: float = 0.0
    ended_at: float = 0.0
    outcome: str = ""
    payloads: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Message:
    """One message as a box says it; no job for what belongs to none."""

    topic: str
    payload: str
    job: Job | None = None


class Box:
    """One machine's box: one job after another, `seq` rising, a clock that may be wrong."""

    def __init__(self, slug: str, jobs: int, clock: Clock = time.time) -> None:
        self.slug, self.clock, self.jobs = slug, clock, [Job(f"native:{slug}", f"{BOOT}/{n}") for n in range(jobs)]
        self._seq = 0

    def messages(self) -> Iterator[Message]:
        """Give the messages one by one; each carries the moment it is asked for."""
        for number, job in enumerate(self.jobs):
            for step in STEPS:
                event = ENDS[number % len(ENDS)] if step == "end" else step
                yield self._event(job, event) if event else self._telemetry(job)

    def _event(self, job: Job, event: str) -> Message:
        at = self.clock()
        self._seq += 1
        if event == "started":
            job.started_at = at
        if event in OUTCOMES:
            job.ended_at, job.outcome = at, OUTCOMES[event]
        name = job.key.rpartition("/")[2]
        told = {"event": event, "job": name, "name": f"piece {name}", "at": _iso(at), "seq": self._seq, "boot": BOOT}
        return self._message("job", told, job)

    def _telemetry(self, job: Job) -> Message:
        self._seq += 1
        return self._message("telemetry", {"at": _iso(self.clock()), "progress": self._seq % 100, "n": self._seq}, job)

    def _message(self, leaf: str, told: dict, job: Job) -> Message:
        payload = json.dumps({"box": self.slug, **told})
        job.payloads.append(payload)
        return Message(f"fablab/v1/{self.slug}/{leaf}", payload, job)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


class Stream:
    """Publishes what boxes say at a pace, and keeps what the broker acknowledged."""

    def __init__(self, port: int, boxes: list[Box], rate: float) -> None:
        self.boxes, self._rate = boxes, rate
        self.sent: list[Message] = []
        self._acknowledged = 0
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id="drill", protocol=MQTTProtocolVersion.MQTTv311, clean_session=False
        )
        self._client.max_queued_messages_set(0)
        self._client.on_publish = self._count
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    @property
    def total(self) -> int:
        return sum(len(box.jobs) for box in self.boxes) * len(STEPS)

    def run(self, change: Callable[[Iterator[Message]], Iterator[Message]] = iter) -> None:
        """Publish everything, the boxes taking turns; `change` may spoil what one box says."""
        began, number = time.monotonic(), 0
        going = [change(box.messages()) for box in self.boxes]
        while going:
            for messages in list(going):
                message = next(messages, None)
                if message is None:
                    going.remove(messages)
                    continue
                time.sleep(max(0.0, began + number / self._rate - time.monotonic()))
                self.publish(message)
                number += 1

    def publish(self, message: Message) -> None:
        """Publish one message; while the broker is away it waits here, as in a box that keeps what it says."""
        self.sent.append(message)
        self._client.publish(message.topic, message.payload, qos=1)

    def _count(self, *_about: object) -> None:
        self._acknowledged += 1

    def acknowledged(self) -> bool:
        """Tell whether the broker has acknowledged everything."""
        return self._acknowledged >= len(self.sent)

    def payloads(self) -> set[str]:
        return {message.payload for message in self.sent}

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def streaming(port: int, boxes: list[Box], rate: float) -> Iterator[Stream]:
    stream = Stream(port, boxes, rate)
    try:
        yield stream
    finally:
        stream.close()


def spoiled(messages: Iterator[Message], dice: random.Random) -> Iterator[Message]:
    """Add to what a box says: of a hundred messages five come with rubbish, five twice, five after their successor."""
    kept: Message | None = None
    for message in messages:
        chance = dice.random()
        if kept is None and chance < 0.05:
            kept = message
            continue
        yield message
        if kept is not None:
            yield kept
            kept = None
        if 0.05 <= chance < 0.10:
            yield message
        if 0.10 <= chance < 0.15:
            yield Message(message.topic, f'{{"event": "started", "rubbish": {dice.random()}')
    if kept is not None:
        yield kept
