"""Sessions with one seat left for the contest of P7 (`prepare` N of them), and what went wrong afterwards (`check`)."""

import json
import sys
from datetime import timedelta

from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from bench.seats import ASKING, LEAVING
from members.models import User
from workshops.models import LIVE_STATUSES, Registration, Workshop, WorkshopSession
from workshops.services import register, save_workshop, schedule_session

PLACES = 10


def prepare(rounds: int) -> dict:
    """Register nine people at each session; the first few of them will leave."""
    workshop = save_workshop(workshop=Workshop(slug="banc", title="Banc", places=PLACES), actor=None)
    people = list(User.objects.filter(username__in=[f"p{ASKING + one}" for one in range(PLACES - 1)]))
    people.sort(key=lambda one: int(one.username[1:]))
    return {"rounds": [_round(workshop, people, number) for number in range(rounds)]}


def _round(workshop: Workshop, people: list[User], number: int) -> dict:
    start = (timezone.now() + timedelta(days=30 + number)).replace(hour=12, minute=0, second=0, microsecond=0)
    session = schedule_session(workshop=workshop, starts_at=start, ends_at=start + timedelta(hours=1), actor=None)
    rows = [register(session=session, member=one, actor=one) for one in people]
    return {"session": session.pk, "leaving": [row.pk for row in rows[:LEAVING]]}


def check() -> dict[str, int]:
    """Compare the counters of each session with its rows; with so many waiting, no seat may be free."""
    live, waits = Q(registrations__status__in=LIVE_STATUSES), Q(registrations__status=Registration.Status.WAITLISTED)
    rows = WorkshopSession.objects.filter(workshop__slug="banc")
    counted = rows.annotate(taken=Sum("registrations__seats", filter=live), line=Count("registrations", filter=waits))
    twice = Registration.objects.exclude(status=Registration.Status.CANCELLED).values("session", "member")
    return {
        "oversold": counted.filter(taken__gt=F("places")).count(),
        "miscounted": counted.exclude(taken=F("seats_taken"), line=F("waiting")).count(),
        "free_beside_a_line": counted.filter(taken__lt=F("places"), line__gt=0).count(),
        "registered_twice": twice.annotate(rows=Count("pk")).filter(rows__gt=1).count(),
    }


print(json.dumps(prepare(int(sys.argv[2])) if sys.argv[1] == "prepare" else check()))
