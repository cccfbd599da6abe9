"""Forget who somebody was: the row stays so that totals stay, nothing on it leads to a person."""

from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone

from members.models import (
    AccessCard,
    ApiToken,
    AuditEntry,
    CalendarSecret,
    Channel,
    ConsentEntry,
    Gender,
    Guardian,
    Household,
    JoinRequest,
    Message,
    User,
)
from members.services.audit import record


@transaction.atomic
def anonymise(*, person: User, actor: User | None, reason: str, channel: str = Channel.ONLINE) -> None:
    """Empty a person's account and papers; memberships, dues and gender stay, as figures. Idempotent.

    The other rooms forget first: whoever calls this has told them (cms/services/forgetting.py).
    """
    current = User.objects.select_for_update().get(pk=person.pk)
    if current.anonymised_at is not None:
        return
    household = current.household
    _empty(current)
    for rows in (AccessCard, ApiToken, CalendarSecret, Authenticator, EmailAddress):
        rows.objects.filter(user=current).delete()
    ConsentEntry.objects.filter(person=current).delete()
    Message.objects.filter(recipient=current).delete()
    JoinRequest.objects.filter(member=current).delete()
    Guardian.objects.filter(account=current).update(account=None)
    _leave_household(household)
    subject, detail = f"user:{current.pk}", {"reason": reason}
    record(actor=actor, action="member.forgotten", subject=subject, channel=channel, detail=detail)


def _empty(person: User) -> None:
    for name in ("first_name", "last_name", "email", "phone", "pseudonym", "search_name"):
        setattr(person, name, "")
    person.username, person.birth_date, person.household = f"efface-{person.pk}", None, None
    person.gender = person.gender or Gender.UNTOLD
    person.is_active, person.anonymised_at = False, timezone.now()
    person.set_unusable_password()
    person.sign_in_epoch += 1
    person.last_login = None
    person.save()
    person.groups.clear()
    person.partners.clear()


def _leave_household(household: Household | None) -> None:
    """A household without anybody left goes, its guardians and who may fetch with it."""
    if household is not None and not User.objects.filter(household=household).exists():
        household.delete()


def forget_requests(before: datetime) -> int:
    """Delete joining requests received before a moment that led to no account."""
    return JoinRequest.objects.filter(created_at__lt=before, member=None).delete()[0]


def forget_messages(before: datetime) -> int:
    """Delete messages written before a moment, told or not."""
    return Message.objects.filter(created_at__lt=before).delete()[0]


def forget_log(before: datetime) -> int:
    """Delete lines of the log older than a moment."""
    return AuditEntry.objects.filter(at__lt=before).delete()[0]
