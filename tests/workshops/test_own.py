"""What somebody is registered for, and their page of it."""

from datetime import date

import pytest

from tests.factories.members import MemberFactory
from tests.factories.place import wall
from tests.factories.workshops import DayFactory, RegistrationFactory, SessionFactory, WorkshopFactory, choice, cycle
from workshops import services
from workshops.models import Attendance, Registration
from workshops.own import own_of

QUERIES = 9  # the session, the person and what they may do, the lab, and four of the page
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


@pytest.fixture
def member(client):
    member = MemberFactory(birth_date=date(2013, 5, 17))
    client.force_login(member)
    return member


def test_my_workshops_are_mine(client, member):
    mine = RegistrationFactory(member=member)
    RegistrationFactory(session=SessionFactory(workshop=WorkshopFactory(title="Secret")))
    response = client.get("/mes-ateliers/")
    assert [line.row for line in response.context["own"].coming] == [mine]
    assert "Secret" not in response.content.decode()
    assert "no-store" in response["Cache-Control"]


def test_my_workshops_need_a_sign_in(client):
    assert client.get("/mes-ateliers/")["Location"] == "/connexion/?next=/mes-ateliers/"


def test_a_cycle_is_one_line_with_its_next_date_and_what_it_costs_once(client, member):
    dates = cycle()
    services.price(workshop=dates[0].workshop, cents_by_band={"": 900}, actor=None)
    services.register(session=dates[0], member=member, actor=member)
    RegistrationFactory(session=SessionFactory(starts_at=wall(2026, 12, 1, 9)), member=member)
    (line, other) = own_of(member, dates[0].starts_at).coming
    assert (line.row.session, line.dates, other.dates) == (dates[1], 6, 1)
    assert [row.price_cents for row in own_of(member, dates[2].ends_at).owed] == [900]
    page = client.get("/mes-ateliers/").content.decode()
    assert "encore 6 dates" in page
    assert "9,00" in page


def test_kept_places_come_first_with_both_answers(client, member):
    held = RegistrationFactory(member=member, status="held", held_until=wall(2026, 11, 21, 9))
    sooner = RegistrationFactory(member=member, session=SessionFactory(starts_at=wall(2026, 11, 21, 9)))
    page = client.get("/mes-ateliers/").content.decode()
    assert page.index(f"/inscriptions/{held.pk}/accepter/") < page.index(f"/seances/{sooner.session_id}/")
    assert f"/inscriptions/{held.pk}/annuler/" in page


def test_a_day_is_one_line_and_its_choices_are_on_its_own_page(member, now):
    day = DayFactory()
    picked = choice(day.bands.first())
    entry = services.register_day(programme=day, member=member, choices=[picked], actor=member)
    own = own_of(member, now)
    assert (own.days, own.coming) == ([entry], [])


def test_what_was_says_who_was_present_and_hides_what_was_cancelled(client, member, now):
    for title, status in (("Venue", "confirmed"), ("Rendue", "cancelled"), ("Attendue", "waitlisted")):
        row = RegistrationFactory(
            session=SessionFactory(workshop=WorkshopFactory(title=title), starts_at=wall(2026, 11, 18, 9)),
            member=member, status=status,
        )  # fmt: skip
        if title == "Venue":
            Attendance.objects.create(session=row.session, member=member)
        Attendance.objects.create(session=row.session, member=MemberFactory(), state="excused")
    (was,) = own_of(member, now).past
    assert (was.workshop.title, was.attended) == ("Venue", "present")
    page = client.get("/mes-ateliers/").content.decode()
    assert "présent" in page
    assert "Rendue" not in page


@pytest.mark.parametrize("number", [1, 5])
def test_the_page_takes_the_same_number_of_queries(client, member, number, django_assert_num_queries):
    for day in range(number):
        RegistrationFactory(
            member=member, session=SessionFactory(starts_at=wall(2026, 11, 21 + day, 9)), price_cents=100
        )
        RegistrationFactory(member=member, session=SessionFactory(starts_at=wall(2026, 11, 1 + day, 9)))
        services.register_day(programme=DayFactory(), member=member, choices=[], actor=member)
    client.get("/mes-ateliers/")
    with django_assert_num_queries(QUERIES):
        client.get("/mes-ateliers/")
    assert Registration.objects.filter(member=member).count() == 2 * number
