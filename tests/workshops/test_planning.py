from datetime import date, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from booking import services as booking
from booking.models import Reservation
from booking.problems import Refused
from members.models import AuditEntry, Message
from place.clock import local
from place.patterns import InvalidRule, RuleSpec
from tests.factories.machines import MachineFactory
from tests.factories.members import StaffFactory
from tests.factories.place import LabSettingsFactory, wall
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory
from workshops import services
from workshops.models import Workshop, WorkshopSeries, WorkshopSession

pytestmark = pytest.mark.django_db
NOW = wall(2026, 11, 2, 8)
WEEKLY = RuleSpec(frequency="weekly", weekdays=("WE",))


@pytest.fixture
def machine():
    return MachineFactory()


@pytest.fixture
def workshop(machine):
    workshop = WorkshopFactory(places=6)
    workshop.machines.add(machine)
    return workshop


def series_of(workshop, **changes):
    wish = {
        "starts_at": wall(2026, 11, 4, 14),
        "ends_at": wall(2026, 11, 4, 16),
        "rule": WEEKLY,
        "actor": None,
        "now": NOW,
    }
    return services.schedule_series(workshop=workshop, **wish | changes)


def live(**filters):
    return [(row.starts_at, row.ends_at) for row in Reservation.objects.filter(state="confirmed", **filters)]


def occupied(machine, start, end):
    return booking.block_machines(machines=[machine], starts_at=start, ends_at=end, kind="maintenance", actor=None)


def test_a_series_is_laid_out_with_its_places_and_its_machines(workshop):
    LabSettingsFactory(horizon_days=31)
    sessions = list(series_of(workshop).sessions.all())
    assert [local(one.starts_at).date() for one in sessions] == [
        date(2026, 11, 4) + timedelta(weeks=w) for w in range(5)
    ]
    assert {(local(one.starts_at).time(), one.places) for one in sessions} == {(time(14), 6)}
    assert live(kind="workshop") == [(one.starts_at, one.ends_at) for one in sessions]
    assert [one.reservations.count() for one in sessions] == [1] * 5


def test_a_series_that_meets_a_taken_machine_is_refused_whole(workshop, machine):
    occupied(machine, wall(2026, 11, 18, 15), wall(2026, 11, 18, 17))
    with pytest.raises(Refused) as refused:
        series_of(workshop)
    assert refused.value.codes == ["overlap"]
    assert (WorkshopSeries.objects.count(), WorkshopSession.objects.count(), len(live(kind="workshop"))) == (0, 0, 0)


def test_series_go_on_to_the_horizon_once(workshop):
    LabSettingsFactory(horizon_days=31)
    series = series_of(workshop)
    later = NOW + timedelta(days=14)
    assert services.materialise_series(later) == 2
    assert services.materialise_series(later) == 0
    assert series.sessions.count() == 7
    assert len(live(kind="workshop")) == 7


def test_a_later_session_is_laid_out_without_a_machine_that_is_taken_and_the_log_says_so(workshop, machine):
    LabSettingsFactory(horizon_days=31)
    series = series_of(workshop)
    occupied(machine, wall(2026, 12, 9, 15), wall(2026, 12, 9, 17))
    assert services.materialise_series(NOW + timedelta(days=14)) == 2
    without, with_machine = series.sessions.order_by("starts_at")[5:]
    assert [one.reservations.count() for one in (without, with_machine)] == [0, 1]
    entry = AuditEntry.objects.get(action="session.machines_taken")
    assert (entry.subject, entry.detail) == (f"workshopsession:{without.pk}", {"problems": ["overlap"]})


def test_a_session_that_backs_up_at_the_skipped_hour_is_refused(workshop):
    with pytest.raises(InvalidRule):
        services.schedule_session(
            workshop=workshop, starts_at=wall(2026, 11, 4, 16), ends_at=wall(2026, 11, 4, 14), actor=None
        )
    assert not WorkshopSession.objects.exists()


def test_moving_a_session_moves_its_machines_and_tells_everybody(workshop):
    session = SessionFactory(workshop=workshop)
    comes, waits, left = (
        RegistrationFactory(session=session, status=s) for s in ("confirmed", "waitlisted", "cancelled")
    )
    moved = services.move_session(
        session=session, starts_at=wall(2026, 11, 26, 9), ends_at=wall(2026, 11, 26, 11), actor=None, now=NOW
    )
    assert live(kind="workshop") == [(wall(2026, 11, 26, 9), wall(2026, 11, 26, 11))]
    assert (moved.occurrence.start, moved.sequence) == (wall(2026, 11, 26, 9), 1)
    assert set(Message.objects.values_list("recipient", flat=True)) == {comes.member_id, waits.member_id}
    assert left.member_id not in Message.objects.values_list("recipient", flat=True)


def test_a_session_may_move_over_its_own_former_time(workshop):
    session = SessionFactory(workshop=workshop)
    services.move_session(
        session=session, starts_at=wall(2026, 11, 25, 15), ends_at=wall(2026, 11, 25, 17), actor=None, now=NOW
    )
    assert live(kind="workshop") == [(wall(2026, 11, 25, 15), wall(2026, 11, 25, 17))]


