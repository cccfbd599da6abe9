"""Bring a seeded lab to so many uses, in the past, and say which queries its pages make: one JSON object."""

import json
import random
import sys
from datetime import datetime, timedelta
from itertools import islice

from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cms.services import ensure_site
from machines.models import Machine, Outcome, UsageSession
from members.models import User
from members.roles import FACILITATOR

PAGES = (
    "/machines/",
    "/reservations/",
    "/tableau/",
    "/compte/",
    "/api/v1/usage-sessions",
    "/api/v1/machines",
    "/gestion/",
    "/gestion/utilisations/",
    "/gestion/prevu-reel/",
)
dice = random.Random(9)


def fill(wanted: int) -> None:
    """Add uses of half an hour, an hour apart on each machine, going back in time."""
    machines, people = list(Machine.objects.all()), list(User.objects.filter(username__startswith="p"))
    have = UsageSession.objects.count()
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    rows = (
        _use(
            number,
            machines[number % len(machines)],
            dice.choice(people),
            now - timedelta(hours=number // len(machines)),
        )
        for number in range(have + 1, wanted + 1)
    )
    while batch := list(islice(rows, 5000)):
        UsageSession.objects.bulk_create(batch)


def _use(number: int, machine: Machine, member: User, end: datetime) -> UsageSession:
    started = end - timedelta(minutes=30)
    return UsageSession(
        machine=machine, source="bench", natural_key=str(number), started_at=started, ended_at=end,
        last_evidence_at=end, outcome=Outcome.COMPLETED, member=member, attribution="staff", energy_wh=40.0,
    )  # fmt: skip


def queries_of(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return len(captured)


def main() -> None:
    fill(int(sys.argv[1]))
    if connection.vendor == "postgresql":
        connection.cursor().execute("ANALYZE")
    ensure_site()
    facilitator, _made = User.objects.get_or_create(username="facilitator")
    facilitator.groups.set(Group.objects.filter(name=FACILITATOR))
    client = Client()
    client.force_login(facilitator)
    asked = {path: queries_of(client, path) for path in PAGES}
    print(json.dumps({"cookie": f"sessionid={client.cookies['sessionid'].value}", "queries": asked}))


if __name__ == "__main__":
    main()
