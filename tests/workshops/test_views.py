from datetime import date

import pytest

from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.place import wall
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory
from workshops.models import Registration

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


@pytest.fixture
def member(client):
    member = MemberFactory(birth_date=date(2013, 5, 17))
    client.force_login(member)
    return member


def test_no_name_of_anybody_is_public(client):
    session = SessionFactory()
    RegistrationFactory(session=session, member=MemberFactory(first_name="Zénobie", last_name="Quidam"))
    for path in ("/agenda/", f"/seances/{session.pk}/"):
        text = client.get(path).content.decode()
        assert "Zénobie" not in text
        assert "Quidam" not in text


def test_a_visitor_is_sent_to_sign_in_and_back(client):
    session = SessionFactory()
    assert client.get(f"/seances/{session.pk}/").context["sign_in_url"] == f"/connexion/?next=/seances/{session.pk}/"
    response = client.post(f"/seances/{session.pk}/inscription/")
    assert response["Location"] == f"/connexion/?next=/seances/{session.pk}/"
    assert not Registration.objects.exists()


def test_registering_and_cancelling_with_two_forms(client, member):
    session = SessionFactory()
    page = client.post(f"/seances/{session.pk}/inscription/", follow=True)
    own = Registration.objects.get(member=member)
    assert page.redirect_chain == [(f"/seances/{session.pk}/", 302)]
    assert page.context["own"] == own
    assert f'action="/inscriptions/{own.pk}/annuler/"' in page.content.decode()
    page = client.post(f"/inscriptions/{own.pk}/annuler/", follow=True)
    own.refresh_from_db()
    assert own.status == "cancelled"
    assert f'action="/seances/{session.pk}/inscription/"' in page.content.decode()


def test_a_full_session_says_the_place_in_the_line(client, member):
    session = SessionFactory(workshop=WorkshopFactory(places=1))
    RegistrationFactory(session=session)
    RegistrationFactory(session=session, status="waitlisted")
    page = client.post(f"/seances/{session.pk}/inscription/", follow=True)
    assert (page.context["own"].status, page.context["own"].position) == ("waitlisted", 2)


def test_the_wrong_age_is_explained_with_what_fits_instead(client, member):
    adults = SessionFactory(workshop=WorkshopFactory(age_min=18))
    fits = SessionFactory(workshop=WorkshopFactory(title="Robots", age_min=11), starts_at=wall(2026, 11, 26, 9))
    page = client.get(f"/seances/{adults.pk}/")
    assert [problem.code for problem in page.context["problems"]] == ["age_out_of_range"]
    assert [choice["url"] for choice in page.context["alternatives"]] == [f"/seances/{fits.pk}/"]
    assert "/inscription/" not in page.content.decode()
    refused = client.post(f"/seances/{adults.pk}/inscription/")
    assert (refused.status_code, [problem.code for problem in refused.context["problems"]]) == (
        422,
        ["age_out_of_range"],
    )
    assert not Registration.objects.exists()


def test_a_cancelled_session_says_why_and_takes_nobody(client, member):
    session = SessionFactory(cancelled="Animatrice malade")
    page = client.get(f"/seances/{session.pk}/")
    assert "Animatrice malade" in page.content.decode()
    assert client.post(f"/seances/{session.pk}/inscription/").status_code == 422


def test_somebody_elses_registration_is_not_there(client, member):
    other = RegistrationFactory()
    assert client.post(f"/inscriptions/{other.pk}/annuler/").status_code == 404
    other.refresh_from_db()
    assert other.status == "confirmed"


@pytest.mark.parametrize("path", ["/seances/{}/inscription/", "/inscriptions/{}/annuler/"])
def test_a_link_changes_nothing(client, member, path):
    own = RegistrationFactory(member=member)
    assert client.get(path.format(own.session_id if "seances" in path else own.pk)).status_code == 405
    own.refresh_from_db()
    assert own.status == "confirmed"


def test_a_session_that_is_not_there_is_404(client):
    assert client.get("/seances/999/").status_code == 404


def test_my_workshops_are_mine(client, member):
    mine = RegistrationFactory(member=member)
    RegistrationFactory(session=SessionFactory(workshop=WorkshopFactory(title="Secret")))
    response = client.get("/mes-ateliers/")
    assert response.context["registrations"] == [mine]
    assert "Secret" not in response.content.decode()
    assert "no-store" in response["Cache-Control"]


def test_my_workshops_need_a_sign_in(client):
    assert client.get("/mes-ateliers/")["Location"] == "/connexion/?next=/mes-ateliers/"


def test_staff_do_not_cancel_others_through_the_members_page(client):
    other = RegistrationFactory()
    client.force_login(StaffFactory(roles=["facilitator"]))
    assert client.post(f"/inscriptions/{other.pk}/annuler/").status_code == 404
