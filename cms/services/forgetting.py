"""Forget a person in every room, and what is due to be forgotten: figures are the same before and after."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from booking.services.forgetting import forget_notes, give_back
from booking.services.forgetting import forget_waiting as forget_waiting_times
from cms.queries_due import people_due
from cms.services.pictures import settle_pictures
from desk.queries.figures import figures
from machines.rules import months_before
from machines.services.forgetting import forget_person
from machines.services.starts import forget_starts
from members.models import Channel, User
from members.queries import is_guardian_of
from members.services import forgetting
from place.clock import day_span, today
from place.services import forget_visits
from workshops.services.forgetting import forget_waiting, withdraw_person


class FiguresChanged(Exception):
    """Forgetting would have changed what a report counts: nothing was forgotten."""


def erase_on_request(*, actor: User, person: User, now: datetime, channel: str = Channel.ONLINE) -> None:
    """Forget a person who asks, whose guardian asks, or for whom the desk does it.

    Raises PermissionDenied and ValidationError (of the team, too young alone).
    """
    at_desk = actor.has_perm("members.manage_papers")
    if actor.pk != person.pk and not (at_desk or is_guardian_of(actor, person)):
        raise PermissionDenied
    if person.is_superuser or person.get_all_permissions():
        raise ValidationError(_("You are of the team: ask the director."))
    if actor.pk == person.pk and _too_young_alone(person, now):
        raise ValidationError(_("Before 15, do this with a parent, or at the desk."))
    forget(person=person, actor=actor, now=now, reason="asked", channel=channel)


def _too_young_alone(person: User, now: datetime) -> bool:
    age = person.age_on(today(now))
    return age is not None and age < settings.CONSENT_AGE


@transaction.atomic
def forget(*, person: User, actor: User | None, now: datetime, reason: str, channel: str = Channel.ONLINE) -> None:
    """Forget a person in every room; what reports count stays. Pictures of them are withheld from then on."""
    give_back(person=person, now=now)
    withdraw_person(person=person, now=now)
    forget_visits(User.objects.filter(pk=person.pk))
    forget_person(person)
    forgetting.anonymise(person=person, actor=actor, reason=reason, channel=channel)
    settle_pictures([subject.image for subject in person.pictures.select_related("image")], now)


@dataclass(frozen=True, slots=True)
class Step:
    """A kind of data that has had its time; `run` forgets it and says how many there were."""

    name: str
    run: Callable[[datetime], int]


def _forget_people(now: datetime) -> int:
    due = people_due(today(now))
    for person in due:
        forget(person=person, actor=None, now=now, reason="delay")
    return len(due)


def _before(days: int, now: datetime) -> datetime:
    return now - timedelta(days=days)


def _months_back(months: int, now: datetime) -> datetime:
    day: date = months_before(months, today(now))
    return day_span(day).start


STEPS = (
    Step("people whose time is over", _forget_people),
    Step(
        "waiting lists of machines",
        lambda now: forget_waiting_times(_before(settings.RETENTION["waiting_list_days"], now)),
    ),
    Step("waiting lists", lambda now: forget_waiting(_before(settings.RETENTION["waiting_list_days"], now))),
    Step("joining requests", lambda now: forgetting.forget_requests(_before(settings.RETENTION["request_days"], now))),
    Step("messages", lambda now: forgetting.forget_messages(_before(settings.RETENTION["message_days"], now))),
    Step("notes about uses", lambda now: forget_notes(_before(settings.RETENTION["anomaly_note_days"], now))),
    Step("starts of machines", lambda now: forget_starts(_before(settings.RETENTION["start_days"], now))),
    Step("log", lambda now: forgetting.forget_log(_months_back(settings.RETENTION["log_months"], now))),
)


def purge(now: datetime, *, for_real: bool) -> list[tuple[str, int]]:
    """Forget all that is due (or only count it) and return how many of each kind. Idempotent.

    Raises FiguresChanged, and then nothing is forgotten, if any figure of a report would come out differently.
    """
    with transaction.atomic():
        before = figures(now)
        counted = [(step.name, step.run(now)) for step in STEPS]
        if changed := list(_differences(before, figures(now))):
            raise FiguresChanged(", ".join(changed))
        if not for_real:
            transaction.set_rollback(True)
    return counted


def _differences(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    return (name for name in before if before[name] != after[name])
