"""OctoPrint with the OctoPrint-MQTT plugin (findings: docs/mqtt.md)."""

from typing import Any
from zoneinfo import ZoneInfo

from iot_bridge import payloads
from iot_bridge.messages import Message
from iot_bridge.readings import Availability, Evidence, JobEvent, Reading, Restarted, Step
from iot_bridge.rules import Limits, Role

KIND = "octoprint"
ROLE = Role.JOB
LIMITS = Limits(offline=15 * 60, evidence=30 * 60)

STATUS = {"connected": True, "disconnected": False}
STEPS = {
    "PrintStarted": Step.STARTED,
    "PrintPaused": Step.PAUSED,
    "PrintResumed": Step.RESUMED,
    "PrintDone": Step.FINISHED,
    "PrintCancelled": Step.CANCELLED,
    "PrintFailed": Step.FAILED,
}
AT_WORK = {"ZChange", "Dwelling", "FilamentChange", "PrintCancelling", "PausedForUser"}
"""Events that only a running job gives."""
STATES_AT_WORK = {"PRINTING", "PAUSING", "PAUSED", "RESUMING", "FINISHING", "CANCELLING"}
SERIAL = {"OPERATIONAL": True, "OFFLINE": False, "CLOSED": False, "CLOSED_WITH_ERROR": False, "ERROR": False}


def filters(base: str) -> tuple[str, ...]:
    """Return the subscriptions for one OctoPrint (its base topic, without the last slash)."""
    return (f"{base}/mqtt", f"{base}/event/+", f"{base}/progress/printing")


def parse(base: str, message: Message, _zone: ZoneInfo) -> list[Reading]:
    """Read one message; raises Rejected."""
    leaf = message.topic[len(base) + 1 :]
    if leaf == "mqtt":
        return [Availability(payloads.choice(payloads.plain(message.payload), STATUS), live=not message.retain)]
    if message.retain:
        payloads.mapping(message.payload)
        return []
    if leaf == "progress/printing":
        return [_progress(payloads.mapping(message.payload))]
    return _event(leaf.removeprefix("event/"), payloads.mapping(message.payload))


def _progress(data: dict[str, Any]) -> Reading:
    """An empty path right after a start of OctoPrint says that no job survived it."""
    at = payloads.epoch(data.get("_timestamp"))
    if data.get("path") == "":
        return Restarted(at)
    path = payloads.text(data.get("path"), "path", required=True)
    progress = payloads.number(data.get("progress"), "progress", 0, 100)
    return Evidence(path, None if progress is None else int(progress), at)


def _event(event: str, data: dict[str, Any]) -> list[Reading]:
    at = payloads.epoch(data.get("_timestamp"))
    if event in STEPS:
        return [_step(STEPS[event], data, at)]
    if event == "Shutdown":
        return [Restarted(at)]
    if event in AT_WORK:
        return [Evidence(at=at)]
    if event == "Disconnected":
        return [Availability(online=False, machine=True)]
    if event == "Connected":
        return [Availability(online=True, machine=True)]
    return _state(data, at) if event == "PrinterStateChanged" else []


def _step(step: Step, data: dict[str, Any], at: float | None) -> JobEvent:
    path = payloads.text(data.get("path"), "path", required=True)
    if step is Step.FAILED and data.get("reason") == "cancelled":
        step = Step.CANCELLED
    key = "" if at is None else f"{path}@{at:.0f}"
    return JobEvent(step, path, payloads.text(data.get("name"), "name") or path, at, key=key)


def _state(data: dict[str, Any], at: float | None) -> list[Reading]:
    state = payloads.text(data.get("state_id"), "state_id")
    if state in STATES_AT_WORK:
        return [Evidence(at=at)]
    return [Availability(SERIAL[state], machine=True)] if state in SERIAL else []
