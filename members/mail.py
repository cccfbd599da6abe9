"""The mail channel of the outbox; a second channel would stand beside it."""

import logging
import re
from smtplib import SMTPException

from django.core.mail import EmailMessage

from members.models import Message

MAX_ATTEMPTS = 5
log = logging.getLogger(__name__)


def send(message: Message) -> str | None:
    """Send one message; return None, or the reason it did not leave."""
    mail = EmailMessage(subject=re.sub(r"\s+", " ", message.subject), body=message.body, to=[message.address])
    try:
        mail.send()
    except (SMTPException, OSError, ValueError) as error:  # ValueError: an address no mail can carry
        log.warning("mail %s did not leave: %s", message.pk, error)
        return str(error) or type(error).__name__
    return None
