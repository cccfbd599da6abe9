"""What everybody reads: live state, next dates, projects; never a person, never a draft."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from cms.models import ProjectFile, ProjectIndexPage
from cms.services import ensure_site
from tests.factories.booking import ReservationFactory
from tests.factories.cms import DocumentFactory, ImageFactory, ProjectFactory
from tests.factories.machines import CategoryFactory, MachineFactory, OutageFactory
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.place import OpeningPeriodFactory
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now().replace(second=0, microsecond=0)


@pytest.fixture
def open_today(now):
    return OpeningPeriodFactory(starts_at=now - timedelta(hours=2), ends_at=now + timedelta(hours=5))


def text(client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_home_says_open_and_offers_two_ways_in(home, client, open_today):
    page = text(client, "/")
    assert "Fabrique, répare, invente." in page
    assert 'href="/machines/"' in page
    assert 'href="/ateliers/"' in page
    assert client.get("/").context["opening"].current.ends_at == open_today.ends_at


def test_home_without_any_opening_still_answers(home, client):
    assert client.get("/").context["opening"].current is None
    assert text(client, "/")


def test_home_shows_a_machine_out_of_order(home, client, open_today):
    OutageFactory(machine=MachineFactory(name="Brodeuse"), starts_at=timezone.now() - timedelta(hours=1))
    (card,) = client.get("/").context["machines"]
    assert (card.name, card.state) == ("Brodeuse", "down")


def test_a_booked_machine_is_reserved_and_nobody_is_named(home, client, open_today, now):
    young = MemberFactory(first_name="Inès", last_name="Belkacem", username="ines-b")
    ReservationFactory(machine=MachineFactory(slug="imprimante-1"), member=young, starts_at=now - timedelta(minutes=30))
    ensure_site()
    for address in ("/", "/machines/", "/machines/imprimante-1/"):
        page = text(client, address)
        assert "réservée" in page
        assert not any(secret in page for secret in ("Inès", "Belkacem", "ines-b"))


def test_the_park_can_be_narrowed_to_a_process(home, client):
    MachineFactory(name="Fil", category=CategoryFactory(process="fdm"))
    MachineFactory(name="Rayon", category=CategoryFactory(process="laser_cut"))
    assert [card.name for card in client.get("/machines/?process=laser_cut").context["machines"]] == ["Rayon"]
    assert len(client.get("/machines/?process=inconnu").context["machines"]) == 2


def test_a_machine_out_of_service_is_not_listed_and_cannot_be_booked(home, client):
    MachineFactory(slug="vieille", name="Vieille", in_service=False)
    ensure_site()
    assert client.get("/machines/").context["machines"] == []
    assert "/machines/vieille/reserver/" not in text(client, "/machines/vieille/")


def test_a_machine_page_leads_to_its_booking(home, client):
    MachineFactory(slug="tour")
    ensure_site()
    assert 'href="/machines/tour/reserver/"' in text(client, "/machines/tour/")


def test_a_workshop_page_shows_places_left_and_names_nobody(home, client, now):
    workshop = WorkshopFactory(slug="bateaux", title="Bateaux")
    session = SessionFactory(workshop=workshop, starts_at=now + timedelta(days=2), places=3)
    RegistrationFactory(session=session, member=MemberFactory(first_name="Inès", last_name="Belkacem"))
    ensure_site()
    page = text(client, "/ateliers/bateaux/")
    assert client.get("/ateliers/bateaux/").context["sessions"][0].session.places_left == 2
    assert f'href="/seances/{session.pk}/"' in page
    assert "Belkacem" not in page


def test_a_cancelled_session_is_shown_as_cancelled(home, client, now):
    SessionFactory(starts_at=now + timedelta(days=2), cancelled="animatrice malade")
    (card,) = client.get("/ateliers/").context["sessions"]
    assert card.session.state == "cancelled"


def test_a_session_of_another_workshop_is_not_on_the_page(home, client, now):
    WorkshopFactory(slug="bateaux")
    SessionFactory(starts_at=now + timedelta(days=2))
    ensure_site()
    assert client.get("/ateliers/bateaux/").context["sessions"] == []


def test_a_draft_is_invisible_to_the_public(home, client):
    ProjectFactory(title="Brouillon secret", slug="brouillon", live=False)
    ProjectFactory(title="Étoile", slug="etoile")
    assert client.get("/projets/brouillon/").status_code == 404
    assert [page.title for page in client.get("/projets/").context["projects"]] == ["Étoile"]
    assert [page.title for page in client.get("/").context["projects"]] == ["Étoile"]


def test_a_private_project_is_listed_nowhere(home, client):
    page = ProjectFactory(title="Pour le groupe", slug="groupe")
    page.view_restrictions.create(restriction_type="login")
    assert client.get("/projets/").context["projects"] == []
    assert client.get("/projets/groupe/").status_code == 302


def test_a_project_tells_its_steps_materials_machines_and_files(home, client):
    machine = MachineFactory(name="Découpe laser", slug="decoupe-laser")
    page = ProjectFactory(
        slug="etoile",
        photo=ImageFactory(),
        steps=[("step", {"title": "Dessiner", "text": "<p>Cinq branches.</p>", "image": None})],
        materials=[("material", {"quantity": "1 plaque", "name": "contreplaqué 3 mm"})],
        duration_minutes=45,
    )
    page.machines.set([machine])
    page.files.add(ProjectFile(document=DocumentFactory(title="Étoile"), label="Le modèle"))
    page.save()
    shown = text(client, "/projets/etoile/")
    for expected in ("1. Dessiner", "Cinq branches.", "1 plaque contreplaqué 3 mm", "Découpe laser", "Le modèle"):
        assert expected in shown
    assert "Comète, Pixel" in shown
    assert "CC BY-SA" in shown
    assert 'href="/machines/decoupe-laser/"' in shown


GENUINE = {
    "stl": b"solid etoile\nendsolid\n",
    "3mf": b"PK\x03\x04...",
    "obj": b"v 0 0 0\n",
    "svg": b"<?xml version='1.0'?><svg/>",
    "dxf": b"0\nSECTION\n",
    "pdf": b"%PDF-1.7\n",
}
BINARY_STL = bytes(80) + (2).to_bytes(4, "little") + bytes(100)


def attached(name: str, content: bytes) -> ProjectFile:
    return ProjectFile(document=DocumentFactory(file=ContentFile(content, name=name)), sort_order=0)


@pytest.mark.parametrize(
    ("name", "content"), [*((f"plan.{kind}", head) for kind, head in GENUINE.items()), ("plan.STL", BINARY_STL)]
)
def test_a_project_shares_the_known_kinds_of_files(name, content):
    attached(name, content).clean_fields(exclude=["page"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plan.exe", b"MZ"),
        ("plan.html", b"<svg onload=alert(1)>"),
        ("plan.stl", b"MZ\x90\x00" + bytes(200)),
        ("plan.stl", BINARY_STL[:-1]),
        ("plan.pdf", b"<html>"),
        ("plan.svg", b"GIF89a"),
        ("plan.3mf", b"Rar!"),
        ("plan.obj", b"\x7fELF\x00"),
        ("plan", b"solid"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(name, content):
    with pytest.raises(ValidationError) as refused:
        attached(name, content).clean_fields(exclude=["page"])
    assert list(refused.value.message_dict) == ["document"]


def test_an_svg_document_is_downloaded_never_shown(home, client):
    document = DocumentFactory(title="dessin")
    document.file.save("dessin.svg", document.file)
    response = client.get(document.url)
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment")


def test_more_projects_than_a_page_holds_are_reached_by_the_next_link(home, client, monkeypatch):
    monkeypatch.setattr("cms.models.projects.PROJECTS_A_PAGE", 2)
    for number in range(5):
        ProjectFactory(title=f"Projet {number}")
    seen, address = [], "/projets/"
    while address:
        context = client.get(address).context
        seen += [page.title for page in context["projects"]]
        address = context["next_url"] and f"/projets/{context['next_url']}"
    assert seen == [f"Projet {number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize("cursor", ["abc", "-1", "9" * 40, "1; drop table"])
def test_a_wrong_cursor_gives_the_first_page(home, client, cursor):
    ProjectFactory()
    assert len(client.get("/projets/", {"before": cursor}).context["projects"]) == 1


@pytest.mark.parametrize(("address", "most"), [("/", 20), ("/machines/", 16), ("/ateliers/", 16), ("/projets/", 16)])
def test_queries_stay_few_and_do_not_grow_with_rows(
    home, client, open_today, now, address, most, django_assert_max_num_queries
):
    def grow(count: int) -> None:
        for number in range(count):
            machine = MachineFactory(category=CategoryFactory())
            ReservationFactory(machine=machine, starts_at=now + timedelta(days=number + 1))
            SessionFactory(starts_at=now + timedelta(days=number + 1))
            ProjectFactory(photo=ImageFactory())

    def count() -> int:
        client.get(address)
        with django_assert_max_num_queries(most) as captured:
            client.get(address)
        return len(captured)

    grow(1)
    one = count()
    grow(5)
    assert count() == one


def test_next_free_is_said_when_the_machine_is_taken(home, client, now):
    OpeningPeriodFactory(starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=9))
    machine = MachineFactory(slug="tour")
    ReservationFactory(machine=machine, starts_at=now - timedelta(minutes=15), ends_at=now + timedelta(hours=1))
    ensure_site()
    card = client.get("/machines/tour/").context["card"]
    assert card.live.next_free_at == now + timedelta(hours=1)
    assert card.next_free in text(client, "/machines/tour/")


def test_english_pages_live_under_their_prefix(home, client):
    MachineFactory(slug="tour", name="Tour")
    ensure_site()
    page = text(client, "/en/machines/")
    assert 'href="/en/machines/tour/"' in page


def test_the_index_of_projects_is_one_of_a_kind(home):
    assert not ProjectIndexPage.can_create_at(home)


def test_an_editor_opens_the_editor_and_the_preview_of_every_page(home, client):
    MachineFactory()
    WorkshopFactory()
    ensure_site()
    ProjectFactory(photo=ImageFactory())
    client.force_login(StaffFactory(roles=["editor"]))
    for page in home.get_descendants(inclusive=True):
        assert client.get(f"/gestion/pages/{page.pk}/edit/").status_code == 200
        assert client.get(f"/gestion/pages/{page.pk}/view_draft/").status_code == 200


def test_an_editor_publishes_a_project_from_the_back_office(home, client):
    client.force_login(StaffFactory(roles=["editor"]))
    machine = MachineFactory()
    form = nested_form_data(
        {
            "title": "Lampe",
            "slug": "lampe",
            "summary": "Une lampe en carton.",
            "authors": "Comète",
            "licence": "CC-BY-4.0",
            "difficulty": "easy",
            "steps": streamfield(
                [("step", {"title": "Plier", "text": rich_text("<p>En deux.</p>"), "image": no_image()})]
            ),
            "materials": streamfield([("material", {"quantity": "1", "name": "carton"})]),
            "files": inline_formset([{"document": DocumentFactory().pk, "label": "Patron"}]),
            "action-publish": "1",
        }
    )
    index = ProjectIndexPage.objects.get()
    response = client.post(f"/gestion/pages/add/cms/projectpage/{index.pk}/", form | {"machines": [machine.pk]})
    assert response.status_code == 302
    page = text(client, "/projets/lampe/")
    for expected in ("Lampe", "1. Plier", "1 carton", machine.name, "Patron", "CC BY"):
        assert expected in page


def no_image() -> dict:
    return {"image": "", "decorative": "", "alt_text": ""}
