"""What openings, bookings and people's papers say when somebody wants to start a machine now."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError

from booking.models import LIVE, Kind, Reservation, State
from booking.queries import load_facts
from booking.rules.starts import Own, start_problems, start_until
from machines.models import Machine
from machines.start_rules import Said
from members.models import User
from place.clock import Span

AHEAD = timedelta(days=1)
TEAM = "members.use_desk"


def ask_bookings(machine: Machine, person: User, now: datetime) -> Said:
    """Rule of MACHINE_ACCESS_RULES: opening, outage, papers, age, habilitation, who watches, and who holds it now."""
    window = Span(now, now + AHEAD)
    facts = load_facts([machine], window, now, person)[machine.pk]
    own, team = own_times(machine, person, window), person.has_perm(TEAM)
    found = start_problems(own, facts, team=team, now=now)
    problems = tuple(ValidationError(problem.message, problem.code) for problem in found)
    return Said(problems, None if problems else start_until(own, facts, team=team, now=now))


def own_times(machine: Machine, person: User, window: Span) -> list[Own]:
    """Return what somebody holds on a machine; who waits for the team's yes is not accompanied yet."""
    rows = Reservation.objects.filter(machine=machine, member=person, kind=Kind.MEMBER, state__in=LIVE)
    rows = rows.filter(starts_at__lt=window.end, ends_at__gt=window.start).order_by("starts_at")
    return [
        Own(row.pk, Span(row.starts_at, row.ends_at), _is_agreed(row) and row.accompanied, tuple(row.waived))
        for row in rows
    ]


def _is_agreed(reservation: Reservation) -> bool:
    return reservation.state in {State.CONFIRMED, State.CHECKED_IN, State.DONE}
