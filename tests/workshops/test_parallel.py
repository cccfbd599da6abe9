"""Many people at once for the last place, on a committed database, each in a connection of their own."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from members.models import Message
from place import services as place
from place.models import OpeningPeriod
from place.patterns import RuleSpec
from tests.factories.members import MemberFactory
from tests.factories.place import LabSettingsFactory, wall
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory
from workshops import services
from workshops.queries import seats_taken

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
    assert seats_taken(session) == 3


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
    assert seats_taken(session) == 2
    first.refresh_from_db()
    assert first.status == "confirmed"
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
