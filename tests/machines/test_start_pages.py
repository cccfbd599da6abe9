"""“Start the machine” as a person meets it: on the machine's page, and on the page the button leads to."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from machines.models import Machine, PowerOrder, StartRequest
from members.models import User
from place.models import OpeningKind, OpeningPeriod
from tests.factories.booking import ReservationFactory
from tests.factories.cms import site_tree
from tests.factories.machines import MachineFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db
PAGE, ITS_PAGE = "/machines/laser/demarrer/", "/machines/laser/"
BUTTON = "Démarrer la machine"


@pytest.fixture
def laser() -> Machine:
    now = timezone.now()
    hours = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=1)}
    OpeningPeriod.objects.create(kind=OpeningKind.OPEN_LAB, label="Open lab", **hours)
    machine = MachineFactory(slug="laser", name="Découpe laser", switchable=True)
    site_tree()
    return machine


@pytest.fixture
def ines(laser: Machine) -> User:
    return MemberFactory(username="inesm")


def text(response) -> str:
    return response.content.decode()


def test_member_who_may_starts_it_from_its_page(client: Client, laser: Machine, ines: User) -> None:
    client.force_login(ines)
    shown = text(client.get(ITS_PAGE))
    assert (BUTTON in shown, f'action="{PAGE}"' in shown, "dispositif de sécurité" in shown) == (True, True, True)
    told = text(client.post(PAGE, follow=True))
    assert ("La machine est à toi jusqu’à" in told, "se met en marche" in told) == (True, True)
    assert StartRequest.objects.get().member == ines
    PowerOrder.objects.update(fate="sent")
    assert "se met en marche. Rien" not in text(client.get(PAGE))


def test_who_may_not_reads_why_and_gets_no_button(client: Client, laser: Machine, ines: User) -> None:
    other = MemberFactory(first_name="Zoé", last_name="Cachée")
    ReservationFactory(machine=laser, member=other, starts_at=timezone.now() - timedelta(minutes=5))
    client.force_login(ines)
    for shown in (text(client.get(ITS_PAGE)), text(client.get(PAGE)), text(client.post(PAGE))):
        assert "Déjà pris" in shown
        assert "<button" not in shown.partition("Déjà pris")[2].partition("</section>")[0]
        assert "Cachée" not in shown
    assert client.post(PAGE).status_code == 422
    assert not StartRequest.objects.exists()


def test_who_has_not_signed_in_is_led_to_the_button(client: Client, laser: Machine) -> None:
    assert f'href="{PAGE}"' in text(client.get(ITS_PAGE))
    assert client.get(PAGE)["Location"] == f"{reverse('account_login')}?next={PAGE}"


def test_machine_that_is_not_switched_offers_nothing(client: Client, laser: Machine, ines: User) -> None:
    Machine.objects.update(switchable=False)
    client.force_login(ines)
    assert BUTTON not in text(client.get(ITS_PAGE))
    assert "ne se démarre pas d’ici" in text(client.get(PAGE))
    assert client.post(PAGE).status_code == 422
    assert not PowerOrder.objects.exists()
