"""The page of a session: by kind, for oneself, a child or a group; what is said before, and every wrong path."""

from datetime import date, timedelta

import pytest

from members.models import Partner
from tests.factories.machines import CategoryFactory
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory, child_of, signed
from tests.factories.place import wall
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory, cycle
from workshops import services
from workshops.models import Registration, WorkshopQuestion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


@pytest.fixture
def member(client):
    member = MemberFactory(birth_date=date(2013, 5, 17))
    client.force_login(member)
    return member


@pytest.fixture
def mother(client):
    mother = AdultFactory()
    client.force_login(mother)
    return mother


@pytest.fixture
def child(mother):
    return child_of({"account": mother}, first_name="Inès", birth_date=date(2013, 5, 17))


def text(client, path):
    return client.get(path).content.decode()


def ask(client, session, query="", **data):
    return client.post(f"/seances/{session.pk}/inscription/{query}", data)


def question(workshop, **fields):
    asked = WorkshopQuestion(**{"text": "Une allergie ?", "purpose": "le goûter", "required": True, **fields})
    services.ask(workshop=workshop, questions=[asked], actor=None)
    return asked


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


def test_a_link_changes_nothing(client, member):
    held = RegistrationFactory(member=member, status="held", held_until=wall(2026, 11, 21, 9))
    assert client.get(f"/seances/{held.session_id}/inscription/").status_code == 405
    assert client.get(f"/inscriptions/{held.pk}/accepter/").status_code == 405
    assert client.get(f"/inscriptions/{held.pk}/annuler/").status_code == 200
    held.refresh_from_db()
    assert held.status == "held"


def test_a_session_that_is_not_there_is_404(client):
    assert client.get("/seances/999/").status_code == 404


def test_staff_do_not_cancel_others_through_the_members_page(client):
    other = RegistrationFactory()
    client.force_login(StaffFactory(roles=["facilitator"]))
    assert client.post(f"/inscriptions/{other.pk}/annuler/").status_code == 404


# --- By kind ----------------------------------------------------------------------------------------------------------


def test_nobody_registers_for_a_drop_in(client, member):
    session = SessionFactory(workshop=WorkshopFactory(kind="drop_in"))
    page = text(client, f"/seances/{session.pk}/")
    assert "viens, tout simplement" in page
    assert "/inscription/" not in page
    assert ask(client, session).status_code == 422
    assert not Registration.objects.exists()


def test_a_cycle_is_taken_and_given_back_whole_with_one_button_each(client, member):
    dates = cycle()
    page = text(client, f"/seances/{dates[0].pk}/")
    assert "S’inscrire aux 6 dates" in page
    assert page.count("<li>mer.") == 6
    ask(client, dates[0])
    assert member.registrations.filter(status="confirmed").count() == 6
    assert "La place compte pour les 6 dates." in text(client, f"/seances/{dates[3].pk}/")
    own = member.registrations.get(session=dates[3])
    client.post(f"/inscriptions/{own.pk}/annuler/")
    assert member.registrations.filter(status="cancelled").count() == 6


def test_from_a_date_that_is_over_the_rest_of_a_cycle_can_be_given_back(client, member, monkeypatch):
    dates = cycle()
    ask(client, dates[0])
    monkeypatch.setattr("django.utils.timezone.now", lambda: dates[0].ends_at)
    page = client.get(f"/seances/{dates[0].pk}/")
    assert page.context["own"].session_id == dates[1].pk
    client.post(f"/inscriptions/{page.context['own'].pk}/annuler/", {"sure": "1"})
    assert list(member.registrations.order_by("session__starts_at").values_list("status", flat=True)) == [
        "confirmed",
        *["cancelled"] * 5,
    ]


