"""The desk takes places for whoever calls, comes or writes; a parent sees what there is for their child."""

from datetime import date, timedelta

import pytest

from desk.lock import SEEN
from members.models import AuditEntry, Partner
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory, child_of
from tests.factories.place import wall
from tests.factories.workshops import DayFactory, RegistrationFactory, SessionFactory, WorkshopFactory, choice, cycle
from workshops import services
from workshops.models import ProgrammeEntry, Registration, WorkshopQuestion

pytestmark = pytest.mark.django_db
QUERIES = 15


@pytest.fixture(autouse=True)
def now(monkeypatch):
    moment = wall(2026, 11, 20, 9)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    return moment


@pytest.fixture
def person():
    return MemberFactory(first_name="Inès", birth_date=date(2013, 5, 17))


@pytest.fixture
def desk(client, person):
    client.force_login(StaffFactory(roles=["desk"]))
    client.page = f"/accueil/personnes/{person.pk}/inscrire/"
    return client


def dated(**workshop):
    return SessionFactory(workshop=WorkshopFactory(**workshop))


def seat(desk, session, **data):
    return desk.post(f"{desk.page}?seance={session.pk}", {"channel": "desk", "seats": 1, **data})


def test_a_place_is_taken_by_telephone_for_several_people(desk, person):
    session = dated()
    assert seat(desk, session, channel="phone", seats=3)["Location"] == desk.page
    own = Registration.objects.get()
    assert (own.member, own.seats, own.channel) == (person, 3, "phone")
    assert AuditEntry.objects.filter(action="registration.made", channel="phone").exists()


def test_a_duo_and_a_question_are_asked_and_said_beside_their_field(desk):
    session = dated(kind="duo")
    asked = WorkshopQuestion(text="Une allergie ?", purpose="le goûter", required=True)
    services.ask(workshop=session.workshop, questions=[asked], actor=None)
    refused = seat(desk, session)
    assert (refused.status_code, set(refused.context["form"].errors)) == (422, {"companion", f"question_{asked.pk}"})
    seat(desk, session, companion="Mamie Rose", seats=9, **{f"question_{asked.pk}": "Noix"})
    own = Registration.objects.get()
    assert (own.seats, own.companion, own.answers.get().text) == (2, "Mamie Rose", "Noix")


def test_the_desk_says_the_price_what_is_missing_and_why_not(desk):
    session = dated(agreements=["photo_web"], age_min=18)
    services.price(workshop=session.workshop, cents_by_band={"": 700}, actor=None)
    page = desk.get(f"{desk.page}?seance={session.pk}")
    text = page.content.decode()
    assert "7,00" in text
    assert "photos sur le site" in text
    assert [problem.code for problem in page.context["problems"]] == ["age_out_of_range"]
    assert '<button class="btn go">' not in text
    assert seat(desk, session).status_code == 422
    assert not Registration.objects.exists()


def test_a_cycle_is_one_line_of_the_list_and_one_act_also_once_it_has_begun(desk, person, monkeypatch):
    dates = cycle()
    assert [one.pk for one in desk.get(desk.page).context["sessions"]] == [dates[0].pk]
    monkeypatch.setattr("django.utils.timezone.now", lambda: dates[0].ends_at + timedelta(minutes=1))
    desk.force_login(StaffFactory(roles=["desk"]))
    assert [one.pk for one in desk.get(desk.page).context["sessions"]] == [dates[1].pk]
    seat(desk, dates[1])
    assert person.registrations.filter(status="confirmed").count() == 5


def test_the_group_of_a_partner_is_registered_for_who_acts_for_it(desk, person):
    partner, other = Partner.objects.create(name="Collège"), Partner.objects.create(name="Autre")
    partner.contacts.add(person)
    session = dated()
    assert "group" in seat(desk, session, group=other.pk, seats=4).context["form"].errors
    seat(desk, session, group=partner.pk, seats=4, channel="partner")
    own = Registration.objects.get()
    assert (own.partner, own.seats, own.channel) == (partner, 4, "partner")


def test_a_kept_place_is_accepted_a_price_noted_and_a_place_given_back(desk, person, now):
    held = RegistrationFactory(
        member=person, status="held", held_until=now + timedelta(hours=5), price_cents=500, session=dated()
    )
    desk.post(desk.page, {"registration": held.pk, "accept": "1"})
    desk.post(desk.page, {"registration": held.pk, "paid": "1"})
    held.refresh_from_db()
    assert (held.status, held.paid_at) == ("confirmed", now)
    desk.post(desk.page, {"registration": held.pk, "cancel": "1"})
    held.refresh_from_db()
    assert held.status == "cancelled"


