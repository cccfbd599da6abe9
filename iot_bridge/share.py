"""Which devices one bridge process takes when several divide them. Pure."""

from dataclasses import dataclass
from zlib import crc32


@dataclass(frozen=True, slots=True)
class Share:
    """Part `number` (from 0) of `of` equal parts; raises ValueError for a part that does not exist.

    A machine is in exactly one part, with all its devices, so that a plug and the printer it feeds keep one writer:
    CRC-32 of the machine's number in decimal digits, modulo `of`. It is the same on every computer and for ever.
    """

    number: int = 0
    of: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.number < self.of:
            raise ValueError(f"there is no partition {self.number} of {self.of}: they count from 0")

    def has(self, machine_id: int) -> bool:
        """Tell whether the devices of a machine are in this part."""
        return crc32(str(machine_id).encode()) % self.of == self.number

    def client_id(self, name: str) -> str:
        """Return the name of this part at the broker, where it has a session of its own."""
        return name if self.of == 1 else f"{name}-{self.number}-of-{self.of}"


WHOLE = Share()
