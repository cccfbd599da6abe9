"""The waiting list of machines: who is next, how long a time is kept, and that a hold really holds."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from booking.models import LIVE, Reservation, State, WaitingEntry
from booking.services import (
    cancel,
    move,
    offer_all_freed,
    record_no_shows,
    reserve,
    stop_waiting,
    take_offer,
    wait,
)
from booking.services.forgetting import forget_waiting, give_back
from members.models import Message
from tests.booking.acts import refused, take
from tests.booking.test_parallel import at_once, outcome, overlapping_pairs
from tests.factories.booking import WEDNESDAY, ReservationFactory, open_lab, wall
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory
from tests.factories.place import LabSettingsFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "opened")]
Entry = WaitingEntry.State


@pytest.fixture
def printer():
    return MachineFactory(hold_minutes=60, max_upcoming=2)


@pytest.fixture
def held(printer) -> Reservation:
    return take(printer, AdultFactory(), 14, 15)


def in_line(machine, member=None, start: float = 14, end: float = 15, **more) -> WaitingEntry:
    member = member or AdultFactory()
    wanted = {"actor": member, "starts_at": wall(start), "ends_at": wall(end), **more}
    return wait(member=member, machine=machine, **wanted)


def states(*entries: WaitingEntry) -> list[str]:
    found = WaitingEntry.objects.in_bulk([entry.pk for entry in entries])
    return [found[entry.pk].state for entry in entries]


def hold_of(entry: WaitingEntry) -> Reservation:
    entry.refresh_from_db()
    assert entry.hold is not None
    return entry.hold


# --- getting in line ---


def test_one_waits_for_a_taken_time_once_however_often_one_asks(printer, held) -> None:
    member = AdultFactory()
    assert in_line(printer, member).pk == in_line(printer, member).pk
    assert WaitingEntry.objects.count() == 1


def test_a_free_time_is_booked_not_waited_for(printer) -> None:
    assert refused(in_line, printer).codes == ["not_allowed"]


def test_who_could_not_book_anyway_does_not_wait(printer, held) -> None:
    child = MemberFactory(birth_date=WEDNESDAY - timedelta(days=6 * 366))
    assert "too_young" in refused(in_line, printer, child).codes
    assert refused(in_line, printer, start=19, end=20).codes == ["closed"]
    assert WaitingEntry.objects.count() == 0


def test_three_times_at_once_are_enough(printer) -> None:
    take(printer, AdultFactory(), 14, 18)
    member = AdultFactory()
    for start in (14, 15, 16):
        in_line(printer, member, start, start + 1)
    assert refused(in_line, printer, member, 17, 18).codes == ["not_allowed"]


def test_nobody_waits_for_somebody_else_but_the_team(printer, held) -> None:
    with pytest.raises(PermissionDenied):
        in_line(printer, AdultFactory(), actor=AdultFactory())


# --- being next ---


def test_a_time_given_back_is_kept_for_the_first_in_line_and_they_are_told(printer, held) -> None:
    first, second = in_line(printer, AdultFactory(email="lea@lab.example")), in_line(printer)
    told = Message.objects.count()
    cancel(actor=held.member, reservation=held, now=wall(10))
    assert states(first, second) == [Entry.OFFERED, Entry.WAITING]
    kept = hold_of(first)
    assert (kept.state, kept.held_until, kept.member) == (State.HELD, wall(11), first.member)
    assert Message.objects.count() == told + 1


def test_who_has_no_e_mail_is_on_the_call_list(printer, held) -> None:
    in_line(printer, AdultFactory(email=""))
    cancel(actor=held.member, reservation=held, now=wall(10))
    assert Message.objects.filter(via=Message.Via.CALL, state=Message.State.WAITING).count() == 1


def test_a_hold_keeps_everybody_else_out(printer, held) -> None:
    in_line(printer)
    cancel(actor=held.member, reservation=held, now=wall(10))
    assert refused(take, printer, AdultFactory(), now=wall(10.5)).codes == ["overlap"]


def test_a_hold_never_outlives_the_start(printer, held) -> None:
    entry = in_line(printer)
    cancel(actor=held.member, reservation=held, now=wall(13.75))
    assert hold_of(entry).held_until == wall(14)


def test_a_yes_makes_the_hold_a_booking(printer, held) -> None:
    entry = in_line(printer)
    cancel(actor=held.member, reservation=held, now=wall(10))
    taken = take_offer(actor=entry.member, entry=entry, now=wall(10.5))
    assert (taken.pk, taken.state, taken.held_until) == (hold_of(entry).pk, State.CONFIRMED, None)
    assert states(entry) == [Entry.TAKEN]
    assert refused(take_offer, actor=entry.member, entry=entry, now=wall(10.5)).codes == ["not_allowed"]


def test_a_yes_is_judged_like_any_booking(printer, held) -> None:
    entry = in_line(printer)
    cancel(actor=held.member, reservation=held, now=wall(10))
    ReservationFactory(machine=MachineFactory(), member=entry.member)
    assert refused(take_offer, actor=entry.member, entry=entry, now=wall(10.5)).codes == ["member_overlap"]
    assert hold_of(entry).state == State.HELD


def test_a_yes_that_comes_too_late_is_refused_and_the_next_is_asked(printer, held) -> None:
    first, second = in_line(printer), in_line(printer)
    cancel(actor=held.member, reservation=held, now=wall(10))
    assert refused(take_offer, actor=first.member, entry=first, now=wall(11)).codes == ["not_allowed"]
    assert offer_all_freed(wall(11)) == 2
    assert states(first, second) == [Entry.PASSED, Entry.OFFERED]
    assert offer_all_freed(wall(11)) == 0


def test_a_no_or_a_cancelled_hold_goes_to_the_next(printer, held) -> None:
    first, second, third = (in_line(printer) for _number in range(3))
    cancel(actor=held.member, reservation=held, now=wall(10))
    stop_waiting(actor=first.member, entry=first, now=wall(10))
    assert states(first, second, third) == [Entry.LEFT, Entry.OFFERED, Entry.WAITING]
    cancel(actor=second.member, reservation=hold_of(second), now=wall(10))
    assert states(second, third) == [Entry.LEFT, Entry.OFFERED]


def test_a_kept_time_is_not_moved_before_it_is_taken(printer, held) -> None:
    entry = in_line(printer)
    cancel(actor=held.member, reservation=held, now=wall(10))
    wanted = {"starts_at": wall(16), "ends_at": wall(17), "now": wall(10)}
    assert refused(move, actor=entry.member, reservation=hold_of(entry), **wanted).codes == ["not_allowed"]


def test_moving_away_and_not_coming_free_the_time_too(printer) -> None:
    printer.no_show_minutes = 30
    printer.save()
    one, two = take(printer, AdultFactory(), 14, 15), take(printer, AdultFactory(), 15, 17)
    first, second = in_line(printer), in_line(printer, None, 16, 17)
    move(actor=one.member, reservation=one, starts_at=wall(17), ends_at=wall(18), now=wall(10))
    assert states(first) == [Entry.OFFERED]
    take_offer(actor=first.member, entry=first, now=wall(10))
    Reservation.objects.exclude(pk=two.pk).update(state=State.CHECKED_IN)
    assert record_no_shows(wall(15.5)) == 1
    assert states(second) == [Entry.OFFERED]


def test_a_hold_that_has_ended_stops_nobody_even_if_no_task_ran(printer, held) -> None:
    entry = in_line(printer)
    cancel(actor=held.member, reservation=held, now=wall(10))
    taken = take(printer, AdultFactory(), now=wall(11.5))
    assert (taken.state, states(entry)) == (State.CONFIRMED, [Entry.PASSED])


def test_a_hold_that_has_ended_goes_to_the_next_in_line_before_strangers(printer, held) -> None:
    in_line(printer)
    second = in_line(printer)
    cancel(actor=held.member, reservation=held, now=wall(10))
    assert refused(take, printer, AdultFactory(), now=wall(11.5)).codes == ["overlap"]
    assert states(second) == [Entry.OFFERED]


def test_who_may_no_longer_is_passed_over_and_stays_in_line(printer, held) -> None:
    busy, other = in_line(printer), in_line(printer)
    ReservationFactory(machine=MachineFactory(), member=busy.member)
    cancel(actor=held.member, reservation=held, now=wall(10))
    assert states(busy, other) == [Entry.WAITING, Entry.OFFERED]


def test_a_time_that_begins_without_becoming_free_is_over(printer, held) -> None:
    entry = in_line(printer)
    offer_all_freed(wall(14))
    assert states(entry) == [Entry.OVER]


def test_where_the_lab_says_so_who_has_had_least_comes_first(printer, held) -> None:
    LabSettingsFactory(fair_waiting=True)
    greedy, modest = in_line(printer), in_line(printer)
    ReservationFactory(machine=printer, member=greedy.member, state=State.DONE, starts_at=wall(8))
    cancel(actor=held.member, reservation=held, now=wall(10))
    assert states(greedy, modest) == [Entry.WAITING, Entry.OFFERED]


def test_otherwise_first_come_is_first(printer, held) -> None:
    greedy, modest = in_line(printer), in_line(printer)
    ReservationFactory(machine=printer, member=greedy.member, state=State.DONE, starts_at=wall(8))
    cancel(actor=held.member, reservation=held, now=wall(10))
    assert states(greedy, modest) == [Entry.OFFERED, Entry.WAITING]


def test_lists_are_forgotten_with_the_person_and_with_time(printer, held) -> None:
    gone, old = in_line(printer), in_line(printer)
    give_back(person=gone.member, now=wall(9))
    assert forget_waiting(wall(14)) == 0
    assert forget_waiting(wall(15.1)) == 1
    assert not WaitingEntry.objects.filter(pk__in=[gone.pk, old.pk]).exists()


def test_the_database_keeps_one_place_a_person(printer, held) -> None:
    entry = in_line(printer)
    entry.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        entry.save(force_insert=True)


# --- on the phone ---


def test_a_taken_time_offers_to_wait_and_the_page_of_bookings_answers(client, machine, member) -> None:
    held = take(machine, AdultFactory(), 14, 15)
    client.force_login(member)
    query = {"debut": wall(14).isoformat(), "fin": wall(15).isoformat()}
    page = client.get(reverse("booking:confirm", args=[machine.slug]), query).content.decode()
    address = reverse("booking:wait", args=[machine.slug])
    assert address in page
    assert client.post(address, query).status_code == 302
    entry = WaitingEntry.objects.get()
    cancel(actor=held.member, reservation=held)
    mine = client.get(reverse("booking:mine")).content.decode()
    assert 'name="oui"' in mine
    assert client.post(reverse("booking:answer", args=[entry.pk]), {"oui": "1"}).status_code == 302
    assert Reservation.objects.get(member=member).state == State.CONFIRMED


def test_somebody_elses_place_in_line_does_not_exist(client, machine) -> None:
    take(machine, AdultFactory(), 14, 15)
    entry = in_line(machine)
    client.force_login(AdultFactory())
    assert client.post(reverse("booking:answer", args=[entry.pk]), {"oui": "1"}).status_code == 404
    client.force_login(StaffFactory())
    assert client.post(reverse("booking:answer", args=[entry.pk])).status_code == 302
    assert states(entry) == [Entry.LEFT]


def test_a_refused_wait_explains(client, machine, member) -> None:
    client.force_login(member)
    body = {"debut": wall(14).isoformat(), "fin": wall(15).isoformat()}
    answer = client.post(reverse("booking:wait", args=[machine.slug]), body)
    assert (answer.status_code, WaitingEntry.objects.count()) == (422, 0)


def test_the_page_of_bookings_asks_as_often_for_one_place_in_line_as_for_three(
    client, machine, member, django_assert_num_queries
) -> None:
    take(machine, AdultFactory(), 14, 18)
    client.force_login(member)
    in_line(machine, member, 14, 15)
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("booking:mine"))
    in_line(machine, member, 15, 16)
    in_line(machine, member, 16, 17)
    with django_assert_num_queries(len(one)):
        client.get(reverse("booking:mine"))


# --- all at once ---


@pytest.mark.parallel
def test_one_hold_at_a_time_whoever_sweeps_cancels_and_grabs(committed_db, soak: bool) -> None:
    day = timezone.localdate() + timedelta(days=7)
    open_lab(8, 24, day=day)
    printer = MachineFactory()
    for number in range(12 if soak else 3):
        start, end = wall(8 + number, day), wall(9 + number, day)
        held = reserve(actor=(holder := AdultFactory()), machine=printer, starts_at=start, ends_at=end)
        wanted = {"machine": printer, "starts_at": start, "ends_at": end}
        entries = [wait(actor=one, member=one, **wanted) for one in AdultFactory.create_batch(3)]
        strangers = AdultFactory.create_batch(3)
        acts = [lambda h=held, m=holder: outcome(lambda: cancel(actor=m, reservation=h))]
        acts += [lambda s=one, w=wanted: outcome(lambda: reserve(actor=s, **w)) for one in strangers]
        acts += [lambda: outcome(lambda: offer_all_freed(timezone.now()))] * 3
        results = Counter(at_once(acts))
        assert set(results) <= {"won", "overlap"}
        offer_all_freed(timezone.now())
        live = Reservation.objects.filter(starts_at=start, state__in=LIVE)
        assert live.count() == 1
        assert Counter(states(*entries))[Entry.OFFERED] == live.filter(state=State.HELD).count()
    assert overlapping_pairs() == 0


@pytest.mark.parallel
def test_two_yeses_at_once_are_one_booking(committed_db) -> None:
    day = timezone.localdate() + timedelta(days=7)
    open_lab(8, 24, day=day)
    printer = MachineFactory()
    wanted = {"machine": printer, "starts_at": wall(10, day), "ends_at": wall(11, day)}
    held = reserve(actor=(holder := AdultFactory()), **wanted)
    entry = wait(actor=(member := AdultFactory()), member=member, **wanted)
    cancel(actor=holder, reservation=held)
    yes = [lambda: outcome(lambda: take_offer(actor=member, entry=entry))] * 4
    assert Counter(at_once(yes)) == {"won": 1, "not_allowed": 3}
    assert Reservation.objects.get(member=member).state == State.CONFIRMED
