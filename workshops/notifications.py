"""What people are told about their workshops: in their language, into the outbox, one message an event."""

from collections.abc import Callable, Iterable

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from members.queries import guardians_of
from members.services import notify, notify_guardian
from members.standing import is_under
from place.clock import Span, local, moment_text, period_text
from workshops.models import Registration

Status = Registration.Status

Words = Callable[[], tuple[str, str]]


def registered(registration: Registration) -> None:
    """Say it to somebody with an e-mail, or whom somebody else registered; a parent is told of a missing agreement."""
    member, status = registration.member, registration.status
    words = {Status.WAITLISTED: _waits, Status.PENDING: _lacks_agreement}.get(Status(status), _comes)
    if member.email or registration.created_by_id != member.pk:
        _tell(registration, words)
    if status == Status.PENDING:
        _tell_guardians(registration, words)


def place_held(registration: Registration) -> None:
    """A place is free for a while; a parent hears of it too, since the answer may be theirs."""
    _tell(registration, lambda: _is_kept(registration))
    if is_under(settings.MAJORITY_AGE, registration.member.birth_date, local(registration.session.starts_at).date()):
        _tell_guardians(registration, lambda: _is_kept(registration))


def place_lost(registration: Registration) -> None:
    _tell(registration, _was_not_answered)


def reminded(registration: Registration) -> None:
    _tell(registration, _is_soon)


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


def _lacks_agreement() -> tuple[str, str]:
    body = _(
        "The place is yours once a parent has signed the agreement that is missing: at the desk, or in the account."
    )
    return _("One signature is missing: %(what)s"), body


def _is_kept(registration: Registration) -> tuple[str, str]:
    assert registration.held_until is not None
    body = _("A place is free. It is kept until %(until)s: say yes on the page, or call the desk.")
    return _("A place is free: %(what)s"), body % {"until": moment_text(registration.held_until)}


def _was_not_answered() -> tuple[str, str]:
    return _("The place was not kept: %(what)s"), _("We had no answer in time, so somebody else has it now.")


def _is_soon() -> tuple[str, str]:
    return _("Soon: %(what)s"), _("See you then! If you cannot come, cancel: somebody else will be glad.")


def _has_a_place() -> tuple[str, str]:
    body = _("A place is free, and it is yours. If you cannot come, cancel: somebody else is waiting.")
    return _("You have a place: %(what)s"), body


def _has_moved(before: Span) -> tuple[str, str]:
    body = _("Before, it was planned for: %(before)s.") % {"before": period_text(before.start, before.end)}
    return _("New time: %(what)s"), body


def _tell(registration: Registration, words: Words) -> None:
    with translation.override(registration.member.preferred_language):
        subject, body = _written(registration, words)
        notify(recipient=registration.member, subject=subject, body=body)


def _tell_guardians(registration: Registration, words: Words) -> None:
    for guardian in guardians_of(registration.member):
        language = guardian.account.preferred_language if guardian.account else settings.LANGUAGE_CODE
        with translation.override(language):
            subject, body = _written(registration, words)
            notify_guardian(guardian=guardian, child=registration.member, subject=subject, body=body)


def _written(registration: Registration, words: Words) -> tuple[str, str]:
    session = registration.session
    subject, body = words()
    what = f"{session.workshop}, {period_text(session.starts_at, session.ends_at)}"
    link = settings.SITE_URL + reverse("workshops:session", args=[session.pk])
    return subject % {"what": what}, f"{what}\n\n{body}\n\n{link}\n"
