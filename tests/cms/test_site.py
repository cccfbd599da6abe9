"""The tree of the first day."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from wagtail.models import Page, Site

from cms.models import HomePage, MachineIndexPage, MachinePage, ProjectIndexPage, StandardPage, WorkshopPage
from cms.services import ensure_site, save_machine, save_workshop
from tests.factories.machines import CategoryFactory, MachineFactory
from tests.factories.members import StaffFactory
from tests.factories.workshops import WorkshopFactory

pytestmark = pytest.mark.django_db

SLUGS = [
    "acces",
    "accessibilite",
    "ateliers",
    "comment-ca-marche",
    "contact",
    "machines",
    "mentions-legales",
    "projets",
    "vie-privee",
]


def test_the_site_has_its_pages_and_wagtails_welcome_is_gone():
    home = ensure_site()
    assert sorted(home.get_children().values_list("slug", flat=True)) == SLUGS
    assert Site.objects.get(is_default_site=True).root_page_id == home.pk
    assert list(Page.get_first_root_node().get_children().values_list("slug", flat=True)) == ["accueil"]


def test_building_the_site_again_changes_nothing():
    ensure_site()
    page = StandardPage.objects.get(slug="contact")
    page.title = "Nous trouver"
    page.save()
    before = Page.objects.count()
    call_command("setup_site")
    assert Page.objects.count() == before
    assert StandardPage.objects.get(slug="contact").title == "Nous trouver"


def test_a_page_that_was_removed_comes_back():
    ensure_site()
    StandardPage.objects.get(slug="contact").delete()
    ensure_site()
    assert StandardPage.objects.filter(slug="contact").count() == 1


@pytest.mark.parametrize("slug", SLUGS)
def test_every_page_of_the_first_day_answers(home, client, slug):
    response = client.get(f"/{slug}/")
    assert response.status_code == 200
    assert b"<h1>" in response.content


def test_the_address_is_that_of_the_public_record(home, client):
    page = client.get("/contact/").content.decode()
    assert "101 rue de Copenhague, 13300 Salon-de-Provence" in page
    assert "04 90 44 02 20" in page


def test_privacy_says_how_long_raw_machine_messages_stay(home, client):
    assert "90 jours" in client.get("/vie-privee/").content.decode()


def test_editors_may_write_pages_and_nobody_may_delete_them(home):
    held = Group.objects.get(name="editor").page_permissions.filter(page=home)
    assert sorted(held.values_list("permission__codename", flat=True)) == ["add_page", "change_page", "publish_page"]
    assert not Group.objects.get(name="member").page_permissions.exists()


def test_saving_a_machine_makes_its_page_and_renames_it(home, client):
    boss, machine = StaffFactory(), MachineFactory.build(category=CategoryFactory(), slug="tour", name="Tour")
    save_machine(actor=boss, machine=machine)
    assert client.get("/machines/tour/").status_code == 200
    machine.name, machine.slug = "Tour à bois", "tour-a-bois"
    save_machine(actor=boss, machine=machine)
    assert client.get("/machines/tour/").status_code == 404
    assert "<h1>Tour à bois</h1>" in client.get("/machines/tour-a-bois/").content.decode()
    assert MachinePage.objects.count() == 1


def test_renaming_a_machine_keeps_the_text_that_waits_for_publication(home):
    boss, machine = StaffFactory(), MachineFactory.build(category=CategoryFactory(), slug="tour", name="Tour")
    save_machine(actor=boss, machine=machine)
    draft = machine.page
    draft.body = "<p>Texte à relire</p>"
    draft.save_revision()
    machine.name = "Tour à bois"
    save_machine(actor=boss, machine=machine)
    page = MachinePage.objects.get()
    assert (page.title, page.body) == ("Tour à bois", "")
    waiting = page.get_latest_revision_as_object()
    assert (waiting.title, waiting.body) == ("Tour à bois", "<p>Texte à relire</p>")


def test_machines_and_workshops_made_elsewhere_get_their_page_with_the_site(home):
    machine, workshop = MachineFactory(), WorkshopFactory()
    ensure_site()
    assert MachinePage.objects.get().machine == machine
    assert WorkshopPage.objects.get().workshop == workshop


def test_saving_a_workshop_makes_its_page(home, client):
    workshop = WorkshopFactory.build(slug="bateaux", title="Bateaux")
    save_workshop(actor=StaffFactory(), workshop=workshop)
    assert "<h1>Bateaux</h1>" in client.get("/ateliers/bateaux/").content.decode()


def test_a_machine_saved_before_the_site_exists_is_not_refused():
    saved = save_machine(actor=StaffFactory(), machine=MachineFactory.build(category=CategoryFactory()))
    assert saved.pk
    assert not MachinePage.objects.exists()


def test_pages_stand_only_where_they_belong():
    assert HomePage.allowed_parent_page_models() == [Page]
    assert MachinePage.allowed_parent_page_models() == [MachineIndexPage]
    assert MachineIndexPage.creatable_subpage_models() == []
    assert [model.__name__ for model in ProjectIndexPage.creatable_subpage_models()] == ["ProjectPage"]
