"""Load the whole demonstration, or nothing of it."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from cms.demo import coming, duty, families, history, opening, pages, park, people, projects, quiz, upkeep, workshops
from cms.demo.stage import Stage
from cms.services import ensure_site
from members.models import Message, User


@dataclass(frozen=True, slots=True)
class Summary:
    """How much was loaded."""

    people: int
    machines: int
    sessions: int
    coming: int
    past: int
    uses: int
    projects: int


@transaction.atomic
def load(day: date) -> Summary:
    """Fill an empty database around a day. Deterministic: the same day gives the same data."""
    stage = Stage(day)
    people.load(stage)
    families.load(stage)
    opening.load(stage)
    duty.load(stage)
    ensure_site()
    park.load(stage)
    quiz.load(stage)
    sessions = workshops.load(stage)
    booked = coming.load(stage)
    past, uses = history.load(stage)
    upkeep.load(stage)
    pages.load(stage)
    made = projects.load(stage)
    _nothing_to_send()
    return Summary(User.objects.count(), len(stage.machines), sessions, booked, past, uses, made)


def _nothing_to_send() -> None:
    """Invented people have no mailbox: what was written to them counts as sent before anything leaves."""
    waiting = Message.objects.filter(via=Message.Via.MAIL, state=Message.State.WAITING)
    waiting.update(state=Message.State.SENT, sent_at=timezone.now())