def test_a_move_onto_a_taken_machine_changes_nothing(workshop, machine):
    session = SessionFactory(workshop=workshop)
    RegistrationFactory(session=session)
    occupied(machine, wall(2026, 11, 26, 10), wall(2026, 11, 26, 12))
    with pytest.raises(Refused):
        services.move_session(
            session=session, starts_at=wall(2026, 11, 26, 9), ends_at=wall(2026, 11, 26, 11), actor=None, now=NOW
        )
    session.refresh_from_db()
    assert session.starts_at == session.occurrence.start == wall(2026, 11, 25, 14)
    assert live(kind="workshop") == [(session.starts_at, session.ends_at)]
    assert not Message.objects.exists()


def test_cancelling_a_session_frees_its_machines_and_tells_why(workshop, machine):
    session = SessionFactory(workshop=workshop)
    comes = RegistrationFactory(session=session)
    services.cancel_session(session=session, reason="Animatrice malade", actor=None, now=NOW)
    session.refresh_from_db()
    assert (session.state, session.cancel_reason, session.occurrence.cancelled) == (
        "cancelled",
        "Animatrice malade",
        True,
    )
    message = Message.objects.get(recipient=comes.member)
    assert "Animatrice malade" in message.body
    assert occupied(machine, session.starts_at, session.ends_at)


def test_a_cancelled_or_past_session_is_neither_moved_nor_cancelled():
    cancelled, past = SessionFactory(cancelled="Grippe"), SessionFactory(starts_at=NOW - timedelta(days=3))
    for session in (cancelled, past):
        with pytest.raises(Refused):
            services.cancel_session(session=session, reason="encore", actor=None, now=NOW)
        with pytest.raises(Refused):
            services.move_session(
                session=session, starts_at=wall(2026, 12, 1, 9), ends_at=wall(2026, 12, 1, 11), actor=None, now=NOW
            )


def test_a_cancelled_session_stays_so_when_the_series_goes_on(workshop):
    LabSettingsFactory(horizon_days=31)
    series = series_of(workshop)
    services.cancel_session(session=series.sessions.all()[1], reason="Férié", actor=None, now=NOW)
    services.materialise_series(NOW + timedelta(days=14))
    assert list(series.sessions.values_list("state", flat=True)) == ["scheduled", "cancelled"] + ["scheduled"] * 5


def test_more_places_are_offered_to_who_waits_and_fewer_than_are_taken_are_refused():
    session = SessionFactory(workshop=WorkshopFactory(places=1, hold_hours=0))
    RegistrationFactory(session=session)
    waiting = [RegistrationFactory(session=session, status="waitlisted") for _ in range(2)]
    services.change_places(session=session, places=2, actor=None, now=NOW)
    assert [type(one).objects.get(pk=one.pk).status for one in waiting] == ["confirmed", "waitlisted"]
    with pytest.raises(Refused) as refused:
        services.change_places(session=session, places=1, actor=None, now=NOW)
    assert refused.value.problems[0].detail == {"taken": 2}
    session.refresh_from_db()
    assert session.places == 2


def test_saving_a_workshop_touches_the_calendar_of_coming_sessions_only():
    workshop = WorkshopFactory()
    past = SessionFactory(workshop=workshop, starts_at=NOW - timedelta(days=3))
    coming = SessionFactory(workshop=workshop)
    workshop.title = "Robots"
    services.save_workshop(workshop=workshop, actor=None, now=NOW)
    past.refresh_from_db()
    coming.refresh_from_db()
    assert (past.sequence, coming.sequence, coming.updated_at) == (0, 1, NOW)


def test_planning_needs_the_right(workshop):
    stranger = StaffFactory(roles=["facilitator"])
    session = SessionFactory(workshop=workshop)
    acts = [
        lambda actor: services.save_workshop(workshop=Workshop(slug="x", title="X"), actor=actor),
        lambda actor: series_of(WorkshopFactory(), actor=actor),
        lambda actor: services.schedule_session(
            workshop=WorkshopFactory(), starts_at=wall(2026, 12, 1, 9), ends_at=wall(2026, 12, 1, 11), actor=actor
        ),
        lambda actor: services.change_places(session=session, places=3, actor=actor, now=NOW),
        lambda actor: services.move_session(
            session=session, starts_at=wall(2026, 12, 1, 9), ends_at=wall(2026, 12, 1, 11), actor=actor, now=NOW
        ),
        lambda actor: services.cancel_session(session=session, reason="Grippe", actor=actor, now=NOW),
    ]
    for act in acts:
        with pytest.raises(PermissionDenied):
            act(stranger)
    planner = StaffFactory(roles=["fab_manager"])
    for act in acts:
        act(planner)
    session.refresh_from_db()
    assert (session.state, session.places) == ("cancelled", 3)


@pytest.mark.parametrize("count", [1, 30])
def test_a_series_without_machines_takes_the_same_number_of_queries(count, django_assert_num_queries):
    workshop = WorkshopFactory()
    with django_assert_num_queries(24):
        series = series_of(workshop, rule=RuleSpec(frequency="weekly", count=count))
    assert series.sessions.count() == count


@pytest.mark.parametrize("places", [0, -1])
def test_a_session_has_at_least_one_place(places):
    workshop = WorkshopFactory()
    workshop.places = places
    with pytest.raises(ValidationError):
        SessionFactory(workshop=workshop)
    assert not WorkshopSession.objects.exists()
