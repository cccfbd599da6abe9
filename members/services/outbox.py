"""The only writer of the outbox: what is said to people, by the way they chose."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from members import mail
from members.models import Channel, Guardian, Message, User
from members.models.people import Reach
from members.services.audit import record

LONGEST_SENDING = timedelta(minutes=5)


def notify(*, recipient: User, subject: str, body: str, confirms: bool = False) -> Message | None:
    """Write a message to the outbox; it leaves after the commit, or waits on the call list without an e-mail.

    `confirms` marks what somebody did themselves: those who do not want to hear of it are not told, None is returned.
    """
    if confirms and not recipient.wants_confirmations:
        return None
    by_mail = recipient.email and recipient.contact_by == Reach.MAIL
    return _write(Message(recipient=recipient, subject=subject[:200], body=body), by_mail=bool(by_mail))


def notify_guardian(*, guardian: Guardian, child: User, subject: str, body: str) -> Message:
    """Tell a parent or guardian about a child: in their account's own way if they have one, else by e-mail or call."""
    if guardian.account:
        by_mail = guardian.account.email and guardian.account.contact_by == Reach.MAIL
        return _write(Message(recipient=guardian.account, subject=subject[:200], body=body), by_mail=bool(by_mail))
    message = Message(recipient=child, guardian=guardian, subject=subject[:200], body=body)
    return _write(message, by_mail=bool(guardian.email))


def _write(message: Message, *, by_mail: bool) -> Message:
    message.via = Message.Via.MAIL if by_mail else Message.Via.CALL
    message.save()
    if by_mail:
        transaction.on_commit(lambda: send_message(message), robust=True)
    return message


def send_message(message: Message) -> bool:
    """Send one waiting mail; return whether it left. A failure is kept and tried again by `send_outbox`."""
    claimed = _not_being_sent().filter(pk=message.pk, attempts=message.attempts)
    if not claimed.update(attempts=F("attempts") + 1, sending_since=timezone.now()):
        return False
    error = mail.send(message)
    rows = Message.objects.filter(pk=message.pk)
    if error is None:
        rows.update(state=Message.State.SENT, sent_at=timezone.now(), last_error="")
        return True
    gave_up = message.attempts + 1 >= mail.MAX_ATTEMPTS
    rows.update(
        sending_since=None, last_error=error[:300], state=Message.State.FAILED if gave_up else Message.State.WAITING
    )
    return False


def send_outbox(now: datetime | None = None) -> int:
    """Send the mails that wait; return how many left. Idempotent, run by the timed tasks."""
    before = (now or timezone.now()) - timedelta(seconds=30)
    waiting = _not_being_sent().filter(via=Message.Via.MAIL, created_at__lt=before)
    return sum(send_message(message) for message in waiting.select_related("recipient").order_by("created_at")[:200])


def _not_being_sent() -> QuerySet[Message]:
    """Return what waits, without what another process took up a moment ago; it may have died since."""
    dead = timezone.now() - LONGEST_SENDING
    waiting = Message.objects.filter(state=Message.State.WAITING)
    return waiting.filter(Q(sending_since__isnull=True) | Q(sending_since__lt=dead))


def mark_told(*, actor: User, message: Message) -> None:
    """Somebody without e-mail has been called or told."""
    Message.objects.filter(pk=message.pk, via=Message.Via.CALL).update(state=Message.State.SENT, sent_at=timezone.now())
    record(actor=actor, action="message.told", subject=f"message:{message.pk}", channel=Channel.DESK)
