"""What people are told about their workshops: in their language, into the outbox, one message an event."""

from collections.abc import Callable, Iterable

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from members.services import notify
from place.clock import Span, period_text
from workshops.models import Registration

Words = Callable[[], tuple[str, str]]


def registered(registration: Registration) -> None:
    """Say it to somebody with an e-mail, or whom somebody else registered."""
    member = registration.member
    if member.email or registration.created_by_id != member.pk:
        _tell(registration, _waits if registration.status == Registration.Status.WAITLISTED else _comes)


def promoted(registration: Registration) -> None:
    _tell(registration, _has_a_place)


def cancelled(registration: Registration) -> None:
    _tell(registration, lambda: (_("Registration cancelled: %(what)s"), _("You are no longer registered.")))


def session_cancelled(registrations: Iterable[Registration], reason: str) -> None:
    for registration in registrations:
        _tell(registration, lambda: (_("Cancelled: %(what)s"), reason))


def session_moved(registrations: Iterable[Registration], before: Span) -> None:
    for registration in registrations:
        _tell(registration, lambda: _has_moved(before))


def _comes() -> tuple[str, str]:
    return _("You are registered: %(what)s"), _("See you then. If you cannot come, cancel: somebody else will be glad.")


def _waits() -> tuple[str, str]:
    return _("You are on the waiting list: %(what)s"), _("We tell you as soon as a place is free.")


def _has_a_place() -> tuple[str, str]:
    body = _("A place is free, and it is yours. If you cannot come, cancel: somebody else is waiting.")
    return _("You have a place: %(what)s"), body


def _has_moved(before: Span) -> tuple[str, str]:
    body = _("Before, it was planned for: %(before)s.") % {"before": period_text(before.start, before.end)}
    return _("New time: %(what)s"), body


def _tell(registration: Registration, words: Words) -> None:
    session, member = registration.session, registration.member
    with translation.override(member.preferred_language):
        subject, body = words()
        what = f"{session.workshop}, {period_text(session.starts_at, session.ends_at)}"
        link = settings.SITE_URL + reverse("workshops:session", args=[session.pk])
        notify(recipient=member, subject=subject % {"what": what}, body=f"{what}\n\n{body}\n\n{link}\n")
