"""Bookings that repeat: looked at date by date, then made all at once; given back one by one or all together."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from booking import notifications, rules
from booking.facts import Wish
from booking.group_models import BookingSeries
from booking.models import UPCOMING, Reservation
from booking.problems import Problem, Refused
from booking.queries import terms_of
from booking.rules.repeats import repeated
from booking.services.judging import Waiver
from booking.services.pools import foreseen
from booking.services.reserving import Group, Order, give_back, may_book, write
from booking.services.rows import may_change
from booking.services.waiting import offer_freed
from machines.models import Machine
from members.models import Channel, User
from members.services import record
from place.clock import Span, local, period_text

# What a row of dates cannot but reach, set aside for it by the team, with what it is for as the reason.
OF_A_ROW = ("too_early", "quota_reached")


@dataclass(frozen=True, slots=True)
class Row:
    """What repeats: a machine, or any of its kind, for whom, from the first time until a day."""

    machine: Machine
    member: User
    first: Span
    every_weeks: int
    last_day: date
    group: Group
    any_of_kind: bool = False

    @property
    def dates(self) -> list[Span]:
        return repeated(self.first, self.every_weeks, self.last_day)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One date, and what stands in its way."""

    span: Span
    problems: Sequence[Problem]

    @property
    def day(self) -> date:
        return local(self.span.start).date()


def foresee_series(*, actor: User, row: Row, now: datetime) -> list[Foreseen]:
    """Judge each date as if it were booked alone: a fixed number of queries. Raises PermissionDenied."""
    _may_repeat(actor, row)
    terms = terms_of(row.group.agreement) if row.group.agreement else None
    wishes = [Wish(span, declared=True, people=row.group.people, terms=terms) for span in row.dates]
    found = foreseen(wishes, row.machine, row.member, now, anywhere=row.any_of_kind, waiver=_waiver(actor, row))
    return [Foreseen(wish.span, problems) for wish, problems in zip(wishes, found, strict=True)]


@transaction.atomic
def reserve_series(
    *,
    actor: User,
    row: Row,
    skip: Collection[date] = (),
    channel: str = Channel.ONLINE,
    now: datetime | None = None,
) -> BookingSeries:
    """Book every date but those to skip, all or none, and tell the holder once.

    Raises Refused, each problem naming its date; PermissionDenied.
    """
    now = now or timezone.now()
    _may_repeat(actor, row)
    wanted = [span for span in row.dates if local(span.start).date() not in set(skip)]
    if not wanted:
        raise Refused([rules.not_allowed(_("No date is left."))])
    series = BookingSeries.objects.create(
        title=row.group.title, every_weeks=row.every_weeks, first_day=local(wanted[0].start).date(),
        last_day=local(wanted[-1].start).date(), created_by=actor, created_at=now,
    )  # fmt: skip
    made = _write_all(actor, row, wanted, replace(row.group, series=series), channel, now)
    record(actor=actor, action="series.made", subject=f"series:{series.pk}", detail={"bookings": len(made)})
    notifications.series_booked(made)
    return series


def _write_all(
    actor: User, row: Row, wanted: Sequence[Span], group: Group, channel: str, now: datetime
) -> list[Reservation]:
    waiver, floating = _waiver(actor, row), row.any_of_kind and row.machine.pool_id is not None
    made, problems = list[Reservation](), list[Problem]()
    for span in wanted:
        wish = Wish(span, declared=True, people=group.people)
        try:
            with transaction.atomic():
                made.append(write(Order(actor, row.member, row.machine, wish, channel, waiver, floating, group), now))
        except Refused as refused:
            problems += [_dated(problem, span) for problem in refused.problems]
    if problems:
        raise Refused(problems)
    return made


def _dated(problem: Problem, span: Span) -> Problem:
    return replace(problem, message=f"{period_text(span.start, span.end)}: {problem.message}")


def _may_repeat(actor: User, row: Row) -> None:
    """The team, and who acts for a partner under its agreement: a row of dates is no right of a single member."""
    if row.group.agreement is None and not actor.has_perm("booking.book_for_others"):
        raise PermissionDenied(_("Ask the team for bookings that repeat."))
    may_book(actor, row.member, row.group.agreement)


def _waiver(actor: User, row: Row) -> Waiver:
    mine = [code for code in OF_A_ROW if actor.has_perm(rules.WAIVABLE[code])]
    return Waiver(tuple(mine), row.group.title) if mine and row.group.agreement is None else Waiver()


def cancel_series(
    *, actor: User, series: BookingSeries, reason: str = "", now: datetime | None = None
) -> list[Reservation]:
    """Give back what is still to come of a row and not past its deadline; its holder is told once.

    Raises PermissionDenied.
    """
    now = now or timezone.now()
    freed = _cancel_all(actor, series, reason, now)
    for machine in {row.machine for row in freed}:
        offer_freed(machine, now)
    return freed


@transaction.atomic
def _cancel_all(actor: User, series: BookingSeries, reason: str, now: datetime) -> list[Reservation]:
    coming = series.reservations.filter(state__in=UPCOMING, starts_at__gt=now).select_related(
        "machine", "member", "agreement__partner"
    )
    freed = []
    for row in coming.order_by("machine", "starts_at", "pk"):
        may_change(actor, row)
        try:
            with transaction.atomic():
                freed.append(give_back(actor, row, reason, now))
        except Refused:  # past its deadline: it stands
            continue
    if freed and freed[0].member_id != actor.pk:
        notifications.series_cancelled(freed, reason)
    return freed
