"""Reading planned machine time. One loader of facts serves one machine-day and the whole park alike."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

from django.conf import settings
from django.db.models import Q, QuerySet

from booking import statement
from booking.facts import (
    Booked,
    Duty,
    Facts,
    Halt,
    HeldQualification,
    Material,
    Opening,
    PaperLine,
    Person,
    Season,
    Taken,
    Terms,
    Trial,
)
from booking.group_models import Agreement
from booking.models import LIVE, Kind, Reservation, WaitingEntry
from booking.statement import (
    BOOKED,
    CLOSURE,
    DUTY,
    DUTY_LEVEL,
    HOUSEHOLD,
    MATERIAL,
    MINOR,
    NO_SHOW,
    OPENING,
    OUTAGE,
    PAPER,
    QUALIFICATION,
    SEASON,
    TAKEN,
    TRIAL,
    WAIVER,
    Part,
    Row,
)
from machines.models import LIVE_MEASURED, Declared, Machine, MachineMaterial, Measured, Supervision, UsageSession
from members.models import User
from members.standing import is_under, years_before
from place.clock import Span, day_span, local, without

FAR = datetime(9999, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=14)
COUNTED = timedelta(days=8)  # how far back a person's bookings count at least: this week's
IN_SERVICE = Q(in_service=True, bookable=True)
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
        *_parts_of_ties(machines, window),
        *_parts_of_materials(machines),
    ]
    parts += _parts_of(member, machines, window, now)
    parts += _parts_of_youth(member, machines, window, now) + _parts_of_team(member, machines, window, now)
    rows = statement.read(parts)
    openings = tuple(Opening(_span(row), row.words) for row in rows[OPENING])
    closures = tuple(Halt(_span(row), row.words) for row in rows[CLOSURE])
    outages, taken, materials = _by_owner(rows[OUTAGE]), _by_owner(rows[TAKEN]), _by_owner(rows[MATERIAL])
    minors = _booked(rows[MINOR])
    people, duties = _people(rows, member), _duties(rows)
    return {
        machine.pk: Facts(
            machine,
            openings,
            closures,
            tuple(Halt(_span(row), row.words) for row in outages[machine.pk]),
            tuple(Taken(row.pk, _span(row), row.words, bool(row.slug)) for row in taken[machine.pk]),
            people(machine.category_id),
            duties,
            tuple(_material(row) for row in materials[machine.pk]),
            minors,
        )
        for machine in machines
    }


def _parts_of_ties(machines: Sequence[Machine], window: Span) -> list[Part]:
    tied = [machine.pk for machine in machines if machine.tied]
    if not tied:
        return []
    return [statement.taken_along(tied, _with_buffers(machines, window)), statement.outages_beside(tied, window)]


def _parts_of_materials(machines: Sequence[Machine]) -> list[Part]:
    asked = [machine.pk for machine in machines if machine.material_declared != Declared.NEVER]
    return [statement.materials(asked)] if asked else []


def _parts_of(member: User | None, machines: Sequence[Machine], window: Span, now: datetime) -> list[Part]:
    """Return what is read of a person: nothing that no rule of these machines asks for."""
    if member is None:
        return []
    counted = max(COUNTED, timedelta(days=max((machine.rolling_days for machine in machines), default=0)))
    absent = max((machine.no_show_days for machine in machines if machine.no_shows_allowed), default=0)
    parts = [statement.booked(member.pk, now - counted), statement.seasons(member.pk), statement.trials(member.pk)]
    parts += [statement.no_shows(member.pk, now - timedelta(days=absent))] if absent else []
    if any(machine.level_required for machine in machines):
        parts += [statement.qualifications(member.pk), statement.waivers(member.pk)]
    if member.household_id and any(machine.household_weekly_minutes for machine in machines):
        parts += [statement.household(member.pk, member.household_id, now - counted)]
    return [*parts, statement.papers(member.pk)] if _is_young(member, now) else parts


def _parts_of_youth(member: User | None, machines: Sequence[Machine], window: Span, now: datetime) -> list[Part]:
    """Return what is read of others under age, where they are counted: beside somebody as young, or for anybody."""
    counted = any(machine.minors_per_adult for machine in machines)
    if not counted or (member is not None and not _is_young(member, now)):
        return []
    return [statement.minors(member.pk if member else 0, window, _grown_up_since(window))]


def _parts_of_team(member: User | None, machines: Sequence[Machine], window: Span, now: datetime) -> list[Part]:
    """Return what is read of the duty roster: nothing for machines that need nobody for this person.

    Without a person all is read: many people's bookings are judged by it.
    """
    spared = {Supervision.NONE} if member is None or _is_young(member, now) else {Supervision.NONE, Supervision.YOUNG}
    if all(machine.supervision in spared for machine in machines):
        return []
    parts = [statement.duties(window, _grown_up_since(window))]
    return [*parts, statement.duty_levels(window)] if any(machine.supervisor_level for machine in machines) else parts


def _is_young(member: User, now: datetime) -> bool:
    return is_under(settings.MAJORITY_AGE, member.birth_date, local(now).date())


def _grown_up_since(window: Span) -> date:
    """Return the last birth date of who is of age when a window begins."""
    return years_before(settings.MAJORITY_AGE, local(window.start).date())


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
    held = {row.owner: _qualification(row) for row in rows[QUALIFICATION]}
    person = Person(
        member.pk,
        member.birth_date,
        booked=_booked(rows[BOOKED]),
        household=_booked(rows[HOUSEHOLD]),
        seasons=tuple(Season(row.start.date(), row.end.date()) for row in rows[SEASON] if row.end),
        trials=tuple(Trial(row.owner, local(row.start).date()) for row in rows[TRIAL]),
        no_shows=tuple(row.start for row in rows[NO_SHOW]),
        papers=tuple(_paper(row) for row in sorted(rows[PAPER], key=lambda row: (row.start, row.pk))),
    )
    waived: dict[int, set[date]] = defaultdict(set)
    for row in rows[WAIVER]:
        waived[row.owner].add(row.start.date())

    @cache
    def seen(category: int) -> Person:
        return replace(person, qualification=held.get(category), waived_days=frozenset(waived.get(category, ())))

    return seen


def _booked(rows: list[Row]) -> tuple[Booked, ...]:
    return tuple(Booked(row.pk, row.words, row.owner, _span(row)) for row in rows)


def _material(row: Row) -> Material:
    name, _newline, note = row.slug.partition("\n")
    return Material(name, row.words, note)


def _paper(row: Row) -> PaperLine:
    return PaperLine(row.words, row.slug, row.owner or None, row.start.date(), row.end.date() if row.end else None)


def _duties(rows: dict[int, list[Row]]) -> tuple[Duty, ...]:
    levels: dict[int, list[tuple[int, HeldQualification]]] = defaultdict(list)
    for row in rows[DUTY_LEVEL]:
        levels[int(row.slug)].append((row.owner, _qualification(row)))
    return tuple(Duty(_span(row), tuple(levels[row.owner])) for row in rows[DUTY])


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
    reason: str = ""
    """Why it is out of order, where somebody has said so."""


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
        reason=outage.reason if outage else "",
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
    return Machine.objects.filter(IN_SERVICE).select_related("category")


def its_like(machine: Machine) -> list[Machine]:
    """Return the machines in service of the same category, in no order; their category is known."""
    return list(machine.category.machines.filter(IN_SERVICE).order_by())


def materials_of(machine: Machine) -> list[MachineMaterial]:
    """Return what people may say they bring, where they are asked."""
    return list(machine.materials.all()) if machine.material_declared != Declared.NEVER else []


def terms_of(agreement: Agreement) -> Terms:
    """Return what was agreed with a partner, and what its group holds: three queries."""
    held = agreement.reservations.filter(state__in=LIVE).values_list("pk", "machine__category", "starts_at", "ends_at")
    return Terms(
        agreement.title,
        agreement.first_day,
        agreement.last_day,
        tuple((slot.weekday, slot.starts, slot.ends) for slot in agreement.slots.all()),
        frozenset(agreement.machines.values_list("pk", flat=True)),
        agreement.most_machines,
        agreement.most_people,
        agreement.weekly_minutes,
        tuple(Booked(pk, "", category, Span(start, end)) for pk, category, start, end in held),
    )


def of_kind(machine: Machine) -> list[Machine]:
    """Return a machine, first, and those in service of the same kind."""
    alike = in_service().filter(pool=machine.pool_id) if machine.pool_id else []
    return [machine, *(one for one in alike if one.pk != machine.pk)]


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
    rows = Reservation.objects.filter(member=member).select_related("machine__pool")
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


def minutes_this_month(members: Sequence[int], category: int, moment: datetime) -> dict[int, int]:
    """Return how long each person holds or has used these machines in the month of a moment: one query."""
    first = local(moment).date().replace(day=1)
    month = Span(day_span(first).start, day_span((first + timedelta(days=32)).replace(day=1)).start)
    rows = Reservation.objects.filter(member__in=members, machine__category=category, state__in=LIVE)
    rows = rows.filter(kind=Kind.MEMBER, starts_at__gte=month.start, starts_at__lt=month.end)
    had: dict[int, int] = defaultdict(int)
    for member, start, end in rows.values_list("member", "starts_at", "ends_at"):
        had[member] += int(Span(start, end).minutes)
    return had


def waiting_of(member: User) -> list[WaitingEntry]:
    """Return the times somebody waits for, and those kept for them, the soonest first."""
    states = (WaitingEntry.State.WAITING, WaitingEntry.State.OFFERED)
    rows = WaitingEntry.objects.filter(member=member, state__in=states).select_related("machine", "hold")
    return list(rows.order_by("starts_at", "pk"))
