"""GRBL diode lasers behind LaserLink (findings: docs/mqtt.md). Framing shows where it will burn: it is no job."""

from zoneinfo import ZoneInfo

from iot_bridge import payloads
from iot_bridge.messages import Message
from iot_bridge.readings import Availability, Phase, Reading, Rejected, Report
from iot_bridge.rules import Limits, Role

KIND = "laserlink"
ROLE = Role.JOB
LIMITS = Limits(offline=15 * 60, evidence=5 * 60, paused=5 * 60)
"""It speaks twice a second, also in a pause; its link to the laser is Bluetooth, and comes back."""

STATUS = {"online": True, "offline": False}
HELD, ALARM, NO_LINK = ("Hold", "Door"), "Alarm", "Offline"


def filters(base: str) -> tuple[str, ...]:
    """Return the subscriptions for one laser (its topic without `/status`)."""
    return (f"{base}/status", f"{base}/status/availability")


def parse(_base: str, message: Message, _zone: ZoneInfo) -> list[Reading]:
    """Read one message; raises Rejected. A link that is gone is no end: the laser may be at work."""
    live = not message.retain
    if message.topic.endswith("/availability"):
        return [Availability(payloads.choice(payloads.plain(message.payload), STATUS), live=live)]
    data = payloads.mapping(message.payload)
    state, busy = payloads.text(data.get("state"), "state", required=True), data.get("job_in_progress")
    if state == NO_LINK:
        return [Availability(online=False, machine=True, live=live)]
    if type(busy) is not bool:
        raise Rejected("job_in_progress is neither true nor false")
    at = payloads.epoch(data.get("timestamp"))
    return [Availability(online=True, machine=True, live=live), Report(_phase(state, busy=busy), at=at, live=live)]


def _phase(state: str, *, busy: bool) -> Phase:
    if state.startswith(ALARM):
        return Phase.FAILED
    if not busy:
        return Phase.FINISHED
    return Phase.PAUSED if state.startswith(HELD) else Phase.WORKING
