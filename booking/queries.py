"""Reading planned machine time. One loader of facts serves one machine-day and the whole park alike."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet

from booking.facts import Booked, Facts, Halt, HeldQualification, Opening, Person, Taken
from booking.models import LIVE, Kind, Reservation
from machines.models import LIVE_MEASURED, Machine, Measured, Outage, Qualification, UsageSession
from members.models import User
from place.clock import Span, without
from place.models import Closure, OpeningPeriod
from place.queries import closures_between, openings_between

FAR = datetime(9999, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=14)
ENDLESS = (*LIVE_MEASURED, Measured.DOWN)  # only a booking or an outage says when these end


def load_facts(
    machines: Sequence[Machine], window: Span, now: datetime, member: User | None = None
) -> dict[int, Facts]:
    """Return the facts of each machine over a window: four queries, two more for a person."""
    openings = tuple(_opening(row) for row in openings_between(window.start, window.end))
    closures = tuple(_halt(row) for row in closures_between(window.start, window.end))
    outages, taken = _outages(machines, window), _taken(machines, window)
    people = _people(machines, now, member)
    return {
        machine.pk: Facts(
            machine,
            openings,
            closures,
            tuple(outages[machine.pk]),
            tuple(taken[machine.pk]),
            people.get(machine.category_id),
        )
        for machine in machines
    }


def _opening(row: OpeningPeriod) -> Opening:
    return Opening(Span(row.starts_at, row.ends_at), row.kind)


def _halt(row: Closure) -> Halt:
    return Halt(Span(row.starts_at, row.ends_at), row.reason)


def _outages(machines: Sequence[Machine], window: Span) -> dict[int, list[Halt]]:
    rows = Outage.objects.filter(machine__in=[machine.pk for machine in machines], starts_at__lt=window.end)
    rows = rows.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=window.start))
    found: dict[int, list[Halt]] = defaultdict(list)
    for machine_id, start, end, reason in rows.values_list("machine_id", "starts_at", "ends_at", "reason"):
        found[machine_id].append(Halt(Span(start, end or FAR), reason))
    return found


def _taken(machines: Sequence[Machine], window: Span) -> dict[int, list[Taken]]:
    rows = Reservation.objects.filter(
        machine__in=[machine.pk for machine in machines],
        state__in=LIVE,
        blocked_until__gt=window.start - timedelta(days=1),
        blocked_from__lt=window.end + timedelta(days=1),
    ).order_by("blocked_from")
    found: dict[int, list[Taken]] = defaultdict(list)
    for machine_id, pk, start, end, kind in rows.values_list(
        "machine_id", "pk", "blocked_from", "blocked_until", "kind"
    ):
        found[machine_id].append(Taken(pk, Span(start, end), kind))
    return found


def _people(machines: Sequence[Machine], now: datetime, member: User | None) -> dict[int, Person]:
    """Return the person as each category sees them."""
    if member is None:
        return {}
    booked, qualifications = _booked(member, now), _qualifications(member)
    categories = {machine.category_id for machine in machines}
    return {
        category: Person(member.pk, member.birth_date, qualifications.get(category), booked) for category in categories
    }


def _booked(member: User, now: datetime) -> tuple[Booked, ...]:
    """Return the person's live bookings that may still count: this week's and later."""
    since = now - timedelta(days=8)
    rows = Reservation.objects.filter(member=member, kind=Kind.MEMBER, state__in=LIVE, ends_at__gt=since)
    values = rows.values_list("pk", "machine__name", "machine__category_id", "starts_at", "ends_at")
    return tuple(Booked(pk, name, category, Span(start, end)) for pk, name, category, start, end in values)


def _qualifications(member: User) -> dict[int, HeldQualification]:
    rows = Qualification.objects.filter(member=member)
    values = rows.values_list("category_id", "level", "expires_on", "withdrawn_reason")
    return {category: HeldQualification(level, expires, bool(reason)) for category, level, expires, reason in values}


@dataclass(frozen=True, slots=True)
class LiveState:
    """What the public may know of a machine now (contract.md §4)."""

    state: str
    since: datetime | None
    busy_until: datetime | None
    next_free_at: datetime | None
    last_contact_at: datetime | None = None
    progress: int | None = None
    next_start: datetime | None = None


def live_states(now: datetime, machines: Sequence[Machine] | None = None) -> dict[int, LiveState]:
    """Compose the public state of machines: outage, measure, openings and bookings; four or five queries."""
    park = list(machines) if machines is not None else list(in_service())
    facts = load_facts(park, Span(now, now + AHEAD), now)
    return {machine.pk: live_state(facts[machine.pk], now) for machine in park}


def live_state(facts: Facts, now: datetime) -> LiveState:
    """Compose the public state of one machine from facts whose window begins now or before; no query."""
    machine = facts.machine
    current = next((taken for taken in facts.taken if taken.span.start <= now < taken.span.end), None)
    later = next((taken.span.start for taken in facts.taken if taken.span.start > now), None)
    outage = next((halt for halt in facts.outages if halt.span.start <= now < halt.span.end), None)
    state, since = _state(machine, facts, now, outage, current)
    busy = state in LIVE_MEASURED or state == "reserved"
    end_unknown = state in ENDLESS and not (outage or current)
    return LiveState(
        state=state,
        since=since,
        busy_until=current.span.end if busy and current else None,
        next_free_at=None if end_unknown else next_free(facts, now),
        last_contact_at=machine.last_contact_at,
        progress=machine.progress if state in LIVE_MEASURED else None,
        next_start=later,
    )


def _state(
    machine: Machine, facts: Facts, now: datetime, outage: Halt | None, current: Taken | None
) -> tuple[str, datetime | None]:
    if outage:
        return "down", outage.span.start
    if machine.measured_state in (Measured.DOWN, *LIVE_MEASURED, Measured.OFFLINE):
        return machine.measured_state, machine.measured_since
    opening = next((span for span in facts.accepted_openings() if span.start <= now < span.end), None)
    if opening is None:
        return "closed", None
    if current:
        return "reserved", current.span.start
    return "free", machine.measured_since or opening.start


def free_spans(facts: Facts, since: datetime) -> list[Span]:
    """Return when the machine is open, works and is not taken, from a moment on."""
    halts = [halt.span for halt in facts.outages] + [taken.span for taken in facts.taken]
    free = without(facts.accepted_openings(), halts)
    return [Span(max(span.start, since), span.end) for span in free if span.end > since]


def next_free(facts: Facts, now: datetime) -> datetime | None:
    """Return the next moment at which a shortest booking fits, within the facts' window."""
    spans = (span for span in free_spans(facts, now) if span.minutes >= facts.machine.min_minutes)
    return next((span.start for span in spans), None)


