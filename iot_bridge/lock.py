"""One writer per partition: a row in the database says who, and its beat says that it lives."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from iot_bridge.models import BridgeLock

TAKEN_OVER_AFTER = timedelta(seconds=10)
"""A writer whose beat is older than this has lost its place to whoever asks."""


class LostWriter(RuntimeError):
    """Another bridge has become the writer."""


class WriterLock:
    """The place of the one writer, as one bridge process holds or wants it."""

    def __init__(self, holder: str, partition: int = 0) -> None:
        self.holder, self.partition = holder, partition

    def acquire(self, now: datetime | None = None) -> bool:
        """Take the place when it is free, ours, or its holder gives no sign of life; tell whether it is ours."""
        moment = now or timezone.now()
        with transaction.atomic():
            BridgeLock.objects.get_or_create(partition=self.partition)
            free = Q(holder="") | Q(holder=self.holder) | Q(beat_at=None) | Q(beat_at__lt=moment - TAKEN_OVER_AFTER)
            rows = BridgeLock.objects.filter(free, partition=self.partition)
            return rows.update(holder=self.holder, beat_at=moment) == 1

    def last_beat(self) -> float | None:
        """Return when a writer of this partition last gave a sign of life (epoch seconds), None if none ever did."""
        beat = BridgeLock.objects.filter(partition=self.partition).values_list("beat_at", flat=True).first()
        return beat and beat.timestamp()

    def fence(self) -> None:
        """Give a beat; raises LostWriter when the place is not ours. Belongs inside every writing transaction."""
        rows = BridgeLock.objects.filter(partition=self.partition, holder=self.holder)
        if rows.update(beat_at=timezone.now()) == 0:
            raise LostWriter(self.holder)

    def release(self) -> None:
        """Leave the place to whoever waits."""
        BridgeLock.objects.filter(partition=self.partition, holder=self.holder).update(holder="")
