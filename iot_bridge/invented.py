"""What three invented machines say through their day. Payloads follow what real firmware publishes (docs/mqtt.md)."""

import json
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

PARTS = ["support_lampe", "pignon_velo", "boite_graines", "jeton_caddie", "figurine_renard", "clip_rideau"]
CHILLER_W, IDLE_W = 96, 8


@dataclass(frozen=True, slots=True)
class Talk:
    """One message to publish."""

    topic: str
    payload: str
    retain: bool = False
    qos: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """Messages, then a silence."""

    seconds: float
    talks: list[Talk] = field(default_factory=list)


class Machine(Protocol):
    """A machine that can be played."""

    name: str

    def will(self) -> Talk: ...
    def greeting(self) -> list[Talk]: ...
    def day(self, speed: float) -> Iterator[Step]: ...
    def goodbye(self) -> list[Talk]: ...


class OctoPrint:
    """A printer behind OctoPrint: heats, prints with a pause now and then, cancels one job in five."""

    name = "octoPrint"
    PERCENT_S, HEATING_S, IDLE_S, PAUSE_S = 2.4, 20.0, 60.0, 20.0

    def __init__(self) -> None:
        self._dice = random.Random(1)  # noqa: S311 -- a play, not a secret

    def will(self) -> Talk:
        return Talk(f"{self.name}/mqtt", "disconnected", retain=True, qos=1)

    def greeting(self) -> list[Talk]:
        return [
            Talk(f"{self.name}/mqtt", "connected", retain=True, qos=1),
            self._progress("", "", 0),
            self._state("OPERATIONAL", "Operational"),
        ]

    def goodbye(self) -> list[Talk]:
        return [self.will(), self._event("Shutdown"), self.will()]

    def day(self, speed: float) -> Iterator[Step]:
        """Wait, heat, print one part."""
        part = f"{self._dice.choice(PARTS)}.gcode"
        cancelled_at = self._dice.choice([0, 0, 0, 0, 37])
        yield Step(self.IDLE_S / 4 / speed, [self._heat("tool0", 21.4, 0), self._heat("bed", 21.2, 0)])
        yield Step(0, [self._event("FileSelected", **_file(part)), self._state("STARTING", "Starting")])
        started = time.monotonic()
        yield Step(0, [self._event("PrintStarted", **_file(part)), self._state("PRINTING", "Printing")])
        yield from self._warm_up(speed)
        yield from self._print(part, speed, cancelled_at)
        yield Step(0, self._ending(part, cancelled_at, time.monotonic() - started))
        yield Step(self.IDLE_S / speed, [self._state("OPERATIONAL", "Operational")])

    def _warm_up(self, speed: float) -> Iterator[Step]:
        for share in (0.3, 0.7, 1.0):
            heats = [self._heat("tool0", 21 + share * 189, 210), self._heat("bed", 21 + share * 39, 60)]
            yield Step(self.HEATING_S / 3 / speed, heats)

    def _print(self, part: str, speed: float, cancelled_at: int) -> Iterator[Step]:
        paused_at = self._dice.choice([0, 30, 55])
        for percent in range(1, cancelled_at or 100):
            talks = [self._progress("local", part, percent)]
            if percent % 20 == 0:
                talks.append(self._heat("tool0", 209.7, 210))
            yield Step(self.PERCENT_S / speed, talks)
            if percent == paused_at:
                yield from self._pause(part, percent, speed)

    def _pause(self, part: str, percent: int, speed: float) -> Iterator[Step]:
        told = [self._state("PAUSING", "Pausing"), self._event("PrintPaused", **_file(part), progress=percent)]
        yield Step(self.PAUSE_S / speed, [*told, self._state("PAUSED", "Paused")])
        yield Step(0, [self._event("PrintResumed", **_file(part)), self._state("PRINTING", "Printing")])

    def _ending(self, part: str, cancelled_at: int, seconds: float) -> list[Talk]:
        """A cancelled job tells of itself twice, as the real one does."""
        if not cancelled_at:
            done = self._event("PrintDone", **_file(part), time=round(seconds, 3))
            return [self._state("FINISHING", "Finishing"), done, self._progress("local", part, 100)]
        cancelled = {**_file(part), "progress": cancelled_at, "time": round(seconds, 3)}
        return [
            self._event("PrintCancelling", **_file(part)),
            self._event("PrintCancelled", **cancelled),
            self._event("PrintFailed", **cancelled, reason="cancelled"),
            self._progress("local", part, 0),
        ]

    def _event(self, event: str, **about: Any) -> Talk:
        return Talk(f"{self.name}/event/{event}", json.dumps({**about, "_event": event, "_timestamp": _now()}))

    def _state(self, state: str, text: str) -> Talk:
        return self._event("PrinterStateChanged", state_id=state, state_string=text)

    def _progress(self, location: str, path: str, percent: int) -> Talk:
        about = {"location": location, "path": path, "progress": percent, "_timestamp": _now()}
        return Talk(f"{self.name}/progress/printing", json.dumps(about), retain=True)

    def _heat(self, tool: str, actual: float, target: float) -> Talk:
        about = {"actual": round(actual, 1), "target": target, "_timestamp": _now()}
        return Talk(f"{self.name}/temperature/{tool}", json.dumps(about), retain=True)