def in_service() -> QuerySet[Machine]:
    return Machine.objects.filter(in_service=True).select_related("category")


def reservations_between(
    start: datetime, end: datetime, *, machine: Machine | None = None, member: User | None = None
) -> QuerySet[Reservation]:
    """Return reservations that overlap `[start, end)`, of everybody or of one member."""
    rows = Reservation.objects.filter(starts_at__lt=end, ends_at__gt=start).select_related("machine", "member")
    if machine is not None:
        rows = rows.filter(machine=machine)
    if member is not None:
        rows = rows.filter(member=member)
    return rows.order_by("starts_at", "pk")


def upcoming_for_machine(machine: Machine, now: datetime, limit: int = 5) -> list[Reservation]:
    """Return the next live reservations of a machine with their members."""
    rows = Reservation.objects.filter(machine=machine, state__in=LIVE, ends_at__gt=now)
    return list(rows.select_related("member").order_by("starts_at")[:limit])


def next_per_machine(now: datetime, until: datetime) -> dict[int, Reservation]:
    """Return for each machine its current or next live reservation before a moment: one query."""
    rows = Reservation.objects.filter(state__in=LIVE, ends_at__gt=now, starts_at__lt=until)
    found: dict[int, Reservation] = {}
    for row in rows.select_related("member").order_by("starts_at"):
        found.setdefault(row.machine_id, row)
    return found


def mine(member: User, now: datetime) -> tuple[list[Reservation], list[Reservation]]:
    """Return a member's bookings: all that are to come, and the last twenty that are over."""
    rows = Reservation.objects.filter(member=member).select_related("machine")
    coming = rows.filter(ends_at__gt=now, state__in=LIVE).order_by("starts_at")
    over = rows.exclude(ends_at__gt=now, state__in=LIVE).order_by("-starts_at")
    return list(coming[:100]), list(over[:20])


def usage_between(
    start: datetime, end: datetime, *, machine: Machine | None = None, member: User | None = None
) -> QuerySet[UsageSession]:
    """Return uses that overlap `[start, end)`, latest first; an open use lasts until now."""
    rows = UsageSession.objects.filter(started_at__lt=end)
    rows = rows.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=start))
    if machine is not None:
        rows = rows.filter(machine=machine)
    if member is not None:
        rows = rows.filter(member=member)
    return rows.select_related("machine", "reservation_use").order_by("-started_at", "-pk")
