"""What the bridge process has done since it started; kept in memory, written down now and then. No Django."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

REASON_LENGTH = 80


def short_reason(reason: str) -> str:
    """Return what messages are counted by: what follows a colon may be anything and is left out."""
    return reason.partition(":")[0][:REASON_LENGTH]


@dataclass(slots=True)
class Counters:
    """Messages since the start. `late`: they had waited in the broker; `repeated`: sent again; `unknown`: of no device.

    `lag`: seconds from the first message of the last batch to its commit. `backlog`: old messages are being taken.
    """

    started_at: float
    received: int = 0
    committed: int = 0
    late: int = 0
    repeated: int = 0
    unknown: int = 0
    connections: int = 0
    lag: float = 0
    backlog: bool = False
    connected: bool = False
    rejected: Counter[str] = field(default_factory=Counter)

    @property
    def reconnects(self) -> int:
        return max(0, self.connections - 1)

    def add(self, tally: Mapping[tuple[str, str], int]) -> None:
        """Add what became of a committed batch, by status and reason."""
        for (status, reason), times in tally.items():
            if status == "rejected":
                self.rejected[short_reason(reason)] += times
            elif reason:
                self.repeated += times
