"""“Something is wrong” as a member meets it."""

import pytest
from django.test import Client
from django.urls import reverse

from machines.models import FaultReport
from tests.factories.cms import site_tree
from tests.factories.faults import FaultFactory, upload
from tests.factories.machines import MachineFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db
STOP = "n’utilise pas la machine"
PAGE = "/machines/laser/signaler/"


@pytest.fixture
def laser(db):
    return MachineFactory(slug="laser", name="Découpe laser")


@pytest.fixture
def member(client: Client):
    person = MemberFactory()
    client.force_login(person)
    return person


def text(response) -> str:
    return response.content.decode()


def sent(client: Client, **fields):
    return client.post(PAGE, {"what": "Elle fume", "dangerous": "no", **fields})


def test_a_stranger_is_led_to_sign_in_and_back(client: Client, laser) -> None:
    assert client.get(PAGE).url == f"/connexion/?next={PAGE}"
    assert sent(client).url == f"/connexion/?next={PAGE}"
    assert FaultReport.objects.count() == 0


def test_the_form_asks_for_a_photo_with_the_camera_and_works_without_scripts(client: Client, laser, member) -> None:
    html = text(client.get(PAGE))
    assert 'enctype="multipart/form-data"' in html
    assert 'capture="environment"' in html
    assert "<label" in html
    assert html.count(STOP) == 1


@pytest.mark.parametrize(("dangerous", "warned"), [("yes", True), ("no", False)])
def test_a_report_is_thanked_for_and_a_dangerous_one_says_stop_at_once(
    client: Client, laser, member, dangerous: str, warned: bool
) -> None:
    response = sent(client, dangerous=dangerous, photo=upload())
    report = FaultReport.objects.get()
    assert response.url == f"{PAGE}{report.pk}/"
    assert (report.reported_by, report.machine, report.dangerous, bool(report.photo)) == (member, laser, warned, True)
    html = text(client.get(response.url))
    assert ("Elle fume" in html, STOP in html) == (True, warned)
    assert report.photo.name not in html


def test_tapping_twice_leads_to_the_same_page(client: Client, laser, member) -> None:
    assert sent(client).url == sent(client).url
    assert FaultReport.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"what": " "}, "what"),
        ({"what": "x" * 501}, "what"),
        ({"dangerous": ""}, "dangerous"),
        ({"dangerous": "peut-être"}, "dangerous"),
        ({"photo": upload(b"du texte")}, "photo"),
    ],
)
def test_what_is_missing_or_wrong_is_told_beside_it_and_words_are_kept(
    client: Client, laser, member, wrong: dict, field: str
) -> None:
    response = sent(client, **wrong)
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert wrong.get("what", "Elle fume").strip() in text(response)
    assert FaultReport.objects.count() == 0


def test_the_sixth_open_report_is_refused_in_words(client: Client, laser, member) -> None:
    FaultFactory.create_batch(5, machine=laser, reported_by=member)
    response = sent(client)
    assert (response.status_code, FaultReport.objects.count()) == (422, 5)
    assert "l’équipe les a reçus" in text(response)


def test_nobody_reports_a_machine_that_is_not_there(client: Client, member) -> None:
    MachineFactory(slug="vieille", in_service=False)
    assert [client.get(f"/machines/{slug}/signaler/").status_code for slug in ("vieille", "rien")] == [404, 404]


def test_a_report_is_shown_to_who_made_it_only_and_tells_the_answer(client: Client, laser, member) -> None:
    theirs = FaultFactory(machine=laser, what="Secret de Rossignol")
    assert client.get(f"{PAGE}{theirs.pk}/").status_code == 404
    answer = {"state": "dismissed", "decision_note": "Bruit normal", "decided_at": theirs.created_at}
    mine = FaultFactory(machine=laser, reported_by=member, dangerous=True, **answer)
    html = text(client.get(f"{PAGE}{mine.pk}/"))
    assert ("Bruit normal" in html, STOP in html, "Rossignol" in html) == (True, False, False)
    assert client.get(f"/machines/autre/signaler/{mine.pk}/").status_code == 404


@pytest.mark.parametrize("count", [1, 4])
def test_the_pages_take_the_same_queries_for_one_report_and_many(
    client: Client, laser, member, count: int, django_assert_num_queries
) -> None:
    report = FaultFactory.create_batch(count, machine=laser, reported_by=member)[0]
    client.get(PAGE)
    with django_assert_num_queries(6):
        client.get(PAGE)
    with django_assert_num_queries(6):
        client.get(f"{PAGE}{report.pk}/")


def test_everybody_finds_the_link_on_the_page_of_the_machine(client: Client) -> None:
    site_tree()
    MachineFactory(slug="neuve")
    site_tree()
    html = text(client.get("/machines/neuve/"))
    assert reverse("machines:report", args=["neuve"]) in html
