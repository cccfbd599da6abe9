"""Partners under their agreement, project groups, and bookings that repeat."""

from datetime import date, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from booking.group_models import Agreement, BookingSeries
from booking.models import Reservation, State
from booking.rules.repeats import MOST_DATES, repeated
from booking.services import (
    Group,
    Row,
    cancel,
    cancel_series,
    foresee_series,
    move,
    reserve,
    reserve_series,
    save_agreement,
)
from machines.models import Machine
from members.models import Membership, Message, Partner
from members.services.partners import save_partner
from place.clock import Span, local
from tests.booking.acts import refused, take
from tests.factories.booking import WEDNESDAY, ReservationFactory, close_lab, open_lab, wall
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "opened")]


class Club:
    """A sewing club whose animator may book two machines for eight people on Wednesdays from 14 to 16 h."""

    def __init__(self) -> None:
        self.boss, self.animator = StaffFactory(), AdultFactory()
        Membership.objects.filter(person=self.animator).delete()
        self.partner = save_partner(actor=self.boss, partner=Partner(name="Club couture"), contacts=[self.animator])
        self.machines = MachineFactory.create_batch(3, most_people=4, max_upcoming=1, horizon_days=10)
        self.agreement = self.agree(
            first_day=date(2026, 9, 1), last_day=date(2027, 7, 1), most_machines=2, most_people=4
        )

    def agree(self, slots=((2, time(14), time(16)),), machines=(), **fields) -> Agreement:
        agreement = Agreement(partner=self.partner, title="2026–27", **fields)
        return save_agreement(actor=self.boss, agreement=agreement, machines=machines, slots=slots)

    def group(self, people: int = 4) -> Group:
        return Group("Club couture", people, self.agreement)

    def take(self, machine: Machine, start: float = 14, end: float = 15, **more) -> Reservation:
        return take(machine, self.animator, start, end, group=more.pop("group", self.group()), **more)


@pytest.fixture
def club() -> Club:
    return Club()


def words(found) -> list[str]:
    assert set(found.codes) == {"not_allowed"}
    return [str(problem.message) for problem in found.problems]


def test_a_partner_books_for_its_group_without_membership_or_quota(club) -> None:
    made = club.take(club.machines[0])
    assert (made.agreement, made.group, made.people, made.trial) == (club.agreement, "Club couture", 4, False)
    assert club.take(club.machines[1]).state == State.CONFIRMED, "several machines at once, beyond one ahead"


def test_the_agreement_says_how_many_machines(club) -> None:
    club.take(club.machines[0])
    club.take(club.machines[1], 14.5, 15.5)
    assert "2" in words(refused(club.take, club.machines[2]))[0]
    assert club.take(club.machines[2], 15.5, 16).state == State.CONFIRMED, "the peak counts"


def test_the_agreement_says_when(club) -> None:
    assert "14:00–16:00" in words(refused(club.take, club.machines[0], 16, 17))[0]
    tomorrow = WEDNESDAY + timedelta(days=1)
    open_lab(day=tomorrow)
    asked = {"starts_at": wall(14, tomorrow), "ends_at": wall(15, tomorrow)}
    assert words(refused(reserve, actor=club.animator, machine=club.machines[0], group=club.group(), **asked))


def test_the_agreement_says_how_many_people_and_which_machines(club) -> None:
    assert words(refused(club.take, club.machines[0], group=club.group(5)))
    narrow = club.agree(
        first_day=date(2026, 9, 1), last_day=date(2027, 7, 1), most_people=2, machines=[club.machines[1]]
    )
    assert words(refused(club.take, club.machines[0], group=Group("x", 2, narrow)))
    assert words(refused(club.take, club.machines[1], group=Group("x", 3, narrow)))
    assert club.take(club.machines[1], group=Group("x", 2, narrow)).state == State.CONFIRMED


