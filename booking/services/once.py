"""A request that is sent twice is carried out once (a double tap, a network that gave up waiting)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from booking.models import IdempotencyKey
from members.models import User

KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered; `replayed` when it had been carried out before."""

    status: int
    body: str
    replayed: bool = False


class KeyReused(Exception):
    """The same key came with another request."""


@transaction.atomic
def once(*, user: User, key: str, digest: str, act: Callable[[], Answer]) -> Answer:
    """Carry out an act for this person and key, or return what it was answered the first time.

    The key is written in the transaction of the act: whoever comes at the same moment waits for its end. What the act
    raises undoes the key too, so that a refused request may be tried again. Raises KeyReused.
    """
    row = IdempotencyKey(user=user, key=key, digest=digest)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return _known(user, key, digest)
    answer = act()
    row.status, row.body = answer.status, answer.body
    row.save(update_fields=["status", "body"])
    return answer


def _known(user: User, key: str, digest: str) -> Answer:
    known = IdempotencyKey.objects.get(user=user, key=key)
    if known.digest != digest:
        raise KeyReused
    return Answer(known.status, known.body, replayed=True)


def forget_keys(now: datetime) -> int:
    """Delete the keys that are a day old; return how many."""
    return IdempotencyKey.objects.filter(created_at__lt=now - KEPT).delete()[0]
