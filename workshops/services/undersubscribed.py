"""Dates that too few people registered for are called off in time, by themselves."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import ngettext

from workshops.models import Workshop, WorkshopSession
from workshops.rules import is_decided
from workshops.services.planning import cancel_session
from workshops.services.rows import State
from workshops.services.seats import first_date, lock_lot


def cancel_undersubscribed(now: datetime) -> int:
    """Call off the coming sessions whose hour of decision has come with too few people; return how many.

    A cycle is decided by its first date, for all of them. Idempotent, also beside itself.
    """
    rows = WorkshopSession.objects.filter(
        state=State.SCHEDULED, starts_at__gt=now, seats_taken__lt=F("workshop__least")
    ).select_related("workshop", "series")
    return sum(_decide(one, now) for one in rows.order_by("starts_at", "pk") if _is_due(one, now))


def _is_due(session: WorkshopSession, now: datetime) -> bool:
    return is_decided(session.starts_at, session.workshop.decide_hours, now)


@transaction.atomic
def _decide(session: WorkshopSession, now: datetime) -> int:
    lot = lock_lot(session, now)
    if lot.lead.state == State.CANCELLED or lot.lead.seats_taken >= lot.lead.workshop.least:
        return 0
    if lot.lead.workshop.kind == Workshop.Kind.CYCLE and first_date(lot).pk != lot.lead.pk:
        return 0
    reason = _reason(lot.lead.workshop.least)
    for one in lot.dates:
        cancel_session(session=one, reason=reason, actor=None, now=now)
    return len(lot.dates)


def _reason(least: int) -> str:
    words = ngettext("Too few people: it takes %(least)s.", "Too few people: it takes at least %(least)s.", least)
    return words % {"least": least}
