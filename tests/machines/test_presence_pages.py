"""“I am at the machine” as a person meets it: on the machine's page, and on the page the button leads to."""

import pytest
from django.test import Client
from django.urls import reverse

from machines.models import Machine, Outcome, PresenceCheck
from machines.services.usage import close_usage
from members.models import User
from tests.factories.cms import site_tree
from tests.factories.machines import MachineFactory, QualificationFactory
from tests.factories.members import MemberFactory
from tests.factories.presence import overdue

pytestmark = pytest.mark.django_db
PAGE, ITS_PAGE = "/machines/laser/presence/", "/machines/laser/"
BUTTON = "Je suis à la machine"


@pytest.fixture
def laser() -> Machine:
    machine = MachineFactory(slug="laser", name="Découpe laser", presence_minutes=2)
    site_tree()
    return machine


@pytest.fixture
def holder(laser: Machine) -> User:
    return MemberFactory(username="inesm")


@pytest.fixture
def check(laser: Machine, holder: User) -> PresenceCheck:
    return overdue(laser, member=holder)


def text(response) -> str:
    return response.content.decode()


def test_who_uses_the_machine_confirms_from_its_page(client: Client, check: PresenceCheck, holder: User) -> None:
    client.force_login(holder)
    shown = text(client.get(ITS_PAGE))
    assert (BUTTON in shown, f'action="{PAGE}"' in shown, "n’arrête rien" in shown) == (True, True, True)
    thanked = text(client.post(PAGE, follow=True))
    assert ("C’est noté" in thanked, BUTTON in thanked) == (True, False)
    check.refresh_from_db()
    assert (check.confirmed_by, check.channel) == (holder, "online")
    assert BUTTON not in text(client.get(ITS_PAGE))


def test_a_second_tap_is_no_error(client: Client, check: PresenceCheck, holder: User) -> None:
    client.force_login(holder)
    assert [client.post(PAGE).status_code for _ in range(2)] == [302, 200]


def test_who_has_not_signed_in_is_led_to_the_button(client: Client, check: PresenceCheck, holder: User) -> None:
    shown = text(client.get(ITS_PAGE))
    assert (f'href="{PAGE}"' in shown, "<form method=" in shown.partition("La machine tourne")[2]) == (True, False)
    assert client.get(PAGE)["Location"] == f"{reverse('account_login')}?next={PAGE}"
    client.force_login(holder)
    assert BUTTON in text(client.get(PAGE))


def test_a_stranger_is_told_who_can_and_changes_nothing(client: Client, check: PresenceCheck) -> None:
    client.force_login(MemberFactory())
    assert BUTTON not in text(client.get(ITS_PAGE))
    answer = client.post(PAGE)
    assert (answer.status_code, "Demande à l’équipe" in text(answer)) == (422, True)
    check.refresh_from_db()
    assert check.confirmed_at is None


def test_a_habilitated_friend_finds_the_button(client: Client, check: PresenceCheck, laser: Machine) -> None:
    client.force_login(QualificationFactory(category=laser.category, level=2).member)
    assert BUTTON in text(client.get(ITS_PAGE))


def test_a_machine_that_ended_in_between_says_so(client: Client, check, holder, monkeypatch) -> None:
    real = User.has_perm

    def ends_meanwhile(user: User, right: str, *more: object) -> bool:
        if right == "members.use_desk":
            close_usage(check.session, ended_at=check.due_at, outcome=Outcome.COMPLETED)
        return real(user, right, *more)

    client.force_login(holder)
    monkeypatch.setattr(User, "has_perm", ends_meanwhile)
    assert "La machine a fini" in text(client.post(PAGE, follow=True))


def test_nothing_is_asked_of_a_machine_that_is_still(client: Client, laser: Machine, holder: User) -> None:
    client.force_login(holder)
    assert BUTTON not in text(client.get(ITS_PAGE))
    assert "Rien à confirmer" in text(client.get(PAGE))


def test_no_page_of_a_machine_says_who_uses_it(client: Client, check: PresenceCheck, holder: User) -> None:
    client.force_login(MemberFactory())
    for page in (ITS_PAGE, PAGE):
        shown = text(client.get(page))
        assert [name for name in (holder.first_name, holder.username) if name in shown] == []
