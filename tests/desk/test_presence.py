"""Nobody has said to be at the machine: the wall turns red, the desk can answer; no name is on the wall."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from desk.queries import board
from machines.models import Machine, PresenceCheck
from members.models import User
from tests.factories.booking import wall
from tests.factories.machines import MachineFactory
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.presence import asked

pytestmark = pytest.mark.usefixtures("open_day", "now")
PAGE, FRAGMENT, DESK = "/tableau/", "/tableau/fragment/", "/accueil/"
WORDS = "Personne n’a confirmé être à la machine depuis"
ALARM = "data-alarm="


@pytest.fixture
def laser() -> Machine:
    return MachineFactory(name="Découpeuse laser", presence_minutes=2)


@pytest.fixture
def ines() -> User:
    return MemberFactory(first_name="Inès", last_name="Belcastel", username="inesb")


def unanswered(laser: Machine, ines: User, minutes: int) -> PresenceCheck:
    """A use that has run, and been asked about, for some minutes of this afternoon."""
    started = wall(14.5).replace(second=20) - timedelta(minutes=minutes)
    check = asked(laser, started_at=started, member=ines)
    PresenceCheck.objects.update(due_at=started + timedelta(minutes=laser.presence_minutes))
    return check


def page(client: Client, address: str = PAGE) -> str:
    return client.get(address).content.decode()


@pytest.mark.parametrize("address", [PAGE, FRAGMENT])
def test_past_the_delay_the_tile_turns_red_in_words_without_a_name(client: Client, laser, ines, address) -> None:
    unanswered(laser, ines, 3)
    shown = page(client, address)
    assert f"{WORDS} 3 min" in shown
    assert "Personne n’a confirmé être à la machine : Découpeuse laser." in shown
    assert "informe seulement" in shown
    assert "tile alarm" in shown
    assert [name for name in ("Inès", "Belcastel", "inesb") if name in shown] == []


def test_within_the_delay_and_after_the_answer_nothing_is_red(client: Client, laser, ines) -> None:
    check = unanswered(laser, ines, 1)
    assert [word for word in (WORDS, ALARM, "tile alarm") if word in page(client)] == []
    PresenceCheck.objects.update(due_at=wall(14.5))
    assert ALARM in page(client)
    client.force_login(StaffFactory(roles=["desk"]))
    client.post(f"{DESK}presences/{check.pk}/")
    assert [word for word in (WORDS, ALARM, "tile alarm") if word in page(client)] == []


def test_the_wall_turns_red_without_anything_else_happening(laser, ines, now: datetime) -> None:
    unanswered(laser, ines, 1)
    calm, late = board(now, names=False), board(now + timedelta(minutes=1), names=False)
    assert (calm.unwatched, late.unwatched) == ("", "Découpeuse laser")
    assert calm != late


def test_the_desk_sees_at_once_who_is_asked_and_says_it(client: Client, laser, ines) -> None:
    check, person = unanswered(laser, ines, 1), StaffFactory(roles=["desk"])
    client.force_login(person)
    shown = page(client, DESK)
    assert ("La machine tourne" in shown, "pas confirmé depuis" in shown) == (True, False)
    PresenceCheck.objects.update(due_at=wall(14.5))
    assert "pas confirmé depuis 1 min" in page(client, DESK)
    answer = client.post(f"{DESK}presences/{check.pk}/", follow=True).content.decode()
    assert ("C’est noté" in answer, "La machine tourne" in answer) == (True, False)
    check.refresh_from_db()
    assert (check.confirmed_by, check.channel) == (person, "desk")


def test_the_desk_is_told_when_it_comes_too_late(client: Client, laser, ines, now: datetime) -> None:
    check = unanswered(laser, ines, 3)
    type(check.session).objects.update(ended_at=now, outcome="completed")
    client.force_login(StaffFactory(roles=["desk"]))
    assert "La machine a fini" in client.post(f"{DESK}presences/{check.pk}/", follow=True).content.decode()


@pytest.mark.parametrize("count", [1, 6])
def test_the_queries_are_the_same_for_one_machine_and_many(now, count: int, django_assert_num_queries) -> None:
    for number in range(count):
        asked(MachineFactory(presence_minutes=2), started_at=wall(14), key=str(number))
    PresenceCheck.objects.update(due_at=wall(14.4))
    with django_assert_num_queries(6):
        board(now, names=False)
