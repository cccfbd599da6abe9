"""A change of hours shows every booking it hits, leaves nothing behind, then does what was chosen, all or nothing."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from booking.models import Reservation, State
from booking.problems import Refused
from booking.services import Choice, Fate, Unforeseen, carry_out, foresee_change
from machines.models import Supervision
from machines.services.park import declare_outage
from members.models import AuditEntry, Message
from place import services as place
from place.clock import Span
from place.models import Closure, DutyShift, OpeningPeriod
from place.services import Scope
from tests.factories.booking import WEDNESDAY, ReservationFactory, open_lab, wall
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory, StaffFactory
from tests.factories.place import DutyShiftFactory, SchoolHolidayFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
NOW = wall(8)
MINOR = {"member__birth_date": date(2012, 6, 1)}


@pytest.fixture
def manager():
    return StaffFactory()


@pytest.fixture
def opened():
    """Open from 14 to 18 that Wednesday and the day after."""
    open_lab(14, 18)
    open_lab(14, 18, day=WEDNESDAY + timedelta(days=1))


def closing(start: float = 14, end: float = 16):
    return lambda: place.add_closure(
        starts_at=wall(start), ends_at=wall(end), reason="fuite d'eau", actor=None, now=NOW
    )


def booked(start: float = 14, **more) -> Reservation:
    return ReservationFactory(starts_at=wall(start), **more)


def told(foresight) -> list[tuple[int, str, tuple[str, ...]]]:
    return [(hit.reservation.pk, hit.fate, hit.codes) for hit in foresight.hits]


def state(row: Reservation) -> tuple[str, str]:
    row.refresh_from_db()
    return row.state, row.doubt


def done(change, manager, **choices_and_more):
    seal = foresee_change(change, now=NOW).seal
    return carry_out(change, actor=manager, seal=seal, now=NOW, **choices_and_more)


# --- looking ---


@pytest.mark.usefixtures("opened")
def test_looking_shows_what_is_hit_and_leaves_nothing_behind():
    hit, _later = booked(14), booked(17)
    assert told(foresee_change(closing(), now=NOW)) == [(hit.pk, Fate.TO_CONFIRM, ("closed",))]
    assert state(hit) == (State.CONFIRMED, "")
    assert (Closure.objects.count(), Message.objects.count(), AuditEntry.objects.count()) == (0, 0, 0)


@pytest.mark.usefixtures("opened")
def test_nothing_is_hit_by_a_change_that_leaves_every_booking_open():
    booked(17)
    foresight = foresee_change(closing(14, 16), now=NOW)
    assert (foresight.hits, foresight.asks) == ((), False)


@pytest.mark.usefixtures("opened")
def test_a_booking_allowed_outside_the_hours_is_shown_as_kept():
    row = booked(14, waived=["closed"], waive_reason="répétition")
    foresight = foresee_change(closing(), now=NOW)
    assert told(foresight) == [(row.pk, Fate.KEPT, ("closed",))]
    assert foresight.asks


def test_a_booking_in_doubt_already_is_not_shown_again():
    booked(14, state=State.TO_CONFIRM, doubt="closed")
    assert foresee_change(closing(), now=NOW).hits == ()


@pytest.mark.usefixtures("opened")
def test_a_booking_that_waits_for_another_reason_is_shown_too():
    row = booked(14, state=State.TO_CONFIRM)
    assert told(foresee_change(closing(), now=NOW)) == [(row.pk, Fate.TO_CONFIRM, ("closed",))]


@pytest.mark.usefixtures("opened")
def test_hours_given_back_confirm_and_ask_nobody():
    row = booked(14, state=State.TO_CONFIRM, doubt="closed")
    closure = closing()()[0]
    foresight = foresee_change(lambda: place.remove_closure(closure=closure, actor=None), now=NOW)
    assert told(foresight) == [(row.pk, Fate.CONFIRMED, ())]
    assert not foresight.asks


def test_every_way_of_changing_a_pattern_is_foreseen(manager):
    weekly = place.plan_openings(
        kind="open_lab", label="Mercredi", starts_at=wall(14), ends_at=wall(18), actor=None, now=NOW,
        rule=place.hours.RuleSpec(frequency="weekly"),
    )  # fmt: skip
    first, second = weekly.periods.all()[:2]
    this = booked(14)
    other = ReservationFactory(starts_at=wall(14, WEDNESDAY + timedelta(days=7)))
    later = {"starts_at": wall(15), "ends_at": wall(18), "actor": None, "now": NOW}
    changes = {
        "this date": lambda: place.cancel_opening(period=first, actor=None),
        "this date moved": lambda: place.edit_series(period=first, scope=Scope.THIS, **later),
        "all moved": lambda: place.edit_series(period=first, scope=Scope.ALL, **later),
        "the pattern ended": lambda: place.end_series(series=weekly, at=second.starts_at, actor=None),
        "holidays only": lambda: place.relabel_series(
            series=weekly, kind="open_lab", label="x", during="holidays", actor=None, now=NOW
        ),
        "for partners": lambda: place.relabel_series(series=weekly, kind="partner", label="x", actor=None, now=NOW),
        "another zone": lambda: place.describe_lab(actor=None, school_zone="A"),
    }
    hit = {name: {pk for pk, _fate, _codes in told(foresee_change(act, now=NOW))} for name, act in changes.items()}
    assert hit == {
        "this date": {this.pk},
        "this date moved": {this.pk},
        "all moved": {this.pk, other.pk},
        "the pattern ended": {other.pk},
        "holidays only": {this.pk, other.pk},
        "for partners": {this.pk, other.pk},
        "another zone": set(),
    }
    assert OpeningPeriod.objects.filter(cancelled=True).count() == 0


def test_school_holidays_are_foreseen():
    place.plan_openings(
        kind="open_lab", label="Mercredi", starts_at=wall(14), ends_at=wall(18), actor=None, now=NOW,
        rule=place.hours.RuleSpec(frequency="weekly"), during="term",
    )  # fmt: skip
    row = booked(14)
    holiday = SchoolHolidayFactory.build(first_day=WEDNESDAY, last_day=WEDNESDAY)
    foresight = foresee_change(lambda: place.save_holiday(actor=None, holiday=holiday, now=NOW), now=NOW)
    assert told(foresight) == [(row.pk, Fate.TO_CONFIRM, ("closed",))]


@pytest.mark.usefixtures("opened")
def test_somebody_who_cannot_come_hits_young_people_and_watched_machines_only():
    shift = DutyShiftFactory(starts_at=wall(12), ends_at=wall(20))
    minors = MachineFactory(supervision=Supervision.YOUNG)
    laser = MachineFactory(supervision=Supervision.ALWAYS)
    young, _grown = booked(machine=minors, **MINOR), booked(15, machine=minors, member=AdultFactory())
    watched = booked(machine=laser, member=AdultFactory())
    foresight = foresee_change(lambda: place.call_off(actor=None, shift=shift), now=NOW)
    assert told(foresight) == [(row.pk, Fate.TO_CONFIRM, ("supervision_missing",)) for row in (young, watched)]
    assert DutyShift.objects.get().cancelled_at is None


@pytest.mark.usefixtures("opened")
def test_an_outage_is_foreseen_and_cannot_be_waved_away(manager):
    row = booked(14)
    breakdown = {"actor": None, "machine": row.machine, "reason": "buse", "starts_at": wall(13), "ends_at": wall(16)}
    (hit,) = foresee_change(lambda: declare_outage(**breakdown), now=NOW).hits
    assert (hit.reservation.pk, hit.fate, hit.codes) == (row.pk, Fate.TO_CONFIRM, ("machine_down",))
    assert not hit.may_be_kept(manager)
    assert all(not span.meets(Span(wall(13), wall(16))) for span in hit.times)


@pytest.mark.usefixtures("opened")
def test_the_nearest_free_times_after_the_change_are_proposed():
    row = booked(14)
    booked(16, machine=row.machine)
    (hit,) = foresee_change(closing(), now=NOW).hits
    assert hit.times[0] == Span(wall(17), wall(18))
    assert len(hit.times) == 3


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("number", [1, 6])
def test_looking_takes_the_same_number_of_queries_whatever_is_hit(number, django_assert_num_queries):
    for _ in range(number):
        booked(14)
    asked = {"starts_at": wall(14), "ends_at": wall(16), "reason": "x"}
    with django_assert_num_queries(9):
        hits = foresee_change(lambda: Closure.objects.create(**asked), now=NOW).hits
    assert len(hits) == number


# --- doing ---


@pytest.mark.usefixtures("opened")
def test_left_alone_a_booking_waits_and_its_holder_is_told(manager):
    row = booked(14)
    done(closing(), manager, choices={})
    assert state(row) == (State.TO_CONFIRM, "closed")
    assert Message.objects.count() == 1


@pytest.mark.usefixtures("opened")
def test_each_booking_gets_what_was_chosen_and_one_message_at_most(manager):
    kept, moved, cancelled, left = (booked(14, member=AdultFactory(), machine__min_minutes=30) for _ in range(4))
    choices = {
        kept.pk: Choice(Fate.KEPT),
        moved.pk: Choice(Fate.MOVED, Span(wall(17), wall(18))),
        cancelled.pk: Choice(Fate.CANCELLED),
    }
    done(closing(), manager, choices=choices, reason="fuite d'eau")
    assert state(kept) == (State.CONFIRMED, "")
    assert (kept.waived, kept.waive_reason) == (["closed"], "fuite d'eau")
    assert (state(moved), moved.starts_at) == ((State.CONFIRMED, ""), wall(17))
    assert (state(cancelled), cancelled.cancel_reason, cancelled.cancelled_late) == (
        (State.CANCELLED, ""), "fuite d'eau", False,
    )  # fmt: skip
    assert state(left) == (State.TO_CONFIRM, "closed")
    people = sorted(Message.objects.values_list("recipient", flat=True))
    assert people == sorted([moved.member_id, cancelled.member_id, left.member_id])
    assert {"reservation.kept", "reservation.moved", "reservation.cancelled"} <= set(
        AuditEntry.objects.values_list("action", flat=True)
    )


@pytest.mark.usefixtures("opened")
def test_a_time_that_is_not_free_undoes_everything_and_says_for_whom(manager):
    one, two = (booked(14, member=AdultFactory(first_name=name)) for name in ("Inès", "Milo"))
    booked(17, machine=two.machine)
    choices = {one.pk: Choice(Fate.CANCELLED), two.pk: Choice(Fate.MOVED, Span(wall(17), wall(18)))}
    with pytest.raises(Refused, match="Milo") as caught:
        done(closing(), manager, choices=choices)
    assert caught.value.codes == ["overlap"]
    assert (state(one), state(two)) == ((State.CONFIRMED, ""), (State.CONFIRMED, ""))
    assert (Closure.objects.count(), Message.objects.count()) == (0, 0)


@pytest.mark.usefixtures("opened")
def test_a_booking_made_meanwhile_stops_the_change(manager):
    booked(14)
    seal = foresee_change(closing(), now=NOW).seal
    late = booked(15)
    with pytest.raises(Unforeseen):
        carry_out(closing(), actor=manager, seal=seal, choices={}, now=NOW)
    assert (state(late), Closure.objects.count()) == ((State.CONFIRMED, ""), 0)


@pytest.mark.usefixtures("opened")
def test_choices_for_bookings_that_are_not_hit_are_ignored(manager):
    booked(14)
    other = booked(17)
    done(closing(), manager, choices={other.pk: Choice(Fate.CANCELLED)})
    assert state(other) == (State.CONFIRMED, "")


@pytest.mark.usefixtures("opened")
def test_only_who_may_set_the_rule_aside_keeps_a_booking():
    facilitator, row = StaffFactory(roles=["desk"]), booked(14)
    (hit,) = foresee_change(closing(), now=NOW).hits
    assert not hit.may_be_kept(facilitator)
    with pytest.raises(PermissionDenied):
        done(closing(), facilitator, choices={row.pk: Choice(Fate.KEPT)})
    assert (state(row), Closure.objects.count()) == ((State.CONFIRMED, ""), 0)


@pytest.mark.usefixtures("opened")
def test_what_was_set_aside_for_a_booking_goes_with_it(manager):
    row = booked(14, waived=["membership_expired"], waive_reason="portes ouvertes", machine__trial_visits=0)
    done(closing(), manager, choices={row.pk: Choice(Fate.MOVED, Span(wall(17), wall(18)))})
    assert (state(row), row.starts_at) == ((State.CONFIRMED, ""), wall(17))
