"""Reading planned machine time. One loader of facts serves one machine-day and the whole park alike."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet

from booking import statement
from booking.facts import Booked, Facts, Halt, HeldQualification, Opening, Person, Taken
from booking.models import LIVE, Reservation
from booking.statement import BOOKED, CLOSURE, OPENING, OUTAGE, QUALIFICATION, TAKEN, Row
from machines.models import LIVE_MEASURED, Machine, Measured, UsageSession
from members.models import User
from place.clock import Span, without

FAR = datetime(9999, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=14)
COUNTED = timedelta(days=8)  # how far back a person's bookings may count: this week's
ENDLESS = (*LIVE_MEASURED, Measured.DOWN)  # only a booking or an outage says when these end


def load_facts(
    machines: Sequence[Machine], window: Span, now: datetime, member: User | None = None
) -> dict[int, Facts]:
    """Return the facts of each machine over a window: one query, whoever asks."""
    ids = [machine.pk for machine in machines]
    parts = [
        statement.openings(window),
        statement.closures(window),
        statement.outages(ids, window),
        statement.taken(ids, _with_buffers(machines, window)),
    ]
    if member is not None:
        parts += [statement.booked(member.pk, now - COUNTED), statement.qualifications(member.pk)]
    rows = statement.read(parts)
    openings = tuple(Opening(_span(row), row.words) for row in rows[OPENING])
    closures = tuple(Halt(_span(row), row.words) for row in rows[CLOSURE])
    outages, taken = _by_owner(rows[OUTAGE]), _by_owner(rows[TAKEN])
    people = _people(rows, member)
    return {
        machine.pk: Facts(
            machine,
            openings,
            closures,
            tuple(Halt(_span(row), row.words) for row in outages[machine.pk]),
            tuple(Taken(row.pk, _span(row), row.words) for row in taken[machine.pk]),
            people(machine.category_id),
        )
        for machine in machines
    }


def _with_buffers(machines: Sequence[Machine], window: Span) -> Span:
    """Widen a window to what a booking in it would keep free around itself."""
    before = max((machine.buffer_before_minutes for machine in machines), default=0)
    after = max((machine.buffer_after_minutes for machine in machines), default=0)
    return Span(window.start - timedelta(minutes=before), window.end + timedelta(minutes=after))


def _span(row: Row) -> Span:
    return Span(row.start, row.end or FAR)


def _by_owner(rows: list[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.owner].append(row)
    return found


def _people(rows: dict[int, list[Row]], member: User | None) -> Callable[[int], Person | None]:
    """Return how each category sees the person, who may be nobody."""
    if member is None:
        return lambda _category: None
    booked = tuple(Booked(row.pk, row.words, row.owner, _span(row)) for row in rows[BOOKED])
    held = {row.owner: _qualification(row) for row in rows[QUALIFICATION]}
    return lambda category: Person(member.pk, member.birth_date, held.get(category), booked)


def _qualification(row: Row) -> HeldQualification:
    return HeldQualification(row.pk, row.end.date() if row.end else None, bool(row.words))


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
    """Compose the public state of machines: outage, measure, openings and bookings; one or two queries."""
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
