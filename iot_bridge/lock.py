"""One writer per partition: a row in the database says who, and its beat says that it lives."""

import os
import secrets
import socket
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from iot_bridge.models import BridgeLock
from iot_bridge.share import WHOLE, Share

TAKEN_OVER_AFTER = timedelta(seconds=10)
"""A writer whose beat is older than this has lost its place to whoever asks."""


PROCESSES = Path("/proc/self/ns/pid")
"""What tells the process numbers of this machine (or container) from those of another one."""


def identity() -> str:
    """Return a name for this process that no other one has: where its number counts, the number, a random part."""
    place = PROCESSES.readlink().name if PROCESSES.is_symlink() else "?"
    return f"{socket.gethostname()[:30]}/{place}/{os.getpid()}/{secrets.token_hex(4)}"


def is_gone(holder: str) -> bool:
    """Tell whether a holder was a process of this very machine that has ended; when in doubt it has not."""
    host, place, _own, _random = identity().split("/")
    parts = holder.split("/")
    if place == "?" or len(parts) != 4 or parts[:2] != [host, place]:
        return False
    return not Path("/proc", parts[2]).exists()


class LostWriter(RuntimeError):
    """Another bridge has become the writer."""


class WriterLock:
    """The place of the one writer of a share of the devices, as one bridge process holds or wants it."""

    def __init__(self, holder: str, share: Share = WHOLE) -> None:
        self.holder, self.share, self.partition = holder, share, share.number

    def acquire(self, now: datetime | None = None) -> bool:
        """Take the place when it is free, ours, or its holder gives no sign of life; tell whether it is ours.

        It is not free while bridges that divide the devices into another number of parts are at work.
        """
        moment = now or timezone.now()
        with transaction.atomic():
            BridgeLock.objects.get_or_create(partition=0)
            BridgeLock.objects.select_for_update().get(partition=0)  # one asks at a time, whatever its part
            BridgeLock.objects.get_or_create(partition=self.partition)
            if self._divided_otherwise(moment):
                return False
            holder = BridgeLock.objects.values_list("holder", flat=True).get(partition=self.partition)
            free = Q(holder="") | Q(holder=self.holder) | Q(beat_at=None) | Q(beat_at__lt=moment - TAKEN_OVER_AFTER)
            free |= Q(holder=holder) if is_gone(holder) else Q()
            rows = BridgeLock.objects.filter(free, partition=self.partition)
            return rows.update(holder=self.holder, beat_at=moment, partitions=self.share.of) == 1

    def _divided_otherwise(self, moment: datetime) -> bool:
        alive = BridgeLock.objects.filter(beat_at__gte=moment - TAKEN_OVER_AFTER).exclude(holder="")
        others = alive.exclude(partitions=self.share.of).values_list("holder", flat=True)
        return any(not is_gone(holder) for holder in others if holder != self.holder)

    def last_beat(self) -> float | None:
        """Return when a writer of this partition last gave a sign of life (epoch seconds), None if none ever did."""
        beat = BridgeLock.objects.filter(partition=self.partition).values_list("beat_at", flat=True).first()
        return None if beat is None else beat.timestamp()

    def fence(self) -> None:
        """Give a beat; raises LostWriter when the place is not ours. Belongs inside every writing transaction."""
        rows = BridgeLock.objects.filter(partition=self.partition, holder=self.holder)
        if rows.update(beat_at=timezone.now()) == 0:
            raise LostWriter(self.holder)

    def release(self) -> None:
        """Leave the place to whoever waits."""
        BridgeLock.objects.filter(partition=self.partition, holder=self.holder).update(holder="")