class LaserPlug:
    """A plug that runs Tasmota, in front of a laser and its chiller."""

    name = "tasmota_laser1"
    PERIOD_S, PASSES, PASS_S, GAP_S, IDLE_S = 10.0, 3, 60.0, 20.0, 90.0
    LEAST_PASS_S, LEAST_IDLE_S = 8.0, 50.0
    """The power rule holds 5 s before a start and 45 s before an end, however fast we play."""

    def __init__(self) -> None:
        self._dice = random.Random(2)  # noqa: S311 -- a play, not a secret
        self._total_kwh, self._since = 412.337, time.monotonic()
        self._zone = ZoneInfo(os.environ.get("TIME_ZONE") or "Europe/Paris")

    def will(self) -> Talk:
        return Talk(f"tele/{self.name}/LWT", "Offline", retain=True, qos=1)

    def greeting(self) -> list[Talk]:
        return [Talk(f"tele/{self.name}/LWT", "Online", retain=True, qos=1), self._relay(), self._power(IDLE_W)]

    def goodbye(self) -> list[Talk]:
        return [self._power(IDLE_W), self.will()]

    def day(self, speed: float) -> Iterator[Step]:
        """Idle with the chiller on, then cut in passes with short gaps."""
        yield from self._draw(lambda: CHILLER_W, self.IDLE_S / 2 / speed)
        for number in range(self.PASSES):
            yield from self._draw(lambda: self._dice.randint(180, 450), max(self.PASS_S / speed, self.LEAST_PASS_S))
            if number < self.PASSES - 1:
                yield from self._draw(lambda: CHILLER_W, self.GAP_S / speed)
        yield from self._draw(lambda: CHILLER_W, max(self.IDLE_S / speed, self.LEAST_IDLE_S))

    def _draw(self, watts: Any, seconds: float) -> Iterator[Step]:
        """A reading at once, as PowerDelta gives it, then one a period."""
        left = seconds
        while left > 0:
            pause = min(left, self.PERIOD_S)
            yield Step(pause, [self._power(watts())])
            left -= pause

    def _power(self, watts: int) -> Talk:
        now = time.monotonic()
        self._total_kwh += watts * (now - self._since) / 3_600_000
        self._since = now
        energy = {"Total": round(self._total_kwh, 3), "Power": watts, "Voltage": 230, "Current": round(watts / 230, 3)}
        return Talk(f"tele/{self.name}/SENSOR", json.dumps({"Time": self._wall(), "ENERGY": energy}))

    def _relay(self) -> Talk:
        return Talk(f"tele/{self.name}/STATE", json.dumps({"Time": self._wall(), "POWER": "ON"}))

    def _wall(self) -> str:
        """Local time without a zone, to the second: what the firmware writes."""
        return datetime.now(self._zone).replace(tzinfo=None, microsecond=0).isoformat()


class Box:
    """A box made for this system, on a printer."""

    name = "imprimante-3"
    PERIOD_S, JOB_S, PAUSE_S, IDLE_S = 10.0, 240.0, 15.0, 75.0

    def __init__(self) -> None:
        self._dice = random.Random(3)  # noqa: S311 -- a play, not a secret
        self._boot = f"{int(time.time()):x}"
        self._seq = self._jobs = 0
        self._running = ""
        self._energy_wh = 5120.0

    def will(self) -> Talk:
        return self._say("status", '"offline"', retain=True)

    def greeting(self) -> list[Talk]:
        return [self._say("status", '"online"', retain=True)]

    def goodbye(self) -> list[Talk]:
        stopped = [self._job("cancelled", self._running)] if self._running else []
        return [*stopped, self.will()]

    def day(self, speed: float) -> Iterator[Step]:
        """Wait, then one job with telemetry and a pause."""
        yield Step(self.IDLE_S / 3 / speed, [self._telemetry(6.0, None)])
        self._jobs += 1
        self._running = f"{self._boot}-{self._jobs}"
        yield Step(0, [self._job("started", self._running, name=f"{self._dice.choice(PARTS)}.3mf")])
        for percent in range(0, 100, 4):
            yield Step(self.JOB_S / 25 / speed, [self._telemetry(self._dice.uniform(90, 140), percent)])
            if percent == 48:
                yield Step(self.PAUSE_S / speed, [self._job("paused", self._running)])
                yield Step(0, [self._job("resumed", self._running)])
        ended, self._running = self._running, ""
        yield Step(self.IDLE_S / speed, [self._job("finished", ended, grams=round(self._dice.uniform(8, 40), 1))])

    def _telemetry(self, watts: float, progress: int | None) -> Talk:
        self._energy_wh += watts * self.PERIOD_S / 3600
        about: dict[str, Any] = {"at": _instant(), "power_w": round(watts, 1), "energy_wh": round(self._energy_wh, 2)}
        if progress is not None:
            about |= {"progress": progress, "temperature_c": {"tool0": 209.8, "bed": 60.1}}
        return self._say("telemetry", json.dumps(about))

    def _job(self, event: str, job: str, **about: Any) -> Talk:
        self._seq += 1
        told = {"event": event, "job": job, "at": _instant(), "seq": self._seq, "boot": self._boot, **about}
        return self._say("job", json.dumps(told))

    def _say(self, leaf: str, payload: str, *, retain: bool = False) -> Talk:
        return Talk(f"fablab/v1/{self.name}/{leaf}", payload, retain, qos=1)


MACHINES = (OctoPrint, LaserPlug, Box)


def _file(part: str) -> dict[str, Any]:
    return {"name": part, "path": part, "origin": "local", "size": 2537, "owner": "lab", "user": "lab"}


def _now() -> int:
    return int(time.time())


def _instant() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
