"""Who came, who did not, and until when one changes one's mind."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from booking.models import Reservation, State
from booking.reconciliation import attach_usage
from booking.services import arrive, cancel, close_finished, excuse, move, record_no_shows
from machines.services.usage import open_usage
from members.models import AuditEntry, Message
from tests.booking.acts import refused, take
from tests.booking.test_parallel import at_once, overlapping_pairs
from tests.factories.booking import ReservationFactory, open_lab, wall
from tests.factories.cms import site_tree
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory, bearer
from tests.factories.place import VisitFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "opened")]


@pytest.fixture
def watched():
    """A machine whose holders are awaited for half an hour."""
    return MachineFactory(no_show_minutes=30)


def state(reservation: Reservation) -> str:
    return Reservation.objects.values_list("state", flat=True).get(pk=reservation.pk)


# --- changing one's mind ---


def test_the_machine_says_until_when_its_holder_may_change_their_mind() -> None:
    machine, member = MachineFactory(cancel_notice_minutes=180), AdultFactory()
    held = take(machine, member, 14, 15)
    late = {"actor": member, "reservation": held, "now": wall(11, held.starts_at.date()) + timedelta(seconds=1)}
    problem = refused(cancel, **late)
    assert problem.codes == ["too_late"]
    assert problem.problems[0].detail == {"until": wall(11)}
    assert refused(move, starts_at=wall(16), ends_at=wall(17), **late).codes == ["too_late"]
    assert (state(held), Reservation.objects.get().starts_at) == (State.CONFIRMED, wall(14))
    assert cancel(**late | {"now": wall(11)}).state == State.CANCELLED


def test_the_team_cancels_for_somebody_whatever_the_deadline() -> None:
    held = take(MachineFactory(cancel_notice_minutes=600), AdultFactory(), 14, 15)
    assert cancel(actor=StaffFactory(), reservation=held, now=wall(13.9)).state == State.CANCELLED
    assert not held.cancelled_late


@pytest.mark.parametrize(("hour", "late"), [(12, False), (13.5, True)])
def test_giving_the_time_back_late_is_noted(hour: float, late: bool) -> None:
    held = take(MachineFactory(late_cancel_minutes=60), member := AdultFactory(), 14, 15)
    assert cancel(actor=member, reservation=held, now=wall(hour)).cancelled_late is late


def test_the_api_answers_409_with_the_deadline(client) -> None:
    member = AdultFactory()
    held = take(MachineFactory(cancel_notice_minutes=600), member, 14, 15)
    answer = client.delete(f"/api/v1/reservations/{held.pk}", headers=bearer(member))
    assert answer.status_code == 409
    assert [one["code"] for one in answer.json()["problems"]] == ["too_late"]
    assert state(held) == State.CONFIRMED


def test_what_the_lab_put_in_doubt_is_given_back_at_any_time_and_is_never_late() -> None:
    held = take(MachineFactory(cancel_notice_minutes=600), member := AdultFactory(), 14, 15)
    Reservation.objects.update(state=State.TO_CONFIRM, doubt="closed")
    assert not cancel(actor=member, reservation=held, now=wall(13.9)).cancelled_late


# --- coming ---


def test_somebody_says_that_they_are_there_and_saying_it_twice_changes_nothing(watched) -> None:
    held = take(watched, member := AdultFactory(), 14, 15)
    first = arrive(actor=member, reservation=held, now=wall(13.75))
    again = arrive(actor=member, reservation=held, now=wall(14.5))
    assert (first.state, first.arrived_at, again.arrived_at) == (State.CHECKED_IN, wall(13.75), wall(13.75))
    assert AuditEntry.objects.filter(action="reservation.arrived").count() == 1


@pytest.mark.parametrize("hour", [13, 15, 16])
def test_one_is_not_there_long_before_nor_after(watched, hour: float) -> None:
    held = take(watched, member := AdultFactory(), 14, 15)
    assert refused(arrive, actor=member, reservation=held, now=wall(hour)).codes == ["not_allowed"]
    assert state(held) == State.CONFIRMED


def test_nobody_says_it_for_somebody_else_but_the_team(watched) -> None:
    held = take(watched, AdultFactory(), 14, 15)
    with pytest.raises(PermissionDenied):
        arrive(actor=AdultFactory(), reservation=held, now=wall(14))
    assert arrive(actor=StaffFactory(), reservation=held, now=wall(14)).state == State.CHECKED_IN


def test_the_button_is_there_when_it_is_time(client, watched, monkeypatch) -> None:
    held, member = ReservationFactory(machine=watched, member=MemberFactory()), None
    member = held.member
    client.force_login(member)
    address = reverse("booking:arrive", args=[held.pk])
    assert address not in client.get(reverse("booking:mine")).content.decode()
    monkeypatch.setattr("django.utils.timezone.now", lambda: wall(14))
    assert address in client.get(reverse("booking:mine")).content.decode()
    assert client.post(address).status_code == 302
    assert state(held) == State.CHECKED_IN
    client.force_login(AdultFactory())
    assert client.post(address).status_code == 404


# --- not coming ---


def test_who_is_not_seen_in_time_gives_the_machine_back_once(watched) -> None:
    held, other = take(watched, AdultFactory(email="lea@lab.example"), 14, 16), AdultFactory()
    told = Message.objects.count()
    assert record_no_shows(wall(14.49)) == 0
    assert [record_no_shows(wall(14.5)), record_no_shows(wall(14.5))] == [1, 0]
    assert (state(held), Message.objects.count() - told) == (State.NO_SHOW, 1)
    assert take(watched, other, 14.5, 16).state == State.CONFIRMED


def test_absences_are_found_after_days_without_a_turn(watched) -> None:
    held = take(watched, AdultFactory(), 14, 15)
    assert record_no_shows(wall(9) + timedelta(days=4)) == 1
    assert state(held) == State.NO_SHOW


def test_who_is_in_the_lab_has_come(watched) -> None:
    held = take(watched, member := AdultFactory(), 14, 15)
    VisitFactory(person=member, came_at=wall(13.5))
    assert record_no_shows(wall(15)) == 0
    assert (state(held), Reservation.objects.get().arrived_at) == (State.CHECKED_IN, wall(13.5))


def test_a_visit_of_the_morning_is_not_the_afternoon(watched) -> None:
    take(watched, member := AdultFactory(), 14, 15)
    VisitFactory(person=member, came_at=wall(9), left_at=wall(11))
    assert record_no_shows(wall(15)) == 1


def test_what_the_lab_put_in_doubt_and_machines_that_await_nobody_make_no_absence(watched) -> None:
    ReservationFactory(machine=watched, state=State.TO_CONFIRM)
    ReservationFactory(machine=MachineFactory(no_show_minutes=0))
    ReservationFactory(machine=watched, starts_at=wall(16), kind="workshop", member=None)
    assert record_no_shows(wall(20)) == 0


def test_who_comes_late_takes_the_time_up_again_while_it_is_free(watched) -> None:
    held = take(watched, member := AdultFactory(), 14, 16)
    record_no_shows(wall(14.5))
    assert arrive(actor=member, reservation=held, now=wall(15)).state == State.CHECKED_IN


def test_who_comes_late_does_not_push_somebody_else_away(watched) -> None:
    held = take(watched, member := AdultFactory(), 14, 16)
    record_no_shows(wall(14.5))
    take(watched, AdultFactory(), 15, 16)
    assert refused(arrive, actor=member, reservation=held, now=wall(14.75)).codes == ["not_allowed"]
    assert state(held) == State.NO_SHOW


def test_a_machine_that_starts_late_on_a_given_up_booking_takes_it_up_again(watched) -> None:
    held = take(watched, member := AdultFactory(), 14, 16)
    record_no_shows(wall(14.5))
    use = open_usage(watched, source="native:x", natural_key="1", started_at=wall(14.75))
    use.refresh_from_db()
    assert (state(held), use.member) == (State.CHECKED_IN, member)


def test_a_machine_that_starts_late_is_whose_turn_it_is_now(watched) -> None:
    held = take(watched, AdultFactory(), 14, 16)
    record_no_shows(wall(14.5))
    take(watched, next_one := AdultFactory(), 15, 16)
    use = open_usage(watched, source="native:x", natural_key="1", started_at=wall(15.25))
    use.refresh_from_db()
    assert (use.member, state(held)) == (next_one, State.NO_SHOW)


def test_a_start_before_the_next_booking_leaves_the_absence_and_breaks_nothing(watched) -> None:
    held = take(watched, member := AdultFactory(), 14, 16)
    record_no_shows(wall(14.5))
    take(watched, AdultFactory(), 15.5, 16)
    use = open_usage(watched, source="native:x", natural_key="1", started_at=wall(14.75))
    attach_usage("opened", use)
    use.refresh_from_db()
    assert (use.member, state(held)) == (member, State.NO_SHOW)


def test_bookings_of_machines_that_await_nobody_are_done_when_over_and_never_absences_later() -> None:
    machine = MachineFactory()
    over, under_way = take(machine, AdultFactory(), 14, 15), take(machine, AdultFactory(), 15, 16)
    doubtful = ReservationFactory(machine=MachineFactory(), state=State.TO_CONFIRM)
    awaited = ReservationFactory(machine=MachineFactory(no_show_minutes=30))
    assert [close_finished(wall(15)), close_finished(wall(15))] == [1, 0]
    assert [state(row) for row in (over, under_way)] == [State.DONE, State.CONFIRMED]
    assert [state(row) for row in (doubtful, awaited)] == [State.TO_CONFIRM, State.CONFIRMED]
    machine.no_show_minutes = 30
    machine.save()
    assert record_no_shows(wall(15.25)) == 1  # the awaited one alone


# --- what follows ---


def test_three_absences_suspend_until_one_is_excused() -> None:
    machine, member, manager = MachineFactory(), AdultFactory(), StaffFactory()
    gone = [
        ReservationFactory(
            machine=machine, member=member, state=State.NO_SHOW, starts_at=wall(14) - timedelta(days=day)
        )
        for day in (3, 10, 20)
    ]
    assert refused(take, machine, member).codes == ["suspended"]
    excuse(actor=manager, reservation=gone[0], reason="Malade, sa mère a appelé")
    assert take(machine, member).state == State.CONFIRMED


def test_staff_may_set_a_suspension_aside_with_a_reason() -> None:
    machine, member = MachineFactory(no_shows_allowed=1), AdultFactory()
    ReservationFactory(machine=machine, member=member, state=State.NO_SHOW, starts_at=wall(14) - timedelta(days=3))
    made = take(machine, member, actor=StaffFactory(), waive=["suspended"], waive_reason="On en a parlé")
    assert made.waived == ["suspended"]


def test_an_absence_is_excused_once_and_by_the_team_only() -> None:
    gone = ReservationFactory(state=State.NO_SHOW, starts_at=wall(8))
    with pytest.raises(PermissionDenied):
        excuse(actor=gone.member, reservation=gone, reason="Mais si")
    excuse(actor=StaffFactory(), reservation=gone, reason="Erreur")
    assert refused(excuse, actor=StaffFactory(), reservation=gone, reason="Erreur").codes == ["not_allowed"]


@pytest.mark.parallel
def test_a_turn_and_a_late_arrival_at_once_agree(committed_db, soak: bool) -> None:
    open_lab(8, 20)
    machine = MachineFactory(no_show_minutes=30)
    for number in range(20 if soak else 4):
        held = ReservationFactory(machine=machine, starts_at=wall(8 + number / 2), ends_at=wall(8.5 + number / 2))
        moment = held.ends_at - timedelta(seconds=1)

        def come(held=held, moment=moment) -> str:
            return arrive(actor=held.member, reservation=held, now=moment).state

        def sweep(moment=moment) -> str:
            return str(record_no_shows(moment + timedelta(seconds=1)))

        results = at_once([come, sweep, sweep, come])
        assert {results[0], results[3]} == {State.CHECKED_IN}
        assert state(held) == State.CHECKED_IN
    assert overlapping_pairs() == 0


def test_the_page_behind_the_qr_code_lets_its_holder_say_so_and_nobody_else(client) -> None:
    booking = ReservationFactory(starts_at=timezone.now() + timedelta(minutes=10))
    address = f"/machines/{booking.machine.slug}/"
    site_tree()
    told = reverse("booking:arrive", args=[booking.pk])
    for person, offered in ((None, False), (AdultFactory(), False), (booking.member, True)):
        client.logout()
        if person:
            client.force_login(person)
        assert (told in client.get(address).content.decode()) is offered
