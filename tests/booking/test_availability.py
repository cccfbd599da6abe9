import itertools
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking.availability import Plan, alternatives, day_slots, on_grid
from booking.facts import Facts, Halt, Opening, Taken, Wish
from booking.models import State
from booking.services import reserve
from machines.models import Machine
from members.models import User
from place.clock import Span, day_span, local
from place.models import Closure, OpeningPeriod
from tests.booking.facts import facts, machine, taken, wish
from tests.factories.booking import WEDNESDAY, ReservationFactory, close_lab, open_lab, span, wall
from tests.factories.machines import CategoryFactory, MachineFactory, OutageFactory, PrinterFactory
from tests.factories.members import AdultFactory

NOW = wall(9)
NIGHTS = (WEDNESDAY, date(2027, 3, 28), date(2027, 10, 31))
TICK = timedelta(minutes=5)


def plan(some_facts: Facts, now=NOW, day: date = WEDNESDAY) -> Plan:
    return Plan(some_facts, day, 1, now)


def shown(some_facts: Facts, now=NOW) -> list[tuple[Span, list[str]]]:
    slots = plan(some_facts, now).slots(WEDNESDAY)
    return [(slot.span, [problem.code for problem in slot.problems]) for slot in slots]


def free(some_facts: Facts, now=NOW) -> list[Span]:
    return [piece for piece, codes in shown(some_facts, now) if not codes]


def hourly(**fields: object) -> Machine:
    return machine(slot_minutes=60, min_minutes=30, level_required=0, **fields)


# --- the slots of a day ---


def test_open_time_is_cut_into_usual_bookings() -> None:
    assert free(facts(machine=hourly())) == [span(14, 15), span(15, 16), span(16, 17), span(17, 18)]


def test_the_rest_of_an_opening_is_offered_when_long_enough() -> None:
    some = facts(machine=hourly(), openings=(Opening(span(14, 15.5), "open_lab"),))
    assert free(some) == [span(14, 15), span(15, 15.5)]


def test_taken_time_stands_between_free_slots() -> None:
    assert shown(facts(machine=hourly(), taken=(taken(15, 16),))) == [
        (span(14, 15), []),
        (span(15, 16), ["overlap"]),
        (span(16, 17), []),
        (span(17, 18), []),
    ]


def test_a_busy_stretch_is_not_blamed_for_its_own_length() -> None:
    some = facts(
        machine=hourly(buffer_after_minutes=15, max_minutes=120, weekly_quota_minutes=120),
        outages=(Halt(span(14, 17.75), "courroie"),),
    )
    assert shown(some) == [(span(14, 17.75), ["machine_down"])]


def test_buffers_keep_their_distance() -> None:
    some = facts(machine=hourly(buffer_before_minutes=30, buffer_after_minutes=30), taken=(taken(15, 16),))
    assert free(some) == [span(14, 14.5), span(16.5, 17.5), span(17.5, 18)]


def test_an_outage_takes_only_its_own_time() -> None:
    some = facts(machine=hourly(), outages=(Halt(span(14, 14.5), "buse"),))
    assert shown(some)[:2] == [(span(14, 14.5), ["machine_down"]), (span(14.5, 15.5), [])]


def test_a_closure_leaves_no_slot() -> None:
    some = facts(machine=hourly(), closures=(Halt(span(15, 17), "inventaire"),))
    assert [piece for piece, _codes in shown(some)] == [span(14, 15), span(17, 18)]


def test_what_is_over_is_not_shown() -> None:
    late = wall(15) + timedelta(minutes=10)
    assert free(facts(machine=hourly()), late) == [span(15.5, 16.5), span(16.5, 17.5), span(17.5, 18)]


def test_a_usual_booking_longer_than_allowed_is_shortened() -> None:
    some = facts(machine=machine(slot_minutes=240, min_minutes=60, max_minutes=120, level_required=0))
    assert free(some) == [span(14, 16), span(16, 18)]


def test_a_usual_booking_off_the_grid_is_brought_to_it() -> None:
    some = facts(machine=machine(slot_minutes=45, step_minutes=30, min_minutes=40, level_required=0))
    assert free(some)[0] == span(14, 15)


def test_somebody_unknown_sees_the_day_and_is_asked_to_sign_in() -> None:
    assert shown(facts(machine=hourly(), person=None))[0] == (span(14, 15), ["not_allowed"])


