"""Fill a migrated database with a lab's year and say on standard output how to call it: one JSON object.

30 machines, 500 people, 20 000 bookings over twelve months around today, openings all day. BENCH_BOOKINGS: more of
them, by more people.
"""

import json
import os
import random
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from booking.models import Reservation
from machines.models import Machine, MachineCategory
from members.models import Membership, User
from members.services import create_token
from place.clock import day_span, days_from
from place.models import OpeningPeriod

MACHINES, TOKENS = 30, 500
BOOKINGS = int(os.environ.get("BENCH_BOOKINGS", "20000"))  # 1000000: some eleven years of a busy lab
HOURS = max(364 * 24, 3 * (BOOKINGS // MACHINES))
PEOPLE = 500 * BOOKINGS * 364 * 24 // HOURS // 20_000  # each has as much ahead, however long the history
HALF_HOUR = timedelta(minutes=30)
dice = random.Random(1)
today = timezone.localdate()


def make_park() -> list[Machine]:
    category = MachineCategory.objects.create(slug="banc", name="Banc", process="fdm")
    generous = {
        "weekly_quota_minutes": 30_000,
        "max_upcoming": 30_000,
        "min_age": 0,
        "min_age_alone": 0,
        "horizon_days": 0,
    }
    rows = [Machine(slug=f"m{number}", name=f"M{number}", category=category, **generous) for number in range(MACHINES)]
    return Machine.objects.bulk_create(rows)


def make_people() -> list[User]:
    unusable = make_password(None)
    born = today - timedelta(days=30 * 365)
    people = User.objects.bulk_create(
        User(username=f"p{number}", first_name=f"P{number}", birth_date=born, password=unusable)
        for number in range(PEOPLE)
    )
    season = {"season": today.year, "kind": Membership.Kind.ADULT, "starts_on": today - timedelta(days=400)}
    ends = today + timedelta(days=800)
    Membership.objects.bulk_create(Membership(person=person, ends_on=ends, **season) for person in people)
    return people


def make_openings() -> None:
    days = [day_span(day) for day in days_from(today - timedelta(days=180), 580)]
    OpeningPeriod.objects.bulk_create(OpeningPeriod(starts_at=day.start, ends_at=day.end, label="Jour") for day in days)


def make_bookings(park: list[Machine], people: list[User]) -> None:
    """Spread bookings over a year or more, up to half a year ahead: one hour each, two hours apart at least."""
    each = BOOKINGS // MACHINES
    first = day_span(today + timedelta(days=182)).start - timedelta(hours=HOURS)
    rows = []
    for machine in park:
        hours = sorted(dice.sample(range(0, HOURS, 2), each))
        for hour in hours:
            start = first + timedelta(hours=hour)
            end = start + timedelta(hours=1)
            moments = {"starts_at": start, "ends_at": end, "blocked_from": start, "blocked_until": end}
            rows.append(Reservation(machine=machine, member=dice.choice(people), **moments))
    Reservation.objects.bulk_create(rows, batch_size=2000)


def count_queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(path)
    assert answer.status_code == 200, answer.content
    return len(captured)


def main() -> None:
    park, people = make_park(), make_people()
    make_openings()
    make_bookings(park, people)
    if connection.vendor == "postgresql":
        connection.cursor().execute("ANALYZE")
    client = Client()
    client.force_login(people[0])
    monday = today - timedelta(days=today.weekday())
    week = f"/api/v1/machines/m0/calendar?from={monday}&to={monday + timedelta(days=7)}"
    month = f"/api/v1/calendar?from={monday}&to={monday + timedelta(days=31)}"
    print(
        json.dumps(
            {
                "cookie": f"sessionid={client.cookies['sessionid'].value}",
                "tokens": [create_token(user=user, name="bench")[1] for user in people[:TOKENS]],
                "week": week,
                "month": month,
                "raw_month": f"/floor/feed?from={monday}&to={monday + timedelta(days=31)}",
                "queries": {"week": count_queries(client, week), "month": count_queries(client, month)},
                "free_from": day_span(today + timedelta(days=190)).start.isoformat(),
            }
        )
    )


if __name__ == "__main__":
    main()
