"""What a replay found: uses, anomalies, rejected messages; as one JSON object or as a table for people."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from iot_bridge.effects import Anomaly
from iot_bridge.memory import Use
from iot_bridge.pipeline import Listener

HEADINGS = ("machine", "started", "ended", "outcome", "paused", "job", "source")


@dataclass(slots=True)
class Report:
    """The result of one replay; `uses` in the order of their starts."""

    uses: list[Use] = field(default_factory=list)
    anomalies: list[tuple[Listener, Anomaly]] = field(default_factory=list)
    rejected: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "usage_sessions": [_use(use) for use in sorted(self.uses, key=lambda use: (use.started_at, use.source))],
            "anomalies": [_anomaly(device, anomaly) for device, anomaly in self.anomalies],
            "rejected": self.rejected,
        }

    def as_table(self) -> str:
        """Return aligned columns, one use a line, and the counts."""
        rows = [HEADINGS, *(_cells(use) for use in sorted(self.uses, key=lambda use: use.started_at))]
        widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        counts = f"{len(self.uses)} sessions, {len(self.anomalies)} anomalies, {self.rejected} messages rejected"
        return "\n".join([*lines, counts])


def _text(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _use(use: Use) -> dict[str, Any]:
    return {
        "machine": use.machine,
        "started_at": _text(use.started_at),
        "ended_at": _text(use.ended_at),
        "outcome": use.outcome,
        "source": use.source,
        "job_name": use.job_name,
        "estimated": use.estimated,
        "energy_wh": use.energy_wh,
    }


def _anomaly(device: Listener, anomaly: Anomaly) -> dict[str, Any]:
    return {
        "code": anomaly.code,
        "at": _text(anomaly.at),
        "machine": device.machine,
        "source": device.source,
        "detail": anomaly.detail,
    }


def _cells(use: Use) -> tuple[str, ...]:
    paused = f"{use.paused_seconds} s"
    ended = _text(use.ended_at) or "still open"
    return (use.machine, _text(use.started_at) or "", ended, use.outcome or "", paused, use.job_name, use.source)
