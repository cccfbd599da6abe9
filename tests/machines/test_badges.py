"""Open Badges 2.0: at the holder's own wish, from 15 on, with nothing that names them."""

import hashlib
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from machines.models import OpenBadge
from machines.services.access import withdraw
from machines.services.badges import ask_for_badge
from tests.factories.machines import CategoryFactory, QualificationFactory
from tests.factories.members import MemberFactory, StaffFactory

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def held():
    member = MemberFactory(
        birth_date=TODAY.replace(year=TODAY.year - 16), email="canari@lab.example", first_name="Canari"
    )
    return QualificationFactory(member=member, category=CategoryFactory(slug="laser", name="Laser"), level=2)


def path(url: str) -> str:
    return url.removeprefix("http://localhost:8000")


def test_an_assertion_leads_to_its_class_and_its_issuer_and_names_nobody(held, client: Client) -> None:
    badge = ask_for_badge(person=held.member, qualification=held)
    answer = client.get(f"/badges/{badge.key}.json")
    document = answer.json()
    recipient = document["recipient"]
    salted = hashlib.sha256(f"canari@lab.example{recipient['salt']}".encode()).hexdigest()
    assert (recipient["identity"], recipient["hashed"]) == (f"sha256${salted}", True)
    assert "canari" not in answer.content.decode().lower()
    of_class = client.get(path(document["badge"])).json()
    assert of_class["type"] == "BadgeClass"
    assert client.get(path(of_class["issuer"])).json()["type"] == "Issuer"
    assert client.get(path(document["id"])).json() == document


def test_asked_twice_it_is_the_same_badge(held) -> None:
    first = ask_for_badge(person=held.member, qualification=held)
    assert ask_for_badge(person=held.member, qualification=held) == first
    assert OpenBadge.objects.count() == 1


@pytest.mark.parametrize(
    "fields", [{"birth_date": TODAY.replace(year=TODAY.year - 15) + timedelta(days=1)}, {"email": ""}]
)
def test_before_15_or_without_an_e_mail_there_is_none(held, fields) -> None:
    for name, value in fields.items():
        setattr(held.member, name, value)
    with pytest.raises(ValidationError):
        ask_for_badge(person=held.member, qualification=held)


def test_nobody_asks_for_somebody_else(held, client: Client) -> None:
    with pytest.raises(PermissionDenied):
        ask_for_badge(person=MemberFactory(), qualification=held)
    client.force_login(MemberFactory())
    assert client.post(f"/compte/badges/{held.pk}/").status_code == 404
    badge = ask_for_badge(person=held.member, qualification=held)
    assert client.post(f"/compte/badges/{badge.key}/retirer/").status_code == 404


def test_a_badge_taken_back_or_a_suspended_level_is_gone(held, client: Client) -> None:
    badge = ask_for_badge(person=held.member, qualification=held)
    withdraw(actor=StaffFactory(), qualification=held, reason="imprudence")
    gone = client.get(f"/badges/{badge.key}.json")
    assert (gone.status_code, gone.json()["revoked"]) == (410, True)


def test_the_account_page_offers_shows_and_takes_back(held, client: Client) -> None:
    client.force_login(held.member)
    assert f"/compte/badges/{held.pk}/" in client.get("/compte/").content.decode()
    client.post(f"/compte/badges/{held.pk}/")
    badge = OpenBadge.objects.get()
    assert f"/badges/{badge.key}.json" in client.get("/compte/").content.decode()
    client.post(f"/compte/badges/{badge.key}/retirer/")
    assert client.get(f"/badges/{badge.key}.json").status_code == 410


def test_a_class_that_is_not_there_is_404(client: Client) -> None:
    CategoryFactory(slug="laser")
    assert [client.get(f"/badges/laser/{level}.json").status_code for level in (0, 3, 4)] == [200, 200, 404]
