"""Give back the seats of a person who is forgotten, and forget who once waited."""

from datetime import datetime

from django.db import transaction

from members.models import User
from workshops.models import Registration
from workshops.services.registrations import lock_session, promote_waiting

Status = Registration.Status


@transaction.atomic
def withdraw_person(*, person: User, now: datetime) -> None:
    """Cancel a person's registrations to come; who waits gets the seats. Their past ones stay, as numbers."""
    rows = Registration.objects.filter(member=person, session__starts_at__gt=now).exclude(status=Status.CANCELLED)
    for row in rows.select_related("session").order_by("session_id"):
        session = lock_session(row.session)
        Registration.objects.filter(pk=row.pk).update(status=Status.CANCELLED, cancelled_at=now)
        promote_waiting(session, now)


def forget_waiting(before: datetime) -> int:
    """Delete the waiting lists of sessions that ended before a moment; return how many lines."""
    return Registration.objects.filter(status=Status.WAITLISTED, session__ends_at__lt=before).delete()[0]
