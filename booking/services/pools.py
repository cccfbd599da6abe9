"""A booking finds its machine: the one it names, or any of its kind; those that named none give way to it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from booking import queries
from booking.facts import Facts, Wish
from booking.models import SETTLED, Reservation, State
from booking.pooling import Placing, around, arranged, empty, find_place
from booking.problems import Problem, Refused
from booking.queries import load_facts
from booking.services.judging import NOTHING_WAIVED, Judged, Waiver, judge, judged, near
from booking.services.rows import free_parts, save
from machines.models import Machine
from members.models import User
from place.clock import Span


def settle(
    wish: Wish, machine: Machine, member: User | None, waiver: Waiver, now: datetime, *, anywhere: bool
) -> tuple[Machine, Judged]:
    """Return the machine a wish goes on and how it was judged; bookings that make room for it have moved.

    Only under the locks of `rows.lock`. Raises Refused with what stands in the way.
    """
    if machine.pool_id is None:
        return machine, judge(wish, machine, member, waiver, now)
    facts, placing = _placing(wish, machine, member, waiver, now, anywhere)
    if placing.machine is None:
        raise Refused(placing.problems)
    _make_room(placing.moves, wish, facts)
    chosen = facts[placing.machine]
    return chosen.machine, judged(wish, empty(chosen), waiver, now)


def foreseen(
    wishes: Sequence[Wish],
    machine: Machine,
    member: User,
    now: datetime,
    *,
    anywhere: bool,
    waiver: Waiver = NOTHING_WAIVED,
) -> list[Sequence[Problem]]:
    """Return for each wish what `settle` would refuse now, each as if it were made alone; nothing is written.

    However many wishes: one query, two for a machine that has others of its kind.
    """
    spans = [near(wish.span) for wish in wishes]
    whole = Span(min(span.start for span in spans), max(span.end for span in spans))
    facts, window = _facts_of_kind(machine, whole, now, member)
    candidates = list(facts) if anywhere else [machine.pk]
    return [find_place(wish, facts, candidates, window, now, waiver.codes).problems for wish in wishes]


def make_way(machine: Machine, span: Span, now: datetime) -> None:
    """Move bookings that named no machine out of the way of a workshop or of maintenance, as far as that helps."""
    if machine.pool_id is None:
        return
    facts, window = _facts_of_kind(machine, span, now, None)
    found = arranged(Wish(span), facts, [machine.pk], window, now)
    _make_room(found.moves if found else {}, Wish(span), facts)


def find_another(reservation: Reservation, now: datetime) -> bool:
    """Put a booking that named no machine on one that works; tell whether there is one."""
    if not reservation.floating or reservation.starts_at <= now + SETTLED:
        return False
    wish = Wish(Span(reservation.starts_at, reservation.ends_at), reservation.accompanied, ignore=reservation.pk)
    facts, window = _facts_of_kind(reservation.machine, wish.span, now, None)
    found = find_place(wish, facts, list(facts), window, now)
    if found.machine is None:
        return False
    _make_room(found.moves, wish, facts)
    reservation.machine, reservation.sequence = facts[found.machine].machine, reservation.sequence + 1
    save(reservation)
    return True


def _placing(
    wish: Wish, machine: Machine, member: User | None, waiver: Waiver, now: datetime, anywhere: bool
) -> tuple[dict[int, Facts], Placing]:
    facts, window = _facts_of_kind(machine, near(wish.span), now, member)
    candidates = list(facts) if anywhere else [machine.pk]
    return facts, find_place(wish, facts, candidates, window, now, waiver.codes)


def _facts_of_kind(machine: Machine, span: Span, now: datetime, member: User | None) -> tuple[dict[int, Facts], Span]:
    """Read the machines of a kind around a time: two queries."""
    window = around(span)
    return load_facts(queries.of_kind(machine), window, now, member), window


def _make_room(moves: Mapping[int, int], wish: Wish, facts: Mapping[int, Facts]) -> None:
    """Lift everybody who moves, then set them down: two may change places. The wish itself is written by its maker."""
    if not moves:
        return
    lifted = {*moves, *([wish.ignore] if wish.ignore else [])}
    rows = list(Reservation.objects.select_for_update(no_key=True).filter(pk__in=moves).order_by("pk"))
    Reservation.objects.filter(pk__in=lifted).update(state=State.CANCELLED)
    free_parts(lifted)
    for row in rows:
        row.machine, row.sequence = facts[moves[row.pk]].machine, row.sequence + 1
        save(row)
