"""A card shown at a machine: the question is passed on, with whether it came in time. Pure, as the fold is."""

from iot_bridge.effects import AskAccess
from iot_bridge.readings import BadgeShown
from iot_bridge.turn import CLOCK_TOLERANCE, Turn

FRESH = 30.0
"""An older question must not switch a machine on: nobody may stand there any more."""


def take_badge(turn: Turn, reading: BadgeShown) -> None:
    """Ask about a card; what waited in the broker or in the box, or has no believable time, is late.

    A clock that is ahead makes a question look younger than it is: what may have waited is believed less.
    """
    ahead = CLOCK_TOLERANCE if turn.late_since is None else FRESH
    late = not turn.now - FRESH <= reading.at <= turn.now + ahead
    if late:
        turn.anomaly("badge_late", f"{reading.boot}/{reading.seq}")
    turn.effects.append(AskAccess(reading.card, reading.boot, reading.seq, turn.now, late))