@pytest.mark.parametrize(
    ("hour", "step", "expected"),
    [(14, 30, 14), (14.25, 30, 14.5), (23.75, 60, 24), (14.5, 90, 15), (23.5, 100, 25 + 2 / 3)],
)
def test_the_grid_starts_at_local_midnight(hour: float, step: int, expected: float) -> None:
    assert on_grid(wall(hour), step) == wall(expected)


@pytest.mark.parametrize("night", NIGHTS)
@pytest.mark.parametrize("step", [15, 60, 90, 120])
def test_the_grid_holds_when_clocks_change(night: date, step: int) -> None:
    moment = day_span(night).start
    while moment < day_span(night).end:
        found = local(on_grid(moment, step))
        assert (found.hour * 60 + found.minute) % step == 0
        assert found >= moment
        moment += timedelta(minutes=25)


@pytest.mark.parametrize("night", NIGHTS[1:])
def test_slots_stay_bookable_after_clocks_have_changed(night: date) -> None:
    one = machine(step_minutes=90, slot_minutes=90, min_minutes=90, level_required=0)
    some = facts(machine=one, openings=(Opening(span(0, 9, night), "open_lab"),), person=None)
    found = plan(some, day_span(night).start, night).slots(night)
    assert {problem.code for slot in found for problem in slot.problems} == {"not_allowed"}
    assert found[-1].span == span(7.5, 9, night)


# --- against a slow oracle that counts five-minute ticks ---


