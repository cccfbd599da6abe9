"""What reports count of workshops: a person once however often they came."""

from datetime import timedelta

import pytest

from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.place import wall
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory
from tests.workshops.test_kinds import cycle
from workshops import services
from workshops.attended_queries import tallies
from workshops.models import Registration
from workshops.services import Tap

pytestmark = pytest.mark.django_db
START, END = wall(2026, 9, 1), wall(2027, 9, 1)
LATER = wall(2027, 1, 31)


def came(session, member, desk, state="present"):
    services.mark(session=session, member=member, state=state, actor=desk, tap=Tap(at=session.starts_at), now=LATER)


@pytest.fixture
def desk():
    return StaffFactory(roles=["desk"])


def test_a_cycle_counts_one_person_once(desk):
    dates, ines, yanis = cycle(count=4), MemberFactory(), MemberFactory()
    for date in dates:
        came(date, ines, desk)
    came(dates[0], yanis, desk)
    came(dates[1], yanis, desk, state="absent")
    (found,) = tallies(START, END)
    assert (found.people, found.acts, found.time) == (2, 5, timedelta(hours=10))


def test_a_duo_is_two_and_people_without_a_name_are_one_each(desk):
    session = SessionFactory(workshop=WorkshopFactory(kind="duo"))
    came(session, RegistrationFactory(session=session, seats=2).member, desk)
    services.count_walk_ins(
        session=session, people=3, band="12-14", gender="f", actor=desk, tap=Tap(at=session.starts_at), now=LATER
    )
    (found,) = tallies(START, END)
    assert (found.people, found.acts, found.time) == (5, 5, timedelta(hours=10))


def test_another_period_and_who_helped_are_not_counted(desk):
    session = SessionFactory()
    tap = Tap(at=session.starts_at)
    services.mark(
        session=session, member=MemberFactory(), state="present", role="mentor", actor=desk, tap=tap, now=LATER
    )
    came(SessionFactory(starts_at=wall(2026, 8, 31, 14)), MemberFactory(), desk)
    assert tallies(START, END) == []


@pytest.mark.parametrize("people", [1, 20])
def test_counting_takes_one_query(desk, people, django_assert_num_queries):
    for _ in range(people):
        came(SessionFactory(), MemberFactory(), desk)
    with django_assert_num_queries(1):
        assert len(tallies(START, END)) == people


def test_fourteen_ask_by_every_channel_for_twelve_places(desk):
    """T8: the line is in the order of asking; who is first is offered the place, by telephone without an e-mail."""
    session, now = SessionFactory(workshop=WorkshopFactory(places=12)), wall(2026, 11, 20, 9)
    channels = ("desk", "paper", "phone")
    made = [
        services.register(
            session=session, member=MemberFactory(email=""), actor=desk, channel=channels[number % 3],
            now=now + timedelta(minutes=number),
        )
        for number in range(14)
    ]  # fmt: skip
    assert [one.status for one in made] == ["confirmed"] * 12 + ["waitlisted"] * 2
    services.cancel_registration(registration=made[3], actor=desk, channel="phone", now=now + timedelta(hours=1))
    assert [Registration.objects.get(pk=one.pk).status for one in made[12:]] == ["held", "waitlisted"]
    told = made[12].member.messages.latest("pk")
    assert (told.via, told.state) == ("call", "waiting")