def test_the_agreement_has_days_and_a_weeks_time(club) -> None:
    over = club.agree(first_day=date(2026, 1, 1), last_day=date(2026, 11, 24))
    assert words(refused(club.take, club.machines[0], group=Group("x", 2, over)))
    short = club.agree(first_day=date(2026, 9, 1), last_day=date(2027, 7, 1), weekly_minutes=90)
    club.take(club.machines[0], group=Group("x", 2, short))
    assert words(refused(club.take, club.machines[1], group=Group("x", 2, short)))


def test_a_grown_up_answers_for_the_group(club) -> None:
    child = MemberFactory()
    club.partner.contacts.add(child)
    assert "not_allowed" in refused(take, club.machines[0], child, group=club.group()).codes


def test_who_does_not_act_for_the_partner_books_nothing_under_its_agreement(club) -> None:
    stranger = AdultFactory()
    with pytest.raises(PermissionDenied):
        take(club.machines[0], stranger, group=club.group())
    with pytest.raises(PermissionDenied):
        take(club.machines[0], club.animator, actor=stranger, group=club.group())
    with pytest.raises(PermissionDenied):
        take(club.machines[0], stranger, actor=club.animator, group=club.group())
    assert not Reservation.objects.exists()


def test_a_partner_that_is_no_longer_active_books_nothing(club) -> None:
    Partner.objects.update(active=False)
    club.agreement.partner.refresh_from_db()
    with pytest.raises(PermissionDenied):
        club.take(club.machines[0])


def test_whoever_acts_for_the_partner_moves_and_cancels_its_bookings_and_nobody_elses(club) -> None:
    colleague = AdultFactory()
    club.partner.contacts.add(colleague)
    booking, other = club.take(club.machines[0]), ReservationFactory(machine=club.machines[1], starts_at=wall(15))
    move(actor=colleague, reservation=booking, starts_at=wall(15), ends_at=wall(16))
    assert words(refused(move, actor=colleague, reservation=booking, starts_at=wall(16), ends_at=wall(17))), (
        "a move keeps the agreement"
    )
    assert cancel(actor=colleague, reservation=booking).state == State.CANCELLED
    with pytest.raises(PermissionDenied):
        cancel(actor=colleague, reservation=other)


def test_a_project_group_of_members_fits_around_the_machine(club) -> None:
    member = AdultFactory()
    assert take(club.machines[0], member, group=Group("Fauteuil roulant", 4)).group == "Fauteuil roulant"
    assert words(refused(take, club.machines[1], AdultFactory(), group=Group("Fauteuil", 5)))


def test_an_agreement_needs_a_time_and_somebody_who_may_make_it(club) -> None:
    with pytest.raises(ValidationError):
        club.agree(slots=(), first_day=date(2026, 9, 1), last_day=date(2027, 7, 1))
    with pytest.raises(PermissionDenied):
        save_partner(actor=StaffFactory(roles=["facilitator"]), partner=Partner(name="x"), contacts=[])


# --- bookings that repeat ---


def weeks(count: int) -> list[date]:
    return [WEDNESDAY + timedelta(weeks=number) for number in range(count)]


@pytest.fixture
def wednesdays() -> list[date]:
    for day in weeks(4)[1:]:
        open_lab(day=day)
    return weeks(4)


def a_row(club: Club, until: date, **more) -> Row:
    fields = {"machine": club.machines[0], "member": club.animator, "group": club.group(), "every_weeks": 1} | more
    return Row(first=Span(wall(14), wall(15)), last_day=until, **fields)


def test_a_partner_books_every_week_and_is_told_once(club, wednesdays) -> None:
    series = reserve_series(actor=club.animator, row=a_row(club, wednesdays[-1]))
    assert [local(row.starts_at).date() for row in series.reservations.order_by("starts_at")] == wednesdays
    assert Message.objects.filter(recipient=club.animator).count() == 1


def test_every_other_week(club, wednesdays) -> None:
    series = reserve_series(actor=club.animator, row=a_row(club, wednesdays[-1], every_weeks=2))
    assert [local(row.starts_at).date() for row in series.reservations.all()] == wednesdays[::2]


