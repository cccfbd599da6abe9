"""Many people at once for the last place, on a committed database, each in a connection of their own."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from members.models import Message
from place import services as place
from place.models import OpeningPeriod
from place.patterns import RuleSpec
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.place import LabSettingsFactory, wall
from tests.factories.workshops import DayFactory, RegistrationFactory, SessionFactory, WorkshopFactory, choice
from workshops import services
from workshops.models import Attendance
from workshops.services import Tap

pytestmark = [pytest.mark.parallel, pytest.mark.usefixtures("committed_db")]
NOW = wall(2026, 11, 20, 9)


def all_at_once(acts):
    """Run every act in its own thread, all released together; return their results, or the errors they raised."""
    start = Barrier(len(acts))

    def run(act):
        try:
            start.wait(timeout=30)
            return act()
        except Exception as error:  # noqa: BLE001 -- judged by the test
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def registering(session, member):
    return lambda: services.register(session=session, member=member, actor=member, now=NOW).status


def test_the_last_place_is_given_once():
    session = SessionFactory(workshop=WorkshopFactory(places=3))
    for _ in range(2):
        RegistrationFactory(session=session)
    members = MemberFactory.create_batch(12)
    statuses = Counter(all_at_once([registering(session, member) for member in members]))
    assert statuses == {"confirmed": 1, "waitlisted": 11}
    session.refresh_from_db()
    assert (session.seats_taken, session.waiting) == (3, 11)


def test_one_person_asking_many_times_is_registered_once():
    session, member = SessionFactory(), MemberFactory()
    results = all_at_once([registering(session, member) for _ in range(8)])
    assert results.count("confirmed") == 1
    assert {tuple(error.codes) for error in results if error != "confirmed"} == {("already_registered",)}
    assert session.registrations.count() == 1


def test_a_cancellation_in_the_middle_of_the_rush_promotes_one_and_tells_once():
    session = SessionFactory(workshop=WorkshopFactory(places=2))
    leaves, _stays = (RegistrationFactory(session=session) for _ in range(2))
    first, *_others = (RegistrationFactory(session=session, status="waitlisted") for _ in range(4))
    acts = [registering(session, member) for member in MemberFactory.create_batch(8)]
    acts.insert(4, lambda: services.cancel_registration(registration=leaves, actor=leaves.member, now=NOW).status)
    assert Counter(all_at_once(acts)) == {"waitlisted": 8, "cancelled": 1}
    session.refresh_from_db()
    assert session.seats_taken == 2
    first.refresh_from_db()
    assert first.status == "held"
    assert list(Message.objects.values_list("recipient_id", flat=True)) == [first.member_id]


def test_horizons_extended_twice_at_once_are_laid_out_once():
    LabSettingsFactory(horizon_days=31)
    place.plan_openings(
        kind="open_lab",
        label="Mercredi",
        starts_at=wall(2026, 11, 4, 14),
        ends_at=wall(2026, 11, 4, 18),
        rule=RuleSpec(frequency="weekly"),
        actor=None,
        now=wall(2026, 11, 2, 8),
    )
    results = all_at_once([lambda: place.extend_horizons(NOW)] * 4)
    assert sorted(results) == [0, 0, 0, 2]
    starts = list(OpeningPeriod.objects.values_list("starts_at", flat=True))
    assert len(starts) == len(set(starts)) == 7


def test_thirty_for_the_last_place_with_a_cancellation_in_the_middle_and_ten_who_wait():
    session = SessionFactory(workshop=WorkshopFactory(places=10))
    leaves, *_others = (RegistrationFactory(session=session) for _ in range(9))
    line = [RegistrationFactory(session=session, status="waitlisted") for _ in range(10)]
    acts = [registering(session, member) for member in MemberFactory.create_batch(30)]
    acts.insert(15, lambda: services.cancel_registration(registration=leaves, actor=leaves.member, now=NOW).status)
    found = Counter(all_at_once(acts))
    session.refresh_from_db()
    live = session.registrations.filter(status__in=["confirmed", "held", "pending"])
    assert (session.seats_taken, live.count()) == (10, 10)
    assert found["cancelled"] == 1
    assert found["confirmed"] + found["waitlisted"] == 30
    promoted = [one.member_id for one in session.registrations.filter(status="held")]
    assert promoted in ([line[0].member_id], [line[0].member_id, line[1].member_id])
    told = list(Message.objects.values_list("recipient_id", flat=True))
    assert sorted(told) == sorted(promoted)
    assert session.waiting == session.registrations.filter(status="waitlisted").count()


def test_the_last_place_of_a_cycle_is_given_once_on_every_date():
    series = services.schedule_series(
        workshop=WorkshopFactory(kind="cycle", places=1), starts_at=wall(2026, 11, 25, 14),
        ends_at=wall(2026, 11, 25, 16), rule=RuleSpec(frequency="weekly", count=3), actor=None, now=NOW,
    )  # fmt: skip
    dates = list(series.sessions.all())
    members = MemberFactory.create_batch(9)
    acts = [registering(dates[number % 3], member) for number, member in enumerate(members)]
    assert Counter(all_at_once(acts)) == {"confirmed": 1, "waitlisted": 8}
    for one in dates:
        one.refresh_from_db()
    assert [(one.seats_taken, one.waiting) for one in dates] == [(1, 8)] * 3


def test_a_yes_and_the_end_of_the_hold_at_once_give_the_place_to_one():
    session = SessionFactory(workshop=WorkshopFactory(places=1))
    until = NOW + timedelta(hours=1)
    held = RegistrationFactory(session=session, status="held", held_until=until)
    waits = RegistrationFactory(session=session, status="waitlisted")
    acts = [
        lambda: services.accept_place(registration=held, actor=held.member, now=until - timedelta(seconds=1)).status,
        lambda: services.expire_holds(until),
        lambda: services.expire_holds(until),
    ]
    results = all_at_once(acts)
    statuses = [type(one).objects.get(pk=one.pk).status for one in (held, waits)]
    assert statuses in (["confirmed", "waitlisted"], ["cancelled", "held"])
    assert (results[0] == "confirmed") == (statuses[0] == "confirmed")
    session.refresh_from_db()
    assert session.seats_taken == 1


def test_reminders_of_two_workers_are_sent_once_each():
    rows = [RegistrationFactory() for _ in range(5)]
    now = rows[0].session.starts_at - timedelta(hours=3)
    assert sum(all_at_once([lambda: services.remind(now)] * 4)) == 5
    assert Message.objects.count() == 5


def test_too_few_people_are_told_once_by_two_workers():
    session = SessionFactory(workshop=WorkshopFactory(least=3))
    RegistrationFactory(session=session)
    now = session.starts_at - timedelta(hours=2)
    assert sorted(all_at_once([lambda: services.cancel_undersubscribed(now)] * 3)) == [0, 0, 1]
    assert Message.objects.count() == 1


def test_two_tablets_mark_the_same_person_once():
    session, member = SessionFactory(starts_at=timezone.now()), MemberFactory()
    desk = StaffFactory(roles=["desk"])

    def tap(state, key):
        act = Tap(key=key, version=0)
        return lambda: services.mark(session=session, member=member, state=state, actor=desk, tap=act).state

    results = all_at_once([tap("present", "a"), tap("absent", "b"), tap("present", "a"), tap("present", "c")])
    row = Attendance.objects.get()
    assert {result for result in results if not isinstance(result, Exception)} == {row.state}
    assert {type(result) for result in results if isinstance(result, Exception)} <= {services.Conflict}


def test_the_last_place_of_a_day_and_of_a_choice_are_given_once():
    day = DayFactory(places=3)
    session = choice(day.bands.first(), places=1)

    def joins(member):
        return lambda: services.register_day(programme=day, member=member, choices=[session], actor=member, now=NOW).pk

    results = all_at_once([joins(member) for member in MemberFactory.create_batch(8)])
    refused = [one for one in results if isinstance(one, Exception)]
    assert {tuple(one.codes) for one in refused} == {("full",)}
    day.refresh_from_db()
    session.refresh_from_db()
    assert (len(results) - len(refused), day.seats_taken) == (3, 3)
    assert (session.seats_taken, session.waiting) == (1, 2)


def test_moving_the_following_while_people_register_loses_nobody():
    series = services.schedule_series(
        workshop=WorkshopFactory(places=8), starts_at=wall(2026, 11, 25, 14), ends_at=wall(2026, 11, 25, 16),
        rule=RuleSpec(frequency="weekly", count=3), actor=None, now=NOW,
    )  # fmt: skip
    first, second, _third = series.sessions.order_by("starts_at")
    start = wall(2026, 11, 25, 15)
    acts = [registering(second, member) for member in MemberFactory.create_batch(6)]
    acts.append(
        lambda: len(
            services.move_sessions(
                session=first, scope="all", starts_at=start, ends_at=start + timedelta(hours=2), actor=None, now=NOW
            )
        )
    )
    assert Counter(all_at_once(acts)) == {"confirmed": 6, 3: 1}
    second.refresh_from_db()
    assert (second.starts_at, second.seats_taken) == (wall(2026, 12, 2, 15), 6)
