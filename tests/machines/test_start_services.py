"""Asked by a card or from a page: one row a question, one answer; what switches are told, never off at work."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from machines.models import Machine, Measured, Outcome, PowerOrder, StartRequest, UsageSession
from machines.services.starts import Question, ask_by_badge, forget_starts, start_by_page
from machines.services.switching import note_sent, order_idle_off, take_order
from machines.services.usage import attribute, close_usage, open_usage
from members.models import AccessCard
from tests.factories.booking import ReservationFactory, open_lab, wall
from tests.factories.machines import MachineFactory
from tests.factories.members import CardFactory, MemberFactory, StaffFactory

pytestmark = pytest.mark.django_db
NOW = wall(15)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def open_this_afternoon() -> None:
    open_lab(14, 18)


@pytest.fixture
def machine() -> Machine:
    return MachineFactory(switchable=True, idle_off_minutes=10, measured_state=Measured.IDLE, measured_since=wall(14))


@pytest.fixture
def card() -> AccessCard:
    return CardFactory(user=MemberFactory(first_name="Ines", last_name="Secret"))


def question(card: AccessCard | None, seq: int = 1, **about) -> Question:
    return Question("native:m", "b1", seq, card.digest if card else "f" * 64, **about)


def ask(machine: Machine, card: AccessCard | None, seq: int = 1, now: datetime = NOW, **about):
    return ask_by_badge(machine.pk, question(card, seq, **about), now)


def order(machine: Machine) -> PowerOrder:
    return PowerOrder.objects.filter(machine=machine).order_by("-pk")[0]


def switched_on(machine: Machine, card: AccessCard) -> None:
    ask(machine, card)
    note_sent(order(machine))


def off_at(machine: Machine, now: datetime) -> int:
    return order_idle_off(now, {machine.pk})


# --- a card at the machine ---


def test_card_that_may_start_is_told_until_when_and_the_switch_is_told_on(machine, card) -> None:
    answer = ask(machine, card)
    assert (answer.granted, answer.codes, answer.until, answer.first_name) == (True, (), wall(18), "Ines")
    (kept,) = StartRequest.objects.all()
    assert (kept.member, kept.channel, kept.granted, kept.until) == (card.user, "badge", True, wall(18))
    assert (order(machine).on, order(machine).request, order(machine).fate) == (True, kept, "waiting")


def test_machine_that_may_not_be_switched_gets_an_answer_and_no_order(machine, card) -> None:
    Machine.objects.update(switchable=False)
    assert ask(machine, card).granted
    assert not PowerOrder.objects.exists()


def test_until_is_the_end_that_is_known_and_one_longest_booking_where_none_is(machine, card) -> None:
    Machine.objects.update(max_minutes=60)
    desk = CardFactory(user=StaffFactory(roles=["desk"]))
    assert ask(machine, card).until == wall(18)
    assert ask(machine, desk, seq=2, now=wall(20)).until == wall(21)


def test_unknown_card_is_not_allowed_and_leaves_no_trace_of_itself(machine) -> None:
    answer = ask(machine, None)
    assert (answer.granted, answer.codes, answer.until, answer.first_name) == (False, ("not_allowed",), None, "")
    (kept,) = StartRequest.objects.all()
    assert (kept.member, kept.card) == (None, "")


def test_card_taken_back_or_of_somebody_locked_out_is_as_unknown(machine, card) -> None:
    card.user.is_active = False
    card.user.save()
    assert ask(machine, card).codes == ("not_allowed",)
    card.user.is_active = True
    card.user.save()
    AccessCard.objects.update(revoked_at=NOW)
    assert ask(machine, card, seq=2).codes == ("not_allowed",)


def test_refusal_says_no_name_and_switches_nothing(machine, card) -> None:
    ReservationFactory(machine=machine, starts_at=wall(15), member=MemberFactory(first_name="Zoé"))
    answer = ask(machine, card)
    assert (answer.granted, answer.codes, answer.first_name) == (False, ("overlap",), "")
    assert not PowerOrder.objects.exists()


def test_asked_twice_is_one_row_and_one_answer_even_if_the_world_has_changed(machine, card) -> None:
    first = ask(machine, card)
    ReservationFactory(machine=machine, starts_at=wall(15))
    assert ask(machine, card, now=NOW + 5 * SECOND) == first
    assert StartRequest.objects.count() == PowerOrder.objects.count() == 1


def test_same_number_with_another_card_is_refused_and_changes_nothing(machine, card) -> None:
    ask(machine, card)
    other = CardFactory(user=MemberFactory())
    assert ask(machine, other).codes == ("not_allowed",)
    assert ask(machine, None).codes == ("not_allowed",)
    assert StartRequest.objects.get().member == card.user


def test_yes_of_some_time_ago_is_not_said_again(machine, card) -> None:
    assert ask(machine, card).granted
    again = ask(machine, card, now=NOW + timedelta(minutes=3))
    assert (again.granted, again.codes) == (False, ("past",))


def test_late_question_is_kept_and_refused(machine, card) -> None:
    answer = ask(machine, card, late=True)
    assert (answer.granted, answer.codes) == (False, ("past",))
    assert StartRequest.objects.get().codes == ["past"]
    assert not PowerOrder.objects.exists()


def test_same_number_on_another_machine_is_another_question(machine, card) -> None:
    other = MachineFactory(in_service=False)
    assert ask(machine, card).granted
    assert ask(other, card).codes == ("machine_down",)
    assert StartRequest.objects.count() == 2


def test_machine_that_works_for_somebody_else_is_not_taken_over(machine, card) -> None:
    use = open_usage(machine, source="t", natural_key="1", started_at=NOW)
    attribute(use, member=MemberFactory(), attribution="staff")
    assert ask(machine, card).codes == ("overlap",)
    use.refresh_from_db()
    assert use.ended_at is None


# --- from the page ---


def test_page_starts_once_however_often_it_is_pressed(machine, card) -> None:
    first = start_by_page(actor=card.user, machine=machine, now=NOW)
    assert start_by_page(actor=card.user, machine=machine, now=NOW + 3 * SECOND) == first
    assert (first.channel, PowerOrder.objects.count()) == ("page", 1)


def test_page_says_every_reason_and_keeps_nothing(machine, card) -> None:
    with pytest.raises(ValidationError) as refused:
        start_by_page(actor=card.user, machine=machine, now=wall(20))
    assert [error.code for error in refused.value.error_list] == ["closed"]
    Machine.objects.update(switchable=False)
    with pytest.raises(ValidationError):
        start_by_page(actor=card.user, machine=machine, now=NOW)
    assert not StartRequest.objects.exists()


# --- whose use it is ---


def test_use_that_begins_in_the_time_somebody_was_given_is_theirs(machine, card) -> None:
    ask(machine, card)
    use = open_usage(machine, source="t", natural_key="1", started_at=NOW + 60 * SECOND)
    assert (use.member, use.attribution) == (card.user, "badge")
    late = open_usage(machine, source="other", natural_key="1", started_at=wall(18.5))
    assert (late.member, late.attribution) == (None, "none")


def test_card_of_who_booked_makes_it_the_bookings_use_and_another_card_does_not(machine, card) -> None:
    booking = ReservationFactory(machine=machine, starts_at=wall(15), member=card.user)
    use = open_usage(machine, source="t", natural_key="1", started_at=NOW, member=card.user)
    assert (use.member, use.attribution) == (card.user, "reservation")
    other = open_usage(machine, source="u", natural_key="2", started_at=NOW, member=MemberFactory())
    assert (other.attribution, other.member == card.user) == ("badge", False)
    booking.refresh_from_db()
    assert booking.state == "checked_in"


# --- off ---


def test_off_only_after_the_given_time_and_the_idle_minutes(machine, card) -> None:
    switched_on(machine, card)
    assert [off_at(machine, wall(hour)) for hour in (15.5, 17.9)] == [0, 0]
    assert off_at(machine, wall(18)) == 1
    assert not order(machine).on
    assert off_at(machine, wall(19)) == 0  # told once


def test_off_counts_the_idle_minutes_from_the_last_work(machine, card) -> None:
    switched_on(machine, card)
    Machine.objects.update(measured_since=wall(17.95))
    assert [off_at(machine, wall(18) + timedelta(minutes=minutes)) for minutes in (0, 6, 7)] == [0, 0, 1]


@pytest.mark.parametrize(
    "change",
    [
        {"idle_off_minutes": 0},
        {"switchable": False},
        {"measured_state": Measured.IN_USE},
        {"measured_state": Measured.PAUSED},
        {"measured_state": Measured.OFFLINE},
        {"measured_state": Measured.UNKNOWN},
    ],
)
def test_never_off(machine, card, change) -> None:
    switched_on(machine, card)
    Machine.objects.update(**change)
    assert off_at(machine, wall(20)) == 0


def test_what_we_did_not_switch_on_or_may_be_busy_stays(machine, card) -> None:
    assert off_at(machine, wall(20)) == 0
    switched_on(machine, card)
    assert order_idle_off(wall(20), set()) == 0


def test_never_off_while_a_job_runs_whatever_the_machine_says_of_itself(machine, card) -> None:
    switched_on(machine, card)
    use = open_usage(machine, source="t", natural_key="1", started_at=wall(17))
    assert off_at(machine, wall(20)) == 0
    close_usage(use, ended_at=wall(19), outcome=Outcome.COMPLETED)
    assert off_at(machine, wall(20)) == 1


def test_job_that_opens_between_the_decision_and_the_sending_keeps_it_on(machine, card) -> None:
    switched_on(machine, card)
    off_at(machine, wall(18))
    off = order(machine)
    use = open_usage(machine, source="t", natural_key="1", started_at=wall(18))
    assert not take_order(off, wall(18), busy=False)
    close_usage(use, ended_at=wall(18.5), outcome=Outcome.COMPLETED)
    assert not take_order(off, wall(19), busy=False)  # given up, whatever comes
    assert off_at(machine, wall(19)) == 1  # and decided anew


@pytest.mark.parametrize("meanwhile", ["busy", "state", "granted", "not_switchable"])
def test_off_is_given_up_when_anything_has_changed_before_it_is_sent(machine, card, meanwhile: str) -> None:
    switched_on(machine, card)
    off_at(machine, wall(18))
    off = order(machine)
    if meanwhile == "granted":
        open_lab(18, 20)
        ask(machine, card, seq=2, now=wall(18))
    Machine.objects.filter(pk=machine.pk).update(
        measured_state=Measured.IN_USE if meanwhile == "state" else Measured.IDLE,
        switchable=meanwhile != "not_switchable",
    )
    assert not take_order(off, wall(18), busy=meanwhile == "busy")


def test_on_that_waited_too_long_is_given_up_and_the_next_one_is_not_kept_back(machine, card) -> None:
    ask(machine, card)
    late = NOW + 40 * SECOND
    assert not take_order(order(machine), late, busy=False)
    ask(machine, card, seq=2, now=late)
    assert take_order(order(machine), late + SECOND, busy=False)


def test_order_is_sent_again_until_it_is_noted(machine, card) -> None:
    ask(machine, card)
    assert take_order(order(machine), NOW, busy=False)
    assert take_order(order(machine), NOW + SECOND, busy=False)
    note_sent(order(machine))
    assert not take_order(order(machine), NOW + SECOND, busy=False)


def test_requests_are_forgotten_in_time_and_uses_stay(machine, card) -> None:
    ask(machine, card)
    open_usage(machine, source="t", natural_key="1", started_at=NOW)
    assert (forget_starts(NOW), forget_starts(NOW + SECOND), forget_starts(NOW + SECOND)) == (0, 1, 0)
    assert UsageSession.objects.get().member == card.user
