"""Forget raw messages that have had their time, in small bites: the bridge goes on writing between two of them."""

import time
from datetime import datetime, timedelta

from django.conf import settings

from iot_bridge.models import MachineMessage

BITE, BITES = 2_000, 100
"""Rows in one transaction, and transactions in one turn; what is left waits for the next turn."""
PAUSE_S = 0.02


def forget_messages(now: datetime) -> int:
    """Delete the raw messages older than RETENTION's `machine_message_days`, the oldest first; return how many.

    At most BITE × BITES in one call; idempotent. Uses are not touched; older ones can no longer be rebuilt.
    """
    before = now - timedelta(days=settings.RETENTION["machine_message_days"])
    forgotten = 0
    for _bite in range(BITES):
        gone = _forget_some(before)
        forgotten += gone
        if gone < BITE:
            break
        time.sleep(PAUSE_S)  # whoever waits for SQLite's one writer gets a turn
    return forgotten


def _forget_some(before: datetime) -> int:
    old = MachineMessage.objects.filter(received_at__lt=before).order_by("received_at", "id")
    oldest = list(old.values_list("id", flat=True)[:BITE])
    return MachineMessage.objects.filter(id__in=oldest).delete()[0] if oldest else 0
