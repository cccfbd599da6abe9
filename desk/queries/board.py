"""What the wall board shows: plain frozen values, in nine queries however large the park."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from booking.facts import Facts
from booking.models import Kind, Reservation, State
from booking.queries import AHEAD, in_service, live_state, load_facts, reservations_between
from desk.queries.presence import unanswered
from machines.models import LIVE_MEASURED, Attribution, UsageSession
from machines.queries import contact_minutes, ends_about
from members.models import User
from place import clock
from place.clock import Span
from place.queries import PUBLIC_KINDS
from workshops.models import WorkshopSession
from workshops.queries import sessions_between

TAKING = {State.HELD, State.TO_CONFIRM, State.CONFIRMED, State.CHECKED_IN}


@dataclass(frozen=True, slots=True)
class Coming:
    """The next booking of today; `who` is empty for those who may not know."""

    starts_at: datetime
    kind: str
    who: str


@dataclass(frozen=True, slots=True)
class Tile:
    """A machine now; `who` and `job` are empty for those who may not know.

    `unconfirmed_minutes`: how long nobody has confirmed being there, None as long as that is not too long.
    """

    slug: str
    name: str
    process: str
    state: str
    kind: str
    who: str
    job: str
    busy_until: datetime | None
    unbooked_since: datetime | None
    unconfirmed_minutes: int | None
    progress: int | None
    ends_about: datetime | None
    reason: str
    down_since: datetime | None
    last_contact_at: datetime | None
    contact_minutes: int | None
    coming: Coming | None

    @property
    def at_work(self) -> bool:
        return self.state in LIVE_MEASURED


@dataclass(frozen=True, slots=True)
class Sitting:
    """A workshop session of today, without a person."""

    pk: int
    title: str
    starts_at: datetime
    ends_at: datetime
    places_left: int
    waiting: int
    state: str


@dataclass(frozen=True, slots=True)
class Board:
    """The whole screen, at a minute: what it says does not change between two minutes unless something happened."""

    at: datetime
    today: date
    tiles: tuple[Tile, ...]
    sittings: tuple[Sitting, ...]
    open_until: datetime | None
    opens_at: datetime | None

    @property
    def unwatched(self) -> str:
        """Return the names of the machines at which nobody has said to be; empty: all is well."""
        return ", ".join(tile.name for tile in self.tiles if tile.unconfirmed_minutes is not None)


def board(now: datetime, *, names: bool) -> Board:
    """Return the board; `names` adds first names and initials, and what jobs are called."""
    minute = now.replace(second=0, microsecond=0)
    machines = list(in_service())
    facts = load_facts(machines, Span(now, now + AHEAD), now)
    day = clock.day_span(clock.today(now))
    booked, uses, overdue = _booked(now, day), _open_uses(), _overdue(now)
    tiles = [
        _tile(
            facts[one.pk], booked.get(one.pk, []), uses.get(one.pk, []), overdue.get(one.pk), now, minute, names=names
        )
        for one in machines
    ]
    spans = next(iter(facts.values())).open_spans(PUBLIC_KINDS) if facts else []
    return Board(
        at=minute,
        today=clock.today(now),
        tiles=tuple(tiles),
        sittings=tuple(_sitting(row) for row in sessions_between(now, day.end)),
        open_until=next((span.end for span in spans if span.start <= now < span.end), None),
        opens_at=next((span.start for span in spans if span.start > now), None),
    )


def _booked(now: datetime, day: Span) -> dict[int, list[Reservation]]:
    """Return what is taken for the rest of today, in order: one query."""
    found: dict[int, list[Reservation]] = {}
    for row in reservations_between(now, day.end).filter(state__in=TAKING):
        found.setdefault(row.machine_id, []).append(row)
    return found


def _open_uses() -> dict[int, list[UsageSession]]:
    """Return the uses under way, the earliest first: one query."""
    found: dict[int, list[UsageSession]] = {}
    for row in UsageSession.objects.filter(ended_at=None).select_related("member").order_by("started_at", "pk"):
        found.setdefault(row.machine_id, []).append(row)
    return found


def _overdue(now: datetime) -> dict[int, int]:
    """Return for how many minutes nobody has said to be at a machine, where it is too long: one query."""
    return {one.machine: one.minutes for one in reversed(unanswered(now)) if one.overdue}


def _tile(
    facts: Facts, booked: Sequence[Reservation], uses: Sequence[UsageSession], overdue: int | None, now: datetime,
    minute: datetime, *, names: bool,
) -> Tile:  # fmt: skip
    machine, live = facts.machine, live_state(facts, now)
    current = next((row for row in booked if row.starts_at <= now), None)
    coming = next((row for row in booked if row.starts_at > now), None)
    contact = contact_minutes(machine, live.state, minute)
    stray = next((use for use in uses if use.attribution == Attribution.NONE), None)
    return Tile(
        slug=machine.slug,
        name=machine.name,
        process=machine.category.process,
        state=live.state,
        kind=current.kind if current else "",
        who=_who(current, uses) if names else "",
        job=next((use.job_name for use in uses), "") if names else "",
        busy_until=current.ends_at if current else None,
        unbooked_since=stray.started_at if stray else None,
        unconfirmed_minutes=overdue,
        progress=live.progress,
        ends_about=ends_about(machine, uses[0].started_at, live.progress, minute) if uses else None,
        reason=live.reason,
        down_since=live.since if live.reason else None,
        last_contact_at=machine.last_contact_at if contact is not None else None,
        contact_minutes=contact,
        coming=_coming(coming, names=names) if coming else None,
    )


def _who(current: Reservation | None, uses: Iterable[UsageSession]) -> str:
    """Return who is at the machine: whose job it is, else who booked it."""
    members: list[User | None] = [use.member for use in uses]
    members += [current.member] if current and current.kind == Kind.MEMBER else []
    return next((member.short_name for member in members if member), "")


def _coming(row: Reservation, *, names: bool) -> Coming:
    return Coming(row.starts_at, row.kind, row.member.short_name if names and row.member else "")


def _sitting(row: WorkshopSession) -> Sitting:
    return Sitting(
        pk=row.pk,
        title=row.workshop.title,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        places_left=row.places_left,
        waiting=row.waiting,
        state=row.state,
    )
