"""What the front desk sees: who is here, what waits, and one person's file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from booking.models import LIVE, Kind, Reservation, State
from booking.queries import reservations_between
from booking.services import can_be_finished
from desk.queries.account import Stamp, passport
from desk.queries.anomalies import ON_FIRST_SCREEN, Odd, waiting_anomalies
from desk.queries.presence import Unanswered, unanswered
from machines.models import Consumable
from machines.stock_queries import stock_alerts
from machines.upkeep_queries import Counted, waiting_work
from members.models import AccessCard, Guardian, JoinRequest, Membership, Message, PickUpPerson, Purpose, User
from members.queries import guardians_of, live_card, membership_on, standings, standings_of
from members.standing import Holds, Standing, must_be_fetched
from place.clock import day_span, today
from place.models import Visit
from workshops.models import Registration, WorkshopSession
from workshops.queries import sessions_between

SHOWN_MOST = 60


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who is here; `fetched` when they may not leave alone."""

    visit: Visit
    age: int | None
    fetched: bool
    home_alone: Standing


@dataclass(frozen=True, slots=True)
class Day:
    """The desk's first screen."""

    present: list[Present]
    to_confirm: list[Reservation]
    bookings: list[Reservation]
    finishable: frozenset[int]
    odds: list[Odd]
    without_papers: list[User]
    sessions: list[WorkshopSession]
    presences: list[Unanswered]
    calls: int
    requests: int
    work: list[Counted]
    short: list[Consumable]


def day_of(now: datetime) -> Day:
    """Return what the day is made of: a fixed number of queries."""
    span = day_span(today(now))
    bookings = list(reservations_between(span.start, span.end).filter(kind=Kind.MEMBER, state__in=LIVE)[:SHOWN_MOST])
    waiting = reservations_between(now, now + timedelta(days=400)).filter(state=State.TO_CONFIRM)
    return Day(
        present=present_now(now),
        to_confirm=list(waiting[:SHOWN_MOST]),
        bookings=bookings,
        finishable=_finishable(bookings, now),
        odds=waiting_anomalies(ON_FIRST_SCREEN),
        without_papers=_without_papers(bookings, today(now)),
        sessions=sessions_between(span.start, span.end),
        presences=unanswered(now),
        calls=Message.objects.filter(state=Message.State.WAITING, via=Message.Via.CALL).count(),
        requests=JoinRequest.objects.filter(state=JoinRequest.State.PENDING).count(),
        work=waiting_work(now, ON_FIRST_SCREEN),
        short=stock_alerts(ON_FIRST_SCREEN),
    )


def _finishable(bookings: Iterable[Reservation], now: datetime) -> frozenset[int]:
    """Return which bookings are under way and have some time left to give back."""
    return frozenset(booking.pk for booking in bookings if can_be_finished(booking, now))


def waiting_calls() -> list[Message]:
    """Return what waits to be said by telephone or at the desk, the oldest first: one query."""
    rows = Message.objects.filter(state=Message.State.WAITING, via=Message.Via.CALL)
    return list(rows.select_related("recipient", "guardian").order_by("created_at", "pk")[:SHOWN_MOST])


def waiting_requests() -> list[JoinRequest]:
    """Return who asked to join and has no answer, the oldest first: one query."""
    rows = JoinRequest.objects.filter(state=JoinRequest.State.PENDING)
    return list(rows.order_by("created_at", "pk")[:SHOWN_MOST])


def present_now(now: datetime) -> list[Present]:
    """Return who is here, the last to come first: three queries."""
    visits = list(Visit.objects.filter(left_at=None).select_related("person").order_by("-came_at", "-pk"))
    people = [visit.person for visit in visits if visit.person]
    stand, day = standings_of(people, today(now), [Purpose.HOME_ALONE]), today(now)
    return [_present(visit, visit.person, stand[visit.person.pk], day) for visit in visits if visit.person]


def _present(visit: Visit, person: User, stand: dict[Purpose, Standing], day: date) -> Present:
    home_alone = stand[Purpose.HOME_ALONE]
    return Present(visit, person.age_on(day), must_be_fetched(person.birth_date, day, home_alone), home_alone)


def _without_papers(bookings: Iterable[Reservation], day: date) -> list[User]:
    """Return the young people of the day whose parents have not agreed to the machines."""
    people = list({booking.member_id: booking.member for booking in bookings if booking.member}.values())
    stand = standings_of(people, day, [Purpose.MACHINES])
    return [person for person in people if not stand[person.pk][Purpose.MACHINES].allows]


@dataclass(frozen=True, slots=True)
class File:
    """What everybody at the desk sees of a person: no address, no quotient, no telephone."""

    person: User
    age: int | None
    visit: Visit | None
    papers: dict[Purpose, Standing]
    membership: Membership | None
    passport: list[Stamp]
    bookings: list[Reservation]
    finishable: frozenset[int]
    registrations: list[Registration]
    card: AccessCard | None

    @property
    def holds(self) -> list[tuple[Purpose, Standing]]:
        return [(purpose, stand) for purpose, stand in self.papers.items() if stand.holds != Holds.NOT_NEEDED]


def file_of(person: User, now: datetime) -> File:
    """Return a person's file: a fixed number of queries."""
    day = today(now)
    coming = reservations_between(now, now + timedelta(days=400), member=person).filter(state__in=LIVE)
    bookings = list(coming[:SHOWN_MOST])
    registered = Registration.objects.filter(member=person, session__ends_at__gt=now)
    return File(
        person=person,
        age=person.age_on(day),
        visit=Visit.objects.filter(person=person, left_at=None).first(),
        papers=standings(person, day),
        membership=membership_on(person, day),
        passport=passport(person),
        bookings=bookings,
        finishable=_finishable(bookings, now),
        registrations=list(
            registered.exclude(status=Registration.Status.CANCELLED)
            .select_related("session__workshop")
            .order_by("session__starts_at")[:SHOWN_MOST]
        ),
        card=live_card(person),
    )


@dataclass(frozen=True, slots=True)
class Family:
    """Who answers for a person and who may fetch them."""

    guardians: list[Guardian]
    pick_ups: list[PickUpPerson]
    people: list[User]


def family_of(person: User) -> Family:
    """Return the household of a person: three queries, or none without one."""
    if person.household_id is None:
        return Family([], [], [])
    return Family(
        guardians_of(person),
        list(PickUpPerson.objects.filter(household=person.household_id)),
        list(User.objects.filter(household=person.household_id, is_active=True).order_by("birth_date", "pk")),
    )


def may_fetch(family: Family) -> Sequence[str]:
    """Return the names of those with whom a child may leave."""
    return [*map(str, family.guardians), *map(str, family.pick_ups)]
