from datetime import date

import pytest

from tests.factories.members import MemberFactory
from tests.factories.place import wall
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


def titles(response):
    return [session.workshop.title for _day, sessions in response.context["days"] for session in sessions]


def test_the_agenda_lists_four_weeks_by_day(client):
    for title, start in [
        ("hier", wall(2026, 11, 19, 9)),
        ("premier", wall(2026, 11, 20, 9)),
        ("soir", wall(2026, 11, 20, 18)),
        ("dernier", wall(2026, 12, 17, 18)),
        ("plus tard", wall(2026, 12, 18, 9)),
    ]:
        SessionFactory(workshop=WorkshopFactory(title=title), starts_at=start)
    response = client.get("/agenda/")
    assert response.status_code == 200
    assert [(day, len(rows)) for day, rows in response.context["days"]] == [
        (date(2026, 11, 20), 2),
        (date(2026, 12, 17), 1),
    ]
    assert titles(response) == ["premier", "soir", "dernier"]


def test_the_agenda_starts_on_the_day_asked_and_links_to_the_weeks_around_with_its_filters(client):
    SessionFactory(workshop=WorkshopFactory(title="janvier", age_min=8), starts_at=wall(2027, 1, 13, 14))
    response = client.get("/agenda/?from=2027-01-01&age=13")
    assert titles(response) == ["janvier"]
    assert response.context["before_url"] == "?from=2026-12-04&age=13"
    assert response.context["after_url"] == "?from=2027-01-29&age=13"


@pytest.mark.parametrize("text", ["", "demain", "2026-13-45", "9999-12-31", "0001-01-01", "2026-11-20T10:00"])
def test_a_day_that_makes_no_sense_is_today(client, text):
    response = client.get("/agenda/", {"from": text})
    assert (response.status_code, response.context["first"]) == (200, date(2026, 11, 20))


def test_filters_of_the_agenda(client):
    SessionFactory(workshop=WorkshopFactory(title="petits", age_max=9, theme="bois"))
    SessionFactory(workshop=WorkshopFactory(title="grands", age_min=10, theme="bois"))
    RegistrationFactory(session=SessionFactory(workshop=WorkshopFactory(title="complet", age_min=10, places=1)))
    assert titles(client.get("/agenda/?age=13")) == ["grands", "complet"]
    assert titles(client.get("/agenda/?age=13&places=on")) == ["grands"]
    assert titles(client.get("/agenda/?theme=bois")) == ["petits", "grands"]
    assert titles(client.get("/agenda/?age=abc&theme=nothing")) == ["petits", "grands", "complet"]


def test_an_empty_agenda_says_so(client):
    response = client.get("/agenda/")
    assert b'class="empty"' in response.content


@pytest.mark.parametrize("number", [1, 6])
def test_the_agenda_takes_the_same_number_of_queries(client, number, django_assert_num_queries):
    for day in range(number):
        RegistrationFactory(session=SessionFactory(starts_at=wall(2026, 11, 21 + day, 9)))
    with django_assert_num_queries(3):  # the lab, the themes, the sessions
        assert len(titles(client.get("/agenda/"))) == number


def test_cancelled_and_full_sessions_are_shown_as_such(client):
    SessionFactory(cancelled="Grippe")
    full = SessionFactory(workshop=WorkshopFactory(places=1))
    RegistrationFactory(session=full)
    RegistrationFactory(session=full, status="waitlisted")
    (_day, rows), *_ = client.get("/agenda/").context["days"]
    assert [(row.state, row.places_left, row.waiting) for row in rows] == [("cancelled", 8, 0), ("scheduled", 0, 1)]


def test_no_name_of_anybody_is_public(client):
    session = SessionFactory()
    RegistrationFactory(session=session, member=MemberFactory(first_name="Zénobie", last_name="Quidam"))
    for path in ("/agenda/", f"/seances/{session.pk}/"):
        text = client.get(path).content.decode()
        assert "Zénobie" not in text
        assert "Quidam" not in text