def test_what_stands_in_the_way_is_seen_before_and_skipped_or_refused(club, wednesdays) -> None:
    ReservationFactory(machine=club.machines[0], starts_at=wall(14, wednesdays[1]))
    close_lab(8, 20, day=wednesdays[2])
    row = a_row(club, wednesdays[-1])
    seen = foresee_series(actor=club.animator, row=row, now=wall(9))
    assert [[problem.code for problem in date_.problems] for date_ in seen] == [[], ["overlap"], ["closed"], []]
    found = refused(reserve_series, actor=club.animator, row=row)
    assert found.codes == ["overlap", "closed"]
    assert not BookingSeries.objects.exists()
    series = reserve_series(actor=club.animator, row=row, skip=[date_.day for date_ in seen if date_.problems])
    assert [local(one.starts_at).date() for one in series.reservations.all()] == [wednesdays[0], wednesdays[3]]
    nothing_left = refused(reserve_series, actor=club.animator, row=row, skip=wednesdays)
    assert nothing_left.codes == ["not_allowed"]


def test_looking_at_many_dates_takes_as_many_queries_as_one(club, wednesdays, django_assert_num_queries) -> None:
    foresee_series(actor=club.animator, row=a_row(club, wednesdays[0]), now=wall(9))  # reads the rights once
    for until in (wednesdays[0], wednesdays[-1]):
        with django_assert_num_queries(6):
            assert foresee_series(actor=club.animator, row=a_row(club, until), now=wall(9))


def test_one_date_is_given_back_or_all_that_is_to_come(club, wednesdays) -> None:
    series = reserve_series(actor=club.animator, row=a_row(club, wednesdays[-1]))
    first, second = series.reservations.order_by("starts_at")[:2]
    cancel(actor=club.animator, reservation=second)
    assert len(cancel_series(actor=club.animator, series=series, now=wall(14.5))) == 2
    assert set(series.reservations.filter(state=State.CONFIRMED)) == {first}, "what has begun stands"


def test_others_are_told_once_when_the_team_gives_a_row_back(club, wednesdays) -> None:
    series = reserve_series(actor=club.animator, row=a_row(club, wednesdays[-1]))
    Message.objects.all().delete()
    cancel_series(actor=club.boss, series=series, reason="travaux")
    assert "travaux" in Message.objects.get(recipient=club.animator).body
    with pytest.raises(PermissionDenied):
        cancel_series(actor=AdultFactory(), series=reserve_series(actor=club.boss, row=a_row(club, wednesdays[-1])))


def test_the_team_repeats_a_booking_for_a_club_of_members_beyond_horizon_and_quota(club, wednesdays) -> None:
    row = a_row(club, wednesdays[-1], member=AdultFactory(), group=Group("Club robot", 3))
    series = reserve_series(actor=club.boss, row=row)
    last = series.reservations.latest("starts_at")
    assert (sorted(last.waived), last.waive_reason) == (["quota_reached", "too_early"], "Club robot")


def test_a_member_alone_does_not_repeat(club, wednesdays) -> None:
    member = AdultFactory()
    with pytest.raises(PermissionDenied):
        reserve_series(actor=member, row=a_row(club, wednesdays[-1], member=member, group=Group("moi")))


def test_14_h_stays_14_h_through_both_changes_of_clocks_and_a_row_has_an_end() -> None:
    spans = repeated(Span(wall(14, date(2026, 10, 21)), wall(15, date(2026, 10, 21))), 1, date(2027, 4, 7))
    assert {(local(one.start).hour, local(one.end).hour) for one in spans} == {(14, 15)}
    assert len(spans) == 25
    assert len(repeated(Span(wall(14), wall(15)), 1, date(2036, 1, 1))) == MOST_DATES


def test_an_hour_that_the_night_of_march_leaves_out_is_left_out() -> None:
    day = date(2027, 3, 21)
    spans = repeated(Span(wall(2.5, day), wall(4, day)), 1, date(2027, 4, 4))
    assert [local(one.start).date() for one in spans] == [day, date(2027, 4, 4)]
