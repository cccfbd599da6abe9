"""The bridge and the devices in Prometheus' text format; no person, no topic and no payload in it."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from iot_bridge import queries
from iot_bridge.health import Trouble
from iot_bridge.models import BridgeReport

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
COUNTERS = {
    "received": "Messages that came from the broker since the bridge started.",
    "committed": "Messages whose effect is stored.",
    "late": "Messages that had waited in the broker while the bridge was away.",
    "repeated": "Messages that were sent again and left out.",
    "unknown": "Messages of no device that is set up.",
}
Sample = tuple[str, float]
"""Labels in braces, or nothing, and the value."""


def text(now: datetime) -> str:
    """Return every metric; what was never written down is left out."""
    beats = queries.bridge_beats(now)
    lines: list[str] = []
    if beats.age is not None:
        lines += _metric("bridge_beat_age_seconds", "Age of its last beat.", [("", beats.age.total_seconds())])
        lines += _metric("bridge_partitions_missing", "Partitions without a bridge.", [("", len(beats.missing))])
    reports = queries.bridge_reports(beats.of)
    lines += _bridge(reports) if reports else []
    return "\n".join([*lines, *_devices(now), ""])


def _metric(name: str, about: str, samples: Iterable[Sample], kind: str = "gauge") -> list[str]:
    head = [f"# HELP fablab_{name} {about}", f"# TYPE fablab_{name} {kind}"]
    return head + [f"fablab_{name}{labels} {float(value)!r}" for labels, value in samples]


def _counter(name: str, about: str, samples: Iterable[Sample]) -> list[str]:
    return _metric(f"{name}_total", about, samples, "counter")


def _labels(**labels: str) -> str:
    """Return labels in braces, nothing without any; one that is empty is left out."""
    escapes = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
    told = [f'{name}="{value.translate(escapes)}"' for name, value in labels.items() if value]
    return f"{{{','.join(told)}}}" if told else ""


def _bridge(reports: list[BridgeReport]) -> list[str]:
    """One bridge needs no label; of several, each partition has its own."""
    parts = [(str(report.partition) if len(reports) > 1 else "", report) for report in reports]

    def each(name: str) -> list[Sample]:
        return [(_labels(partition=part), getattr(report, name)) for part, report in parts]

    lines = _metric("bridge_connected", "Whether the bridge has a broker.", each("connected"))
    lines += _metric("bridge_backlog", "Whether old messages are being taken.", each("backlog"))
    lines += _metric("bridge_batch_lag_seconds", "From arrival to commit, last batch.", each("lag_seconds"))
    lines += _counter("bridge_reconnects", "Connections to the broker after the first.", each("reconnects"))
    for name, about in COUNTERS.items():
        lines += _counter(f"bridge_messages_{name}", about, each(name))
    refused = [
        (_labels(partition=part, reason=reason), times)
        for part, report in parts
        for reason, times in sorted(report.rejected.items())
    ]
    return lines + _counter("bridge_messages_rejected", "Messages that could not be used.", refused)


def _devices(now: datetime) -> list[str]:
    told = [queries.device_findings(row, now) for row in queries.devices_with_health().filter(active=True)]
    counts = Counter(found.trouble for findings in told for found in findings)
    samples = [(_labels(trouble=trouble.value), counts[trouble]) for trouble in Trouble]
    total = _metric("devices", "Devices that are listened to.", [("", len(told))])
    return total + _metric("devices_in_trouble", "Devices by what is wrong with them.", samples)
