"""What time brings about: each task may run at any moment, twice, late or beside itself, with the same result."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import close_old_connections
from wagtail.models import Page, Revision

from booking.services import close_finished, forget_keys, offer_all_freed, reconcile, record_no_shows
from booking.services.settling import settle_bookings
from cms.services.pictures import settle_all_pictures
from iot_bridge.pruning import forget_messages
from machines.services.access import end_unused
from machines.services.faults import forget_photos
from machines.services.upkeep import settle_upkeep
from members.services import send_outbox
from place.services import close_forgotten_visits, extend_horizons
from workshops.services import (
    cancel_undersubscribed,
    expire_holds,
    forget_answers,
    materialise_series,
    remind,
    settle_pending,
)
from workshops.services.games import end_forgotten_games

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """`run` takes the present moment and returns how many things it settled."""

    name: str
    run: Callable[[datetime], int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task went: a count, or the problem that stopped it."""

    name: str
    count: int = 0
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.name}: failed, {self.problem}" if self.problem else f"{self.name}: {self.count}"


def turn_pages(now: datetime) -> int:
    """Publish and withdraw the pages whose time has come; return how many."""
    due = Revision.page_revisions.filter(approved_go_live_at__lt=now).count()
    over = Page.objects.filter(live=True, expire_at__lt=now).count()
    call_command("publish_scheduled")
    return due + over


def forget_sign_ins(now: datetime) -> int:
    """Delete the sign-ins that have expired; return how many."""
    return Session.objects.filter(expire_date__lt=now).delete()[0]


TASKS = (
    Task("messages sent", send_outbox),
    Task("absences noted", record_no_shows),
    Task("freed times offered", offer_all_freed),
    Task("bookings done", close_finished),
    Task("bookings compared with what happened", reconcile),
    Task("opening dates laid out", extend_horizons),
    Task("workshop dates laid out", materialise_series),
    Task("workshop dates with too few people called off", cancel_undersubscribed),
    Task("kept workshop places given to the next", expire_holds),
    Task("workshop places confirmed by a signature", settle_pending),
    Task("reminders of workshops", remind),
    Task("answers to workshops forgotten", forget_answers),
    Task("forgotten quizzes ended", end_forgotten_games),
    Task("bookings put in doubt or confirmed", settle_bookings),
    Task("forgotten visits ended", close_forgotten_visits),
    Task("pages turned", turn_pages),
    Task("pictures shown or withheld", settle_all_pictures),
    Task("habilitations ended for want of use", end_unused),
    Task("maintenance opened or bookings stopped", settle_upkeep),
    Task("photos of faults forgotten", forget_photos),
    Task("old sign-ins forgotten", forget_sign_ins),
    Task("old request keys forgotten", forget_keys),
    Task("old machine messages forgotten", forget_messages),
)


def run_all(now: datetime, tasks: Iterable[Task] = TASKS) -> Iterator[Outcome]:
    """Run every task; one that fails is reported and does not stop the others."""
    for task in tasks:
        yield _run(task, now)


def _run(task: Task, now: datetime) -> Outcome:
    try:
        return Outcome(task.name, task.run(now))
    except Exception as problem:  # whatever stops one task, the others are due
        log.exception("The task “%s” failed.", task.name)
        close_old_connections()
        return Outcome(task.name, problem=f"{type(problem).__name__}: {problem}")
