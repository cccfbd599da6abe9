"""Invented bookings and the openings they need. Times are local wall-clock times of the lab."""

from datetime import date, datetime, time, timedelta
from typing import Any

import factory
from django.utils import timezone

from booking.group_models import Agreement, BookingSeries
from booking.ledger_models import Anomaly, AnomalyKind
from booking.models import Kind, Reservation, State
from machines.models import UsageSession
from members.models import Partner
from place.clock import Span, at
from place.models import Closure, OpeningKind, OpeningPeriod
from tests.factories.machines import MachineFactory
from tests.factories.members import MemberFactory

WEDNESDAY = date(2026, 11, 25)


def wall(hour: float, day: date = WEDNESDAY) -> datetime:
    """Return the moment of a local hour: 14.5 is half past two. Hour 24 is the next midnight."""
    day, hour = day + timedelta(days=int(hour // 24)), hour % 24
    return at(day, time(int(hour), round(hour % 1 * 60)))


def span(start: float, end: float, day: date = WEDNESDAY) -> Span:
    return Span(wall(start, day), wall(end, day))


def open_lab(
    start: float = 14, end: float = 18, day: date = WEDNESDAY, kind: str = OpeningKind.OPEN_LAB
) -> OpeningPeriod:
    """Open the lab on a day between two local hours."""
    return OpeningPeriod.objects.create(starts_at=wall(start, day), ends_at=wall(end, day), kind=kind, label="Open lab")


def close_lab(start: float, end: float, day: date = WEDNESDAY, reason: str = "inventaire") -> Closure:
    return Closure.objects.create(starts_at=wall(start, day), ends_at=wall(end, day), reason=reason)


class ReservationFactory(factory.django.DjangoModelFactory):
    """A confirmed booking of an hour on Wednesday 25 November 2026 at 14 h, without buffers unless told."""

    class Meta:
        model = Reservation

    machine = factory.SubFactory(MachineFactory)
    member = factory.SubFactory(MemberFactory)
    kind = Kind.MEMBER
    state = State.CONFIRMED
    starts_at = factory.LazyFunction(lambda: wall(14))
    ends_at = factory.LazyAttribute(lambda row: row.starts_at + timedelta(hours=1))
    blocked_from = factory.LazyAttribute(
        lambda row: row.starts_at - timedelta(minutes=row.machine.buffer_before_minutes)
    )
    blocked_until = factory.LazyAttribute(lambda row: row.ends_at + timedelta(minutes=row.machine.buffer_after_minutes))
    created_by = factory.SelfAttribute("member")


def anomaly_of(use: UsageSession, kind: str = AnomalyKind.UNBOOKED, **fields: Any) -> Anomaly:
    """Return something odd about a use, waiting for an answer unless told."""
    return Anomaly.objects.create(kind=kind, machine=use.machine, usage_session=use, **fields)


class PartnerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Partner

    name = factory.Sequence(lambda number: f"Club {number}")


class AgreementFactory(factory.django.DjangoModelFactory):
    """Two machines and eight people every day from 14 to 18 h, for a year."""

    class Meta:
        model = Agreement
        skip_postgeneration_save = True

    partner = factory.SubFactory(PartnerFactory)
    title = "2026–27"
    first_day = factory.LazyFunction(lambda: timezone.localdate() - timedelta(days=60))
    last_day = factory.LazyFunction(lambda: timezone.localdate() + timedelta(days=300))

    @factory.post_generation
    def times(self, create: bool, extracted: object, **_kwargs: object) -> None:
        for weekday in range(7):
            self.slots.create(weekday=weekday, starts=time(14), ends=time(18))


class SeriesFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = BookingSeries

    title = "Club couture"
    first_day = factory.LazyFunction(timezone.localdate)
    last_day = factory.LazyAttribute(lambda row: row.first_day + timedelta(days=60))
