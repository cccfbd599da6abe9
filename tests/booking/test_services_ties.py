"""Rooms, benches and what machines share: whoever takes one takes what goes along, and gives all of it back."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from booking.feed import feed
from booking.models import LIVE, Kind, Reservation, State
from booking.queries import load_facts
from booking.services import arrive, block_machines, cancel, move, record_no_shows, release, take_offer, wait
from booking.services.forgetting import give_back
from machines.models import Machine, MachineTie
from machines.services.park import declare_outage, end_outage, save_machine, tie_together
from place.clock import Span
from tests.booking.acts import refused, take
from tests.factories.booking import ReservationFactory, wall
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "opened")]


class Lab:
    """A room with two lasers that share an extraction, and a plotter outside."""

    def __init__(self) -> None:
        self.room, self.plotter = MachineFactory(name="Salle"), MachineFactory(name="Plotter")
        self.extraction = MachineFactory(name="Extraction", bookable=False)
        self.one, self.two = MachineFactory.create_batch(2, inside=self.room)
        self.one.needs.add(self.extraction)
        self.two.needs.add(self.extraction)
        tie_together()
        for machine in (self.room, self.one, self.two):
            machine.refresh_from_db()


@pytest.fixture
def lab() -> Lab:
    return Lab()


def taken_names() -> set[str]:
    return set(Reservation.rows.filter(state__in=LIVE).values_list("machine__name", flat=True))


def test_two_machines_that_share_something_are_never_used_at_once(lab: Lab) -> None:
    take(lab.one, AdultFactory())
    assert refused(take, lab.two, AdultFactory()).codes == ["overlap"]
    assert take(lab.two, AdultFactory(), 15, 16).state == State.CONFIRMED


def test_a_room_takes_all_that_is_in_it_and_waits_for_all_of_it(lab: Lab) -> None:
    booking = take(lab.two, AdultFactory())
    assert refused(take, lab.room, AdultFactory(), 14, 15).codes == ["overlap"]
    cancel(actor=booking.member, reservation=booking)
    take(lab.room, AdultFactory())
    for machine in (lab.one, lab.two):
        assert refused(take, machine, AdultFactory()).codes == ["overlap"]
    assert take(lab.plotter, AdultFactory()).state == State.CONFIRMED


def test_what_goes_along_is_no_booking_of_its_own(lab: Lab) -> None:
    member = AdultFactory()
    take(lab.room, member)
    assert Reservation.objects.count() == 1
    assert Reservation.rows.count() == 4
    assert Reservation.rows.filter(member=member).count() == 1


def test_a_move_takes_everything_along_and_a_refused_one_leaves_everything(lab: Lab) -> None:
    member, other = AdultFactory(), AdultFactory()
    booking = take(lab.one, member)
    take(lab.two, other, 16, 17)
    assert refused(move, actor=member, reservation=booking, starts_at=wall(16), ends_at=wall(17)).codes == ["overlap"]
    assert set(Reservation.rows.filter(part_of=booking).values_list("starts_at", flat=True)) == {wall(14)}
    move(actor=member, reservation=booking, starts_at=wall(17), ends_at=wall(18))
    assert set(Reservation.rows.filter(part_of=booking).values_list("starts_at", flat=True)) == {wall(17)}
    assert take(lab.two, AdultFactory()).state == State.CONFIRMED


def test_an_absence_frees_all_of_it_and_who_comes_late_has_it_again_or_not_at_all(lab: Lab) -> None:
    Machine.objects.update(no_show_minutes=15)
    lab.one.refresh_from_db()
    missed = ReservationFactory(machine=lab.one)
    take(lab.two, AdultFactory(), 17, 18)
    assert record_no_shows(wall(14.25)) == 1
    assert taken_names() == {lab.two.name, "Extraction"}
    arrive(actor=missed.member, reservation=missed, now=wall(14.3))
    assert Reservation.rows.filter(part_of=missed, state__in=LIVE).count() == 1
    assert refused(take, lab.two, AdultFactory(), 14.5, 15).codes == ["overlap"]


def test_who_comes_late_finds_what_is_shared_taken(lab: Lab) -> None:
    missed = ReservationFactory(machine=lab.one, state=State.NO_SHOW)
    take(lab.two, AdultFactory())
    assert refused(arrive, actor=missed.member, reservation=missed, now=wall(14.3)).codes == ["not_allowed"]
    missed.refresh_from_db()
    assert missed.state == State.NO_SHOW


def test_a_held_place_holds_what_goes_along(lab: Lab) -> None:
    first, waiting = take(lab.one, AdultFactory()), AdultFactory()
    entry = wait(actor=waiting, member=waiting, machine=lab.two, starts_at=wall(14), ends_at=wall(15))
    cancel(actor=first.member, reservation=first, now=wall(9))
    assert refused(take, lab.one, AdultFactory()).codes == ["overlap"]
    entry.refresh_from_db()
    assert take_offer(actor=waiting, entry=entry, now=wall(9)).state == State.CONFIRMED


def test_a_workshop_takes_machines_that_share_something_together(lab: Lab) -> None:
    held = block_machines(
        machines=[lab.one, lab.two, lab.room],
        starts_at=wall(14),
        ends_at=wall(16),
        kind=Kind.WORKSHOP,
        actor=None,
    )
    assert taken_names() == {lab.room.name, lab.one.name, lab.two.name, "Extraction"}
    release(held)
    assert taken_names() == set()


def test_a_workshop_on_two_benches_takes_what_they_share_once(lab: Lab) -> None:
    held = block_machines(
        machines=[lab.two, lab.one], starts_at=wall(14), ends_at=wall(16), kind=Kind.WORKSHOP, actor=None
    )
    assert len(held) == 2
    assert Reservation.rows.filter(machine=lab.extraction).count() == 1
    tie_together()


def test_what_stops_the_extraction_stops_the_machines_and_their_holders_are_warned(lab: Lab) -> None:
    booking = take(lab.one, AdultFactory())
    outage = declare_outage(actor=None, machine=lab.extraction, reason="filtre", starts_at=wall(9), ends_at=wall(16))
    booking.refresh_from_db()
    assert booking.state == State.TO_CONFIRM
    assert refused(take, lab.two, AdultFactory()).codes == ["machine_down", "overlap"]
    end_outage(actor=None, outage=outage, at=wall(10))
    booking.refresh_from_db()
    assert booking.state == State.CONFIRMED


def test_a_person_who_leaves_gives_all_of_it_back(lab: Lab) -> None:
    booking = take(lab.room, AdultFactory())
    assert give_back(person=booking.member, now=wall(9)) == 1
    assert taken_names() == set()


def test_calendars_show_a_machine_taken_whichever_part_of_it_is(lab: Lab) -> None:
    take(lab.one, AdultFactory())
    window = wall(0), wall(24)
    for machine in (lab.room, lab.one, lab.two):
        assert len(feed(*window, slug=machine.slug).blocks) == 1
    assert {row.slug for row in feed(*window).blocks} == {lab.room.slug, lab.one.slug, lab.two.slug}
    take(lab.room, AdultFactory(), 16, 17)
    assert len(feed(*window).blocks) == 6


def test_a_change_of_the_park_brings_coming_bookings_in_line(lab: Lab) -> None:
    booking = take(lab.plotter, AdultFactory())
    save_machine(actor=None, machine=lab.plotter, needs=[lab.extraction])
    lab.one.refresh_from_db()
    assert refused(take, lab.one, AdultFactory()).codes == ["overlap"]
    lab.plotter.refresh_from_db()
    save_machine(actor=None, machine=lab.plotter, needs=[])
    assert take(lab.one, AdultFactory()).state == State.CONFIRMED
    assert Reservation.objects.get(pk=booking.pk).state == State.CONFIRMED


def test_a_change_of_the_park_is_refused_while_bookings_would_meet(lab: Lab) -> None:
    take(lab.plotter, AdultFactory())
    take(lab.one, AdultFactory())
    with pytest.raises(ValidationError, match="Plotter"):
        save_machine(actor=None, machine=lab.plotter, needs=[lab.extraction])
    assert not MachineTie.objects.filter(machine=lab.plotter).exists()


def test_a_machine_does_not_stand_in_itself(lab: Lab) -> None:
    lab.room.inside = lab.one
    with pytest.raises(ValidationError) as caught:
        save_machine(actor=None, machine=lab.room)
    assert "inside" in caught.value.message_dict


def test_facts_of_machines_with_and_without_ties_come_in_one_query(lab: Lab, django_assert_num_queries) -> None:
    window = Span(wall(0), wall(0) + timedelta(days=31))
    with django_assert_num_queries(1):
        load_facts([lab.room, lab.one, lab.plotter], window, wall(9))
