"""A workshop's page: what it is, what it costs, who runs it; a draft's is not there."""

from datetime import date, timedelta

import pytest

from cms.models import WorkshopPage
from cms.services import ensure_site
from cms.services.pages import save_workshop
from tests.factories.members import AdminFactory, MemberFactory, StaffFactory
from tests.factories.workshops import WorkshopFactory, cycle
from workshops import services
from workshops.models import Workshop

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    ensure_site()
    return AdminFactory()


def text(client, path="/ateliers/bateaux/"):
    return client.get(path).content.decode()


def test_the_page_says_kind_level_language_materials_and_agreements(client, boss):
    offer = {"kind": "duo", "difficulty": "beginner", "materials": "Un carton", "agreements": ["machines"]}
    workshop = WorkshopFactory(slug="bateaux", **offer)
    save_workshop(actor=boss, workshop=workshop)
    page = text(client)
    assert all(words in page for words in ("Duo", "Débutant", "français", "Un carton", "utiliser les machines"))
    assert "gratuit" in page


def test_prices_are_a_small_table_by_band(client, boss):
    workshop = save_workshop(actor=boss, workshop=WorkshopFactory(slug="bateaux"))
    services.price(workshop=workshop, cents_by_band={"": 1200, "1": 0}, actor=None)
    page = text(client)
    assert "12,00" in page
    assert "Jusqu’à 400" in page
    assert "<dt>Prix" not in page


def test_only_grown_ups_of_the_team_are_named_and_by_first_name(client, boss):
    workshop = save_workshop(actor=boss, workshop=WorkshopFactory(slug="bateaux"))
    workshop.facilitators.set(
        [
            StaffFactory(roles=["facilitator"], first_name="Awa", last_name="Diallo"),
            StaffFactory(roles=["facilitator"], first_name="Jeunot", birth_date=date(2010, 1, 1)),
            MemberFactory(roles=["mentor"], first_name="Médiateur", birth_date=date(1990, 1, 1)),
            StaffFactory(roles=["facilitator"], first_name="Partie", is_active=False),
        ]
    )
    page = text(client)
    assert "Awa" in page
    assert not [name for name in ("Diallo", "Jeunot", "Médiateur", "Partie") if name in page]


def test_a_cycle_is_one_entry_with_how_many_dates_it_has(client, boss, monkeypatch):
    dates = cycle(slug="bateaux")
    save_workshop(actor=boss, workshop=dates[0].workshop)
    monkeypatch.setattr("django.utils.timezone.now", lambda: dates[1].ends_at + timedelta(hours=1))
    (card,) = client.get("/ateliers/bateaux/").context["sessions"]
    assert card.session == dates[2]
    assert "encore 4 dates" in card.meta


def test_a_draft_has_no_public_page_until_it_is_one_no_longer(client, boss):
    workshop = save_workshop(actor=boss, workshop=WorkshopFactory.build(slug="bateaux", title="Secret", draft=True))
    assert client.get("/ateliers/bateaux/").status_code == 404
    assert "Secret" not in text(client, "/ateliers/")
    workshop.draft = False
    save_workshop(actor=boss, workshop=workshop)
    assert "Secret" in text(client)
    assert "Secret" in text(client, "/ateliers/")
    workshop.draft = True
    save_workshop(actor=boss, workshop=workshop)
    assert client.get("/ateliers/bateaux/").status_code == 404


def test_an_idea_taken_up_gets_no_public_page(client, boss):
    WorkshopFactory(slug="bateaux", draft=True)
    ensure_site()
    assert client.get("/ateliers/bateaux/").status_code == 404


def test_the_page_of_a_draft_is_not_there_even_when_an_editor_publishes_it(client, boss):
    save_workshop(actor=boss, workshop=WorkshopFactory(slug="bateaux", title="Secret"))
    Workshop.objects.update(draft=True)
    assert WorkshopPage.objects.get().live
    assert client.get("/ateliers/bateaux/").status_code == 404
    assert "Secret" not in text(client, "/ateliers/")


def test_a_page_that_an_editor_took_down_stays_down_when_its_workshop_is_saved(client, boss):
    workshop = save_workshop(actor=boss, workshop=WorkshopFactory(slug="bateaux"))
    WorkshopPage.objects.get().unpublish()
    save_workshop(actor=boss, workshop=workshop)
    assert client.get("/ateliers/bateaux/").status_code == 404