@dataclass(frozen=True)
class World:
    """A random day of a random machine."""

    facts: Facts
    day: date
    now_tick: int

    @property
    def start(self):
        return day_span(self.day).start

    @property
    def now(self):
        return self.start + self.now_tick * TICK

    def ticks(self, one: Span) -> set[int]:
        return set(range(-(-(one.start - self.start) // TICK), (one.end - self.start) // TICK))

    def usable(self) -> set[int]:
        """Ticks that a booking may fill, buffers not counted."""
        accepted = {"open_lab"} | ({"workshop"} if self.facts.machine.accepts_workshop else set())
        ticks = set().union(*(self.ticks(one.span) for one in self.facts.openings if one.kind in accepted))
        for halt in self.facts.closures:
            ticks -= self.ticks(halt.span)
        kept = self.facts.machine.end_before_closing_minutes // 5
        ticks = {tick for tick in ticks if set(range(tick, tick + kept + 1)) <= ticks}
        for halt in self.facts.outages:
            ticks -= self.ticks(halt.span)
        return {tick for tick in ticks if tick >= self.now_tick}

    def bookable(self, first: int, last: int) -> bool:
        """Tell whether `[first, last)` is a legal booking, by counting."""
        one = self.facts.machine
        wall_start = local(self.start + first * TICK)
        on_the_grid = (wall_start.hour * 60 + wall_start.minute) % one.step_minutes == 0
        minutes = (last - first) * 5
        fits = minutes % one.step_minutes == 0 and one.min_minutes <= minutes <= one.max_minutes
        known_in_time = first >= self.now_tick + one.notice_minutes // 5
        if not (on_the_grid and fits and known_in_time):
            return False
        blocked = set(range(first - one.buffer_before_minutes // 5, last + one.buffer_after_minutes // 5))
        busy = set().union(*(self.ticks(taken.span) for taken in self.facts.taken))
        return set(range(first, last)) <= self.usable() and not blocked & busy


@st.composite
def worlds(draw: st.DrawFn) -> World:
    day = draw(st.sampled_from(NIGHTS))
    start, length = day_span(day).start, int(day_span(day).minutes // 5)

    def stretch(longest: int) -> Span:
        first = draw(st.integers(0, length - 6))
        return Span(start + first * TICK, start + min(length, first + draw(st.integers(2, longest))) * TICK)

    shortest = draw(st.sampled_from([15, 30, 45, 60]))
    one = machine(
        step_minutes=draw(st.sampled_from([15, 30, 60, 90])),
        slot_minutes=draw(st.sampled_from([20, 30, 60, 120])),
        min_minutes=shortest,
        max_minutes=shortest + draw(st.sampled_from([45, 90, 240])),
        buffer_before_minutes=draw(st.sampled_from([0, 0, 15])),
        buffer_after_minutes=draw(st.sampled_from([0, 0, 30])),
        accepts_workshop=draw(st.booleans()),
        end_before_closing_minutes=draw(st.sampled_from([0, 0, 15])),
        notice_minutes=draw(st.sampled_from([0, 0, 40])),
    )
    kinds = st.sampled_from(["open_lab", "open_lab", "workshop", "staff_only"])
    return World(
        Facts(
            one,
            tuple(Opening(stretch(90), draw(kinds)) for _ in range(draw(st.integers(1, 3)))),
            tuple(Halt(stretch(20), "fermé") for _ in range(draw(st.integers(0, 2)))),
            tuple(Halt(stretch(20), "panne") for _ in range(draw(st.integers(0, 2)))),
            tuple(Taken(70 + number, stretch(20)) for number in range(draw(st.integers(0, 3)))),
            None,
        ),
        day,
        draw(st.integers(0, length)),
    )


def slots_of(world: World) -> list[tuple[int, int, set[str]]]:
    slots = plan(world.facts, world.now, world.day).slots(world.day)
    edges = [((slot.span.start - world.start) // TICK, (slot.span.end - world.start) // TICK) for slot in slots]
    codes = [{problem.code for problem in slot.problems} - {"not_allowed"} for slot in slots]
    return [(first, last, found) for (first, last), found in zip(edges, codes, strict=True)]


@given(worlds())
def test_slots_are_ordered_and_disjoint_and_inside_the_open_time(world: World) -> None:
    slots = slots_of(world)
    assert all(one[1] <= two[0] for one, two in itertools.pairwise(slots))
    opened = set().union(*(world.ticks(one) for one in world.facts.accepted_openings()))
    assert all(set(range(first, last)) <= opened for first, last, _codes in slots)


@given(worlds())
def test_what_is_offered_is_legal_and_what_is_refused_is_not(world: World) -> None:
    for first, last, codes in slots_of(world):
        assert (codes == set()) == world.bookable(first, last)


@given(worlds())
def test_no_legal_booking_hides_outside_the_slots(world: World) -> None:
    covered = {tick for first, last, _codes in slots_of(world) for tick in range(first, last)}
    hidden = world.usable() - covered
    longest = world.facts.machine.max_minutes // 5
    for first in hidden:
        for last in range(first + 1, first + longest + 1):
            if set(range(first, last)) <= hidden:
                assert not world.bookable(first, last)


@given(world=worlds())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_offered_slot_is_accepted_by_the_service(db, world: World) -> None:
    with transaction.atomic():
        one, member = _stored(world), AdultFactory()
        for slot in day_slots(one, world.day, world.now, member):
            if slot.available:
                _book_and_give_back(one, slot.span, member, world)
        transaction.set_rollback(True)


def _book_and_give_back(one: Machine, piece: Span, member: User, world: World) -> None:
    """Neighbouring slots cannot all be taken when the machine keeps time free around bookings: one at a time."""
    made = reserve(actor=member, machine=one, starts_at=piece.start, ends_at=piece.end, now=world.now)
    assert made.state == State.CONFIRMED
    made.delete()


def _stored(world: World) -> Machine:
    one = world.facts.machine
    one.pk, one.category, one.level_required = None, CategoryFactory(), 0
    one.weekly_quota_minutes, one.max_upcoming = 30000, 500
    one.save()
    for opening in world.facts.openings:
        OpeningPeriod.objects.create(starts_at=opening.span.start, ends_at=opening.span.end, kind=opening.kind)
    for closure in world.facts.closures:
        Closure.objects.create(starts_at=closure.span.start, ends_at=closure.span.end, reason="fermé")
    for halt in world.facts.outages:
        OutageFactory(machine=one, starts_at=halt.span.start, ends_at=halt.span.end)
    for busy in world.facts.taken[:1]:
        moments = {"starts_at": busy.span.start, "ends_at": busy.span.end}
        ReservationFactory(machine=one, **moments, blocked_from=busy.span.start, blocked_until=busy.span.end)
    return one


# --- on the database ---


def test_the_slots_of_a_day_take_one_query(db, django_assert_num_queries) -> None:
    one, member = PrinterFactory(), AdultFactory()
    open_lab()
    for hour in (14, 15, 16):
        ReservationFactory(machine=one, starts_at=wall(hour))
    with django_assert_num_queries(1):
        slots = day_slots(one, WEDNESDAY, wall(9), member)
    assert len(slots) == 2  # what is taken, joined, and the last hour


def test_days_with_something_free_are_told_apart(db) -> None:
    one = MachineFactory()
    open_lab()
    open_lab(day=WEDNESDAY + timedelta(days=2))
    close_lab(0, 24, day=WEDNESDAY + timedelta(days=2))
    strip = Plan.load(one, WEDNESDAY, 4, wall(9), None)
    assert list(strip.free_days().values()) == [True, False, False, False]
    assert strip.first_free_day() == WEDNESDAY


def test_the_first_day_is_shown_when_nothing_is_free(db) -> None:
    assert Plan.load(MachineFactory(), WEDNESDAY, 3, wall(9), None).first_free_day() == WEDNESDAY


def test_the_first_open_day_is_shown_when_nobody_may_take_anything(db) -> None:
    one = PrinterFactory()
    open_lab(day=WEDNESDAY + timedelta(days=1))
    assert Plan.load(one, WEDNESDAY, 4, wall(9), AdultFactory()).first_free_day() == WEDNESDAY + timedelta(days=1)


def test_a_booking_being_moved_leaves_its_time_free_in_the_list(db) -> None:
    mine = ReservationFactory()
    ReservationFactory(machine=mine.machine, starts_at=wall(15))
    open_lab()
    plan_of_move = Plan.load(mine.machine, WEDNESDAY, 1, wall(9), mine.member, ignore=mine.pk)
    found = [(slot.span, [problem.code for problem in slot.problems]) for slot in plan_of_move.slots(WEDNESDAY)]
    assert found == [(span(14, 15), []), (span(15, 16), ["overlap"]), (span(16, 17), []), (span(17, 18), [])]


def test_lengths_grow_by_steps_until_something_stands_in_the_way(db) -> None:
    one, member = MachineFactory(), AdultFactory()
    open_lab()
    ReservationFactory(machine=one, starts_at=wall(16))
    ends = [piece.end for piece in Plan.load(one, WEDNESDAY, 2, wall(9), member).lengths(wall(14))]
    assert ends == [wall(14.5), wall(15), wall(15.5), wall(16)]


def test_alternatives_are_the_three_nearest_of_the_same_length(db) -> None:
    one, member = MachineFactory(), AdultFactory()
    open_lab()
    ReservationFactory(machine=one, starts_at=wall(15))
    found = alternatives(one, wish(15, 16), wall(9), member)
    assert [other.span for other in found] == [span(14, 15), span(16, 17), span(16.5, 17.5)]


def test_alternatives_include_machines_of_the_same_family_only(db) -> None:
    one, member = MachineFactory(), AdultFactory()
    twin, _stranger = MachineFactory(category=one.category), MachineFactory()
    MachineFactory(category=one.category, in_service=False)
    open_lab()
    ReservationFactory(machine=one, starts_at=wall(14), ends_at=wall(18), blocked_from=wall(14), blocked_until=wall(18))
    found = alternatives(one, wish(15, 16), wall(9), member)
    assert {other.machine for other in found} == {twin.slug}
    assert found[0].span == span(15, 16)


def test_alternatives_suit_the_person_and_can_be_booked(db) -> None:
    one, member = MachineFactory(), AdultFactory()
    open_lab()
    ReservationFactory(machine=one, starts_at=wall(15))
    ReservationFactory(member=member, starts_at=wall(16))
    found = alternatives(one, wish(15, 16), wall(9), member)
    assert [other.span for other in found] == [span(14, 15), span(17, 18)]
    for other in found:
        reserve(actor=member, machine=one, starts_at=other.span.start, ends_at=other.span.end, now=wall(9))


def test_alternatives_reach_two_weeks_and_no_further(db) -> None:
    one = MachineFactory()
    open_lab(day=WEDNESDAY + timedelta(days=13))
    open_lab(day=WEDNESDAY + timedelta(days=15))
    found = alternatives(one, wish(14, 15), wall(9), None, limit=99)
    assert {local(other.span.start).date() for other in found} == {WEDNESDAY + timedelta(days=13)}


def test_alternatives_take_the_same_number_of_queries_for_one_machine_and_many(db, django_assert_num_queries) -> None:
    one, member = MachineFactory(), AdultFactory()
    MachineFactory.create_batch(5, category=one.category)
    open_lab()
    with django_assert_num_queries(2):
        assert len(alternatives(one, wish(14, 15), wall(9), member)) == 3


def test_a_wish_of_an_impossible_length_gets_possible_alternatives(db) -> None:
    one = MachineFactory(max_minutes=120)
    open_lab()
    found = alternatives(one, Wish(span(14, 18)), wall(9), None)
    assert {other.span.minutes for other in found} == {120}