def test_a_duo_takes_two_places_and_asks_who_comes_along(client, member):
    session = SessionFactory(workshop=WorkshopFactory(kind="duo"))
    assert "deux places" in text(client, f"/seances/{session.pk}/")
    refused = ask(client, session, companion=" ")
    assert (refused.status_code, "companion" in refused.context["form"].errors) == (422, True)
    ask(client, session, companion="Mamie Rose")
    own = Registration.objects.get()
    assert (own.companion, own.seats) == ("Mamie Rose", 2)
    assert "Mamie Rose" in text(client, f"/seances/{session.pk}/")


def test_a_training_says_what_it_leads_to(client):
    workshop = WorkshopFactory(kind="training", category=CategoryFactory(name="Découpe laser"))
    assert "Découpe laser" in text(client, f"/seances/{SessionFactory(workshop=workshop).pk}/")


# --- What is said before ----------------------------------------------------------------------------------------------


def test_the_price_is_that_of_ones_own_family_and_free_says_nothing(client, mother, child):
    session = SessionFactory()
    assert "Prix" not in text(client, f"/seances/{session.pk}/")
    services.price(workshop=session.workshop, cents_by_band={"": 1200, "2": 350}, actor=None)
    child.household.family_quotient_band = "2"
    child.household.save()
    assert "3,50" in text(client, f"/seances/{session.pk}/?pour={child.pk}")
    assert "12,00" in text(client, f"/seances/{session.pk}/")
    client.logout()
    page = text(client, f"/seances/{session.pk}/")
    assert "3,50" in page
    assert "12,00" in page


def test_missing_agreements_are_named_with_where_to_sign_and_the_place_waits(client, mother, child):
    session = SessionFactory(workshop=WorkshopFactory(agreements=["machines", "home_alone"]))
    page = text(client, f"/seances/{session.pk}/?pour={child.pk}")
    assert f'href="/compte/enfants/{child.pk}/papiers/home_alone/"' in page
    assert "papiers/machines/" not in page
    ask(client, session, f"?pour={child.pk}")
    assert Registration.objects.get(member=child).status == "pending"
    assert "papiers/home_alone/" in text(client, f"/seances/{session.pk}/?pour={child.pk}")
    signed(child, "home_alone", signed_on=date(2026, 11, 20))
    assert "papiers/home_alone/" not in text(client, f"/seances/{session.pk}/?pour={child.pk}")


def test_the_limit_for_cancelling_is_told_before_and_after_it_cancelling_is_asked_again(client, member, now):
    session = SessionFactory(workshop=WorkshopFactory(cancel_hours=48))
    assert "lundi 23 novembre" in text(client, f"/seances/{session.pk}/")
    soon = SessionFactory(workshop=WorkshopFactory(cancel_hours=24), starts_at=now + timedelta(hours=3))
    ask(client, soon)
    own = Registration.objects.get(session=soon)
    asked = client.post(f"/inscriptions/{own.pk}/annuler/")
    own.refresh_from_db()
    assert (asked.status_code, own.status) == (200, "confirmed")
    client.post(f"/inscriptions/{own.pk}/annuler/", {"sure": "1"})
    own.refresh_from_db()
    assert (own.status, own.cancelled_late) == ("cancelled", True)


def test_a_question_says_what_for_and_an_answer_that_is_missing_is_said_beside_it(client, member):
    session = SessionFactory()
    asked = question(session.workshop, purpose="le goûter <b>")
    page = text(client, f"/seances/{session.pk}/")
    assert "le goûter &lt;b&gt;" in page
    assert "effacée 7 jours après" in page
    refused = ask(client, session)
    assert (refused.status_code, f"question_{asked.pk}" in refused.context["form"].errors) == (422, True)
    ask(client, session, **{f"question_{asked.pk}": "Noix"})
    assert Registration.objects.get().answers.get().text == "Noix"


# --- For a child, for a group -----------------------------------------------------------------------------------------


