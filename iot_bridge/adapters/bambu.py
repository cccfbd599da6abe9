"""Bambu Lab printers in LAN mode; the printer is its own broker, `iot_bridge.relay` brings its reports to ours.

Findings: docs/mqtt.md. P1 and A1 send what changed, X1 the whole; nothing says when a job began.
"""

from typing import Any
from zoneinfo import ZoneInfo

from iot_bridge import payloads
from iot_bridge.messages import Message
from iot_bridge.readings import Availability, Phase, Reading, Rejected, Report
from iot_bridge.rules import Limits, Role

KIND = "bambu"
ROLE = Role.JOB
LIMITS = Limits(offline=15 * 60, evidence=15 * 60)

STATUS = {"online": True, "offline": False}
PHASES = {
    "IDLE": Phase.IDLE,
    "PREPARE": Phase.WORKING,
    "RUNNING": Phase.WORKING,
    "PAUSE": Phase.PAUSED,
    "FINISH": Phase.FINISHED,
    "FAILED": Phase.FAILED,
}
CANCELLED_CODE = 50348044
"""`print_error` shortly before FAILED when somebody cancelled on the screen."""
FIRMWARE_FILES = "/usr/"


def filters(base: str) -> tuple[str, ...]:
    """Return the subscriptions for one printer (its serial number)."""
    return (f"device/{base}/report", f"device/{base}/availability")


def parse(_base: str, message: Message, _zone: ZoneInfo) -> list[Reading]:
    """Read one message; raises Rejected. Answers to commands and log lines say nothing."""
    if message.topic.endswith("/availability"):
        return [Availability(payloads.choice(payloads.plain(message.payload), STATUS), live=not message.retain)]
    printing = payloads.mapping(message.payload).get("print")
    if printing is None:
        return []
    if type(printing) is not dict:
        raise Rejected("print is not an object")
    return (
        [_report(printing, live=not message.retain)] if printing.get("command", "push_status") == "push_status" else []
    )


def _report(data: dict[str, Any], *, live: bool) -> Report:
    progress = payloads.number(data.get("mc_percent"), "mc_percent", 0, 100)
    error = payloads.number(data.get("print_error"), "print_error")
    return Report(
        phase=PHASES.get(payloads.text(data.get("gcode_state"), "gcode_state")),
        job=_identity(data),
        name=payloads.text(data.get("subtask_name"), "subtask_name") or None,
        progress=None if progress is None else int(progress),
        cancelling=None if error is None else error == CANCELLED_CODE,
        service=_is_service(data),
        live=live,
    )


def _identity(data: dict[str, Any]) -> str | None:
    """Return what names the job, None when nothing is said; jobs sent over the local network are all called 0."""
    named = data.get("subtask_id")
    return None if named is None else payloads.text(named, "subtask_id").removeprefix("0")


def _is_service(data: dict[str, Any]) -> bool | None:
    """Tell calibration from a job; None where the message speaks of neither."""
    kind, file = (
        payloads.text(data.get("print_type"), "print_type"),
        payloads.text(data.get("gcode_file"), "gcode_file"),
    )
    if kind == "system" or file.startswith(FIRMWARE_FILES):
        return True
    return False if kind or file or _identity(data) else None
