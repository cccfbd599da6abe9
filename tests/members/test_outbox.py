"""Messages leave after the commit, once, and are tried again."""

from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from members import services
from members.mail import MAX_ATTEMPTS
from members.models import Message, User
from tests.factories.members import AdultFactory, MemberFactory

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=1)


class Refusing(EmailBackend):
    def send_messages(self, messages) -> int:
        raise OSError("no route")


class Broken(EmailBackend):
    def send_messages(self, messages) -> int:
        if "poison" in messages[0].subject:
            raise UnicodeError("label too long")
        return super().send_messages(messages)


def told(member: User, subject: str = "Bonjour") -> Message:
    return services.notify(recipient=member, subject=subject, body="texte")


def with_backend(settings, backend: type) -> None:
    settings.EMAIL_BACKEND = f"{backend.__module__}.{backend.__qualname__}"


def test_a_message_leaves_after_the_commit(django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        message = told(MemberFactory(email="ines@lab.example"))
        assert outbox.outbox == []
    message.refresh_from_db()
    assert (len(outbox.outbox), message.state, message.attempts) == (1, "sent", 1)


def test_people_without_an_address_are_on_the_call_list(django_capture_on_commit_callbacks, manager: User) -> None:
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        message = told(MemberFactory())
    assert (message.via, callbacks, outbox.outbox) == ("call", [], [])
    assert services.send_outbox(timezone.now() + LATER) == 0
    services.mark_told(actor=manager, message=message)
    message.refresh_from_db()
    assert message.state == "sent"


def test_a_mail_that_does_not_leave_is_tried_again_then_given_up(settings) -> None:
    with_backend(settings, Refusing)
    message, now = told(MemberFactory(email="ines@lab.example")), timezone.now() + LATER
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert services.send_outbox(now) == 0
        message.refresh_from_db()
        assert (message.attempts, message.last_error) == (attempt, "no route")
    assert (message.state, services.send_outbox(now)) == ("failed", 0)


def test_a_waiting_mail_leaves_once_when_the_way_is_open_again() -> None:
    message, now = told(MemberFactory(email="ines@lab.example")), timezone.now() + LATER
    assert [services.send_outbox(now), services.send_outbox(now)] == [1, 0]
    message.refresh_from_db()
    assert (len(outbox.outbox), message.state) == (1, "sent")


def test_one_message_that_cannot_be_sent_does_not_stop_the_others(settings) -> None:
    with_backend(settings, Broken)
    member = MemberFactory(email="ines@lab.example")
    told(member, "poison")
    told(member)
    assert services.send_outbox(timezone.now() + LATER) == 1
    assert [mail.subject for mail in outbox.outbox] == ["Bonjour"]


def test_the_same_message_is_not_sent_by_two_senders() -> None:
    message = told(MemberFactory(email="ines@lab.example"))
    assert [services.send_message(message), services.send_message(message)] == [True, False]
    assert len(outbox.outbox) == 1


def test_a_subject_is_one_line() -> None:
    message = told(MemberFactory(email="ines@lab.example"), "Bonjour\r\nBcc: tous@lab.example")
    services.send_message(message)
    assert outbox.outbox[0].subject == "Bonjour Bcc: tous@lab.example"
    assert outbox.outbox[0].recipients() == ["ines@lab.example"]


def test_what_another_process_is_sending_is_left_to_it_until_it_must_have_died() -> None:
    message = services.notify(recipient=AdultFactory(email="lea@lab.example"), subject="Demain", body="On ferme.")
    later = timezone.now() + timedelta(minutes=2)
    Message.objects.update(attempts=1, sending_since=timezone.now() - timedelta(minutes=1))
    assert services.send_outbox(later) == 0
    Message.objects.update(sending_since=timezone.now() - timedelta(minutes=6))
    assert services.send_outbox(later) == 1
    message.refresh_from_db()
    assert message.state == "sent"