def test_a_mother_chooses_for_whom_says_yes_and_cancels(client, mother, child):
    session = SessionFactory(workshop=WorkshopFactory(age_max=15))
    assert client.get(f"/seances/{session.pk}/").context["problems"][0].code == "age_out_of_range"
    ask(client, session, f"?pour={child.pk}")
    own = Registration.objects.get(member=child)
    Registration.objects.filter(pk=own.pk).update(status="held", held_until=wall(2026, 11, 21, 9))
    page = text(client, f"/seances/{session.pk}/?pour={child.pk}")
    assert "Oui, Inès vient" in page
    client.post(f"/inscriptions/{own.pk}/accepter/")
    own.refresh_from_db()
    assert own.status == "confirmed"
    answer = client.post(f"/inscriptions/{own.pk}/annuler/")
    assert answer["Location"] == f"/seances/{session.pk}/?pour={child.pk}"
    own.refresh_from_db()
    assert own.status == "cancelled"


def test_a_place_that_is_no_longer_kept_cannot_be_accepted(client, member):
    gone = RegistrationFactory(member=member, status="held", held_until=wall(2026, 11, 20, 8))
    page = client.post(f"/inscriptions/{gone.pk}/accepter/", follow=True)
    gone.refresh_from_db()
    assert gone.status == "held"
    assert 'role="alert"' in page.content.decode()


def test_who_acts_for_a_partner_registers_its_group_without_a_name(client, mother):
    partner = Partner.objects.create(name="Collège")
    partner.contacts.add(mother)
    session = SessionFactory(workshop=WorkshopFactory(age_max=15, places=5))
    question(session.workshop)
    services.price(workshop=session.workshop, cents_by_band={"": 500}, actor=None)
    query = f"?groupe={partner.pk}"
    too_many = ask(client, session, query, seats="6")
    assert [problem.code for problem in too_many.context["problems"]] == ["full"]
    ask(client, session, query, seats="4")
    own = Registration.objects.get()
    assert (own.member, own.partner, own.seats, own.price_cents) == (mother, partner, 4, 0)


# --- Wrong paths ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query", ["?pour={other}", "?groupe={partner}", "?pour=x", "?groupe=0", "?pour=99999999999999999999"]
)
def test_nobody_is_registered_by_who_does_not_act_for_them(client, member, query):
    partner = Partner.objects.create(name="Collège")
    session, query = SessionFactory(), query.format(other=MemberFactory().pk, partner=partner.pk)
    assert client.get(f"/seances/{session.pk}/{query}").status_code == 404
    assert ask(client, session, query, seats="3").status_code == 404
    assert not Registration.objects.exists()


def test_a_partner_that_is_no_longer_active_has_no_group(client, mother):
    partner = Partner.objects.create(name="Collège", active=False)
    partner.contacts.add(mother)
    assert client.get(f"/seances/{SessionFactory().pk}/?groupe={partner.pk}").status_code == 404


def test_what_the_form_does_not_ask_changes_nothing(client, member):
    session, other, partner = SessionFactory(), MemberFactory(), Partner.objects.create(name="Collège")
    services.price(workshop=session.workshop, cents_by_band={"": 500}, actor=None)
    forged = {"member": other.pk, "price_cents": 0, "seats": 5, "partner": partner.pk, "status": "confirmed"}
    ask(client, session, **forged)
    own = Registration.objects.get()
    assert (own.member, own.price_cents, own.seats, own.partner, own.paid_at) == (member, 500, 1, None, None)


@pytest.mark.parametrize("act", ["annuler", "accepter"])
def test_a_childs_registration_is_not_there_for_others(client, member, act):
    child = child_of({"account": AdultFactory()})
    held = RegistrationFactory(member=child, status="held", held_until=wall(2026, 11, 21, 9))
    assert client.post(f"/inscriptions/{held.pk}/{act}/", {"sure": "1"}).status_code == 404
    held.refresh_from_db()
    assert held.status == "held"


@pytest.mark.parametrize("act", ["annuler", "accepter"])
def test_a_visitor_signs_in_first(client, act):
    held = RegistrationFactory(status="held", held_until=wall(2026, 11, 21, 9))
    assert client.post(f"/inscriptions/{held.pk}/{act}/")["Location"].startswith("/connexion/")
    held.refresh_from_db()
    assert held.status == "held"
