"""The page of a day with a programme, for oneself and for a child."""

from datetime import date

import pytest

from tests.factories.members import AdultFactory, MemberFactory, child_of
from tests.factories.workshops import DayFactory, RegistrationFactory, choice
from workshops import services
from workshops.models import ProgrammeEntry, Registration, WorkshopQuestion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


@pytest.fixture
def member(client):
    member = MemberFactory(birth_date=date(2013, 5, 17))
    client.force_login(member)
    return member


@pytest.fixture
def day():
    return DayFactory(slug="robots", places=5)


def pick(*sessions, **more):
    return {f"part_{one.band_id}": one.pk for one in sessions} | more


def parts(response):
    return response.context["plan"].parts


def test_what_is_chosen_is_shown_changed_and_left(client, member, day):
    first, second = (choice(day.bands.first()) for _ in range(2))
    client.post("/journees/robots/", pick(first))
    assert [one.ticked for one in parts(client.get("/journees/robots/"))[0].choices] == [True, False]
    client.post("/journees/robots/", pick(second))
    assert set(member.registrations.filter(status="confirmed")) == set(second.registrations.all())
    client.post("/journees/robots/", {f"part_{first.band_id}": ""})
    assert not member.registrations.filter(status="confirmed").exists()
    client.post("/journees/robots/", {"leave": "1"})
    assert not ProgrammeEntry.objects.filter(cancelled_at=None).exists()


def test_a_choice_for_other_ages_is_shown_and_cannot_be_ticked(client, member, day):
    adults, all_ages = choice(day.bands.first(), title="A", age_min=18), choice(day.bands.first(), title="B")
    assert [one.may_take for one in parts(client.get("/journees/robots/"))[0].choices] == [False, True]
    answer = client.post("/journees/robots/", pick(adults))
    assert answer.status_code == 422
    (morning, afternoon) = parts(answer)
    assert ([one.code for one in morning.problems], afternoon.problems) == (["age_out_of_range"], ())
    assert [one.ticked for one in morning.choices] == [True, False]
    assert not Registration.objects.exists()
    assert not ProgrammeEntry.objects.exists()
    assert all_ages.seats_taken == 0


def test_a_full_choice_shows_the_place_in_the_line(client, member, day):
    full = choice(day.bands.first(), places=1)
    RegistrationFactory(session=full, band=full.band)
    client.post("/journees/robots/", pick(full))
    assert "liste d’attente" in client.get("/journees/robots/").content.decode()
    assert parts(client.get("/journees/robots/"))[0].choices[0].own.position == 1


def test_a_choice_of_another_day_or_part_is_refused(client, member, day):
    other = choice(DayFactory().bands.first())
    morning, afternoon = day.bands.all()
    late = choice(afternoon)
    for data in ({f"part_{morning.pk}": other.pk}, {f"part_{morning.pk}": late.pk}, {f"part_{morning.pk}": "x"}):
        choice(morning)
        assert client.post("/journees/robots/", data).status_code == 422
    assert not ProgrammeEntry.objects.exists()


def test_a_choice_that_asks_more_is_refused_in_words(client, member, day):
    asks = choice(day.bands.first())
    question = WorkshopQuestion(text="Une allergie ?", purpose="le goûter", required=True)
    services.ask(workshop=asks.workshop, questions=[question], actor=None)
    (morning, _afternoon) = parts(client.post("/journees/robots/", pick(asks)))
    assert [one.next_step.url for one in morning.problems] == [f"/seances/{asks.pk}/"]
    assert not ProgrammeEntry.objects.exists()


def test_a_full_day_says_so_and_has_no_button(client, member):
    services.register_day(
        programme=DayFactory(slug="pleine", places=1), member=(one := MemberFactory()), choices=[], actor=one
    )
    page = client.get("/journees/pleine/").content.decode()
    assert "complète" in page
    assert 'type="radio"' not in page
    assert client.post("/journees/pleine/", {}).status_code == 422


def test_a_mother_chooses_for_her_child(client, day):
    mother = AdultFactory()
    child = child_of({"account": mother}, birth_date=date(2013, 5, 17))
    client.force_login(mother)
    picked = choice(day.bands.first(), age_max=15)
    answer = client.post(f"/journees/robots/?pour={child.pk}", pick(picked))
    assert answer["Location"] == f"/journees/robots/?pour={child.pk}"
    assert picked.registrations.get().member == child


def test_nobody_chooses_for_somebody_elses_child(client, member, day):
    child = child_of({"account": AdultFactory()})
    assert client.post(f"/journees/robots/?pour={child.pk}", {}).status_code == 404
    assert not ProgrammeEntry.objects.exists()


def test_a_visitor_sees_the_day_and_signs_in_to_register(client, day):
    choice(day.bands.first(), title="Pixels")
    page = client.get("/journees/robots/")
    assert "Pixels" in page.content.decode()
    assert client.post("/journees/robots/", {})["Location"] == "/connexion/?next=/journees/robots/"


@pytest.mark.parametrize("number", [1, 5])
def test_the_page_takes_the_same_number_of_queries(client, member, day, number, django_assert_num_queries):
    for _ in range(number):
        choice(day.bands.first())
    client.get("/journees/robots/")
    with django_assert_num_queries(10):
        client.get("/journees/robots/")