def test_what_was_not_paid_stays_to_be_paid_after_the_workshop(desk, person):
    past = SessionFactory(starts_at=wall(2026, 11, 18, 9))
    owed = RegistrationFactory(member=person, session=past, price_cents=500)
    RegistrationFactory(session=past, price_cents=900)
    assert desk.get(desk.page).context["own"].owed == [owed]
    desk.post(desk.page, {"registration": owed.pk, "paid": "1"})
    assert desk.get(desk.page).context["own"].owed == []


@pytest.mark.parametrize("key", ["", "x", "999", "9" * 30])
def test_a_registration_of_somebody_else_or_of_nobody_is_404(desk, key):
    other = RegistrationFactory()
    assert desk.post(desk.page, {"registration": key, "cancel": "1"}).status_code == 404
    assert desk.post(desk.page, {"registration": other.pk, "cancel": "1"}).status_code == 404
    other.refresh_from_db()
    assert other.status == "confirmed"


@pytest.mark.parametrize("query", ["seance=", "seance=x", "seance=999", "journee=", "journee=rien"])
def test_what_is_not_there_is_404(desk, query):
    assert desk.get(f"{desk.page}?{query}").status_code == 404


def test_a_refusal_is_explained(desk, person):
    begun = RegistrationFactory(member=person, session=SessionFactory(starts_at=wall(2026, 11, 20, 8)))
    answer = desk.post(desk.page, {"registration": begun.pk, "cancel": "1"})
    assert (answer.status_code, answer.context["problems"][0].code) == (422, "registration_closed")


def test_the_desk_registers_for_a_day_with_its_choices_and_leaves_it(desk, person):
    day = DayFactory()
    picked = choice(day.bands.first())
    data = {f"part_{picked.band_id}": picked.pk, "channel": "paper"}
    desk.post(f"{desk.page}?journee={day.slug}", data)
    entry = ProgrammeEntry.objects.get(member=person)
    assert (entry.channel, person.registrations.get().channel) == ("paper", "paper")
    desk.post(f"{desk.page}?journee={day.slug}", {"leave": "1", "channel": "phone"})
    entry.refresh_from_db()
    assert entry.cancelled_at is not None


def test_a_day_without_saying_how_it_came_to_us_is_asked_again(desk):
    day = DayFactory()
    assert desk.post(f"{desk.page}?journee={day.slug}", {}).status_code == 422
    assert not ProgrammeEntry.objects.exists()


def test_a_shut_desk_shows_and_does_nothing(desk, person):
    session = desk.session
    session[SEEN] = 0.0
    session.save()
    assert seat(desk, dated())["Location"] == "/accueil/verrou/"
    assert not Registration.objects.exists()


def test_a_parent_sees_what_their_child_has_and_may_have(client):
    mother = AdultFactory()
    child = child_of({"account": mother}, birth_date=date(2013, 5, 17))
    client.force_login(mother)
    mine, fits = RegistrationFactory(member=child), dated(age_max=15, title="Robots")
    dated(age_min=18, title="Pour adultes")
    dated(kind="drop_in", title="Sans inscription")
    RegistrationFactory(session=dated(title="Secret", places=1))
    choice(DayFactory().bands.first(), title="Avec la journée")
    page = client.get(f"/compte/enfants/{child.pk}/ateliers/")
    assert [line.row for line in page.context["own"].coming] == [mine]
    assert {str(one.workshop) for one in page.context["sessions"]} == {"Robots", str(mine.session.workshop)}
    assert f'href="/seances/{fits.pk}/?pour={child.pk}"' in page.content.decode()


@pytest.mark.parametrize("number", [1, 5])
def test_the_page_takes_the_same_number_of_queries(desk, person, number, django_assert_num_queries):
    for day in range(number):
        session = SessionFactory(starts_at=wall(2026, 11, 21 + day, 9))
        RegistrationFactory(member=person, session=session, price_cents=100)
        DayFactory()
    desk.get(desk.page)
    with django_assert_num_queries(QUERIES):
        assert len(desk.get(desk.page).context["sessions"]) == number
