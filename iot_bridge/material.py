"""What a machine measured that a job took, noted on its use."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from machines.models import UsageSession
from machines.services import usage


def note_used(session: UsageSession, used: Sequence[Any] | None, before: float | None = None) -> None:
    """Note (how much, unit, name of the material); `before`: how much it was when the use seemed to be over."""
    if used is None or not (amount := _hundredths(used[0])):
        return
    instead_of = _hundredths(before or 0) or None
    usage.measure_material(session, amount=amount, unit=used[1], material=used[2], instead_of=instead_of)


def _hundredths(amount: float) -> Decimal:
    return Decimal(amount).quantize(Decimal("0.01"))
