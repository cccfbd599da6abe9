"""The agenda by day and by week, the month for the wall, the frame for another site."""

import gzip
from datetime import date

import pytest

from place.patterns import RuleSpec
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.place import LabSettingsFactory, wall
from tests.factories.workshops import DayFactory, RegistrationFactory, SessionFactory, WorkshopFactory, choice
from workshops import services

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
PAGES = ["/agenda/", "/agenda/?vue=semaine&from=2026-11-23", "/agenda/imprimer/", "/agenda/integrer/"]
FEEDS = ["/agenda.ics", "/agenda.rss"]


def titles(response):
    return [entry.title for _day, entries in response.context["days"] for entry in entries]


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


def test_cancelled_and_full_sessions_are_shown_as_such(client):
    SessionFactory(cancelled="Grippe")
    full = SessionFactory(workshop=WorkshopFactory(places=1))
    RegistrationFactory(session=full)
    RegistrationFactory(session=full, status="waitlisted")
    (_day, rows), *_ = client.get("/agenda/").context["days"]
    assert [(row.state, row.places_left, row.waiting) for row in rows] == [("cancelled", 8, 0), ("scheduled", 0, 1)]


def busy_week(number):
    """Fill the week with dates of one workshop, a date of a cycle and a day."""
    workshop = WorkshopFactory(age_min=8, theme="bois")
    for rank in range(number):
        SessionFactory(workshop=workshop, starts_at=wall(2026, 11, 23 + rank % 7, 6 + rank % 14))
    services.schedule_series(
        workshop=WorkshopFactory(kind="cycle", title="Cycle"),
        starts_at=wall(2026, 11, 21, 14),
        ends_at=wall(2026, 11, 21, 16),
        rule=RuleSpec(frequency="weekly", count=2),
        actor=None,
    )
    choice(DayFactory(starts_at=wall(2026, 11, 28, 9)).bands.first())


@pytest.mark.parametrize("number", [1, 200])
def test_every_way_to_show_the_agenda_takes_the_same_queries_whatever_its_length(
    client, number, django_assert_num_queries
):
    busy_week(number)
    addresses = [
        *("/agenda/?from=2026-11-23&age=9", "/agenda/?from=2026-11-23&vue=semaine"),
        *("/agenda/imprimer/?mois=2026-11", "/agenda/integrer/", *FEEDS),
    ]
    for address in addresses:
        with django_assert_num_queries(5):  # what to filter by, the dates, their cycles, the days, the lab
            assert client.get(address).status_code == 200


def test_a_full_agenda_holds_its_weight_on_a_first_visit(client):
    """Below 60 000 bytes with the style (10 000) and the fonts (35 000) that tests/fablab/test_look.py weighs."""
    busy_week(200)
    for address in ("/agenda/", "/agenda/?vue=semaine&from=2026-11-23"):
        response = client.get(address, headers={"Accept-Encoding": "gzip"})
        assert response["Content-Encoding"] == "gzip"
        assert len(response.content) <= 15_000
        assert b"<script" not in gzip.decompress(response.content)


def test_a_week_has_seven_days_from_monday_on(client):
    SessionFactory(workshop=WorkshopFactory(title="mercredi"))
    SessionFactory(workshop=WorkshopFactory(title="lundi suivant"), starts_at=wall(2026, 11, 30, 9))
    response = client.get("/agenda/?vue=semaine&from=2026-11-26&age=9")
    assert [day for day, _entries in response.context["days"]] == [date(2026, 11, day) for day in range(23, 30)]
    assert titles(response) == ["mercredi"]
    WorkshopFactory(age_max=12)
    response = client.get("/agenda/?vue=semaine&from=2026-11-26&age=9")
    assert response.context["before_url"] == "?from=2026-11-16&vue=semaine&age=9"
    assert response.context["after_url"] == "?from=2026-11-30&vue=semaine&age=9"


def test_every_link_keeps_the_filters_and_no_other_words(client):
    SessionFactory(workshop=WorkshopFactory(theme="bois", age_min=8))
    WorkshopFactory(theme="fil & laine")
    response = client.get("/agenda/", {"theme": "fil & laine", "age": "9", "places": "on", "kind": "nothing", "x": "1"})
    kept = "age=9&theme=fil+%26+laine&places=on"
    assert response.context["links"] == {
        "list": f"?from=2026-11-20&{kept}",
        "week": f"?from=2026-11-20&vue=semaine&{kept}",
        "month": f"/agenda/imprimer/?mois=2026-11&{kept}",
        "calendar": f"/agenda.ics?{kept}",
        "news": f"/agenda.rss?{kept}",
        "frame": f"http://localhost:8000/agenda/integrer/?{kept}",
    }
    month = client.get(response.context["links"]["month"]).context
    assert (month["after_url"], month["back_url"]) == (f"?mois=2026-12&{kept}", f"/agenda/?from=2026-11-20&{kept}")
    assert month["link"].endswith(f"/agenda/?{kept}")


def test_a_filter_nobody_needs_is_not_shown(client):
    SessionFactory()
    assert list(client.get("/agenda/").context["form"].fields) == ["places"]
    paid = WorkshopFactory(theme="bois", language="en", kind="duo", age_min=8)
    services.price(workshop=paid, cents_by_band={"1": 300}, actor=None)
    response = client.get("/agenda/")
    assert list(response.context["form"].fields) == ["age", "theme", "kind", "language", "places", "free"]
    languages = response.context["form"].fields["language"].choices
    assert [code for code, _name in languages] == ["", "fr", "en"]


def test_a_cycle_a_drop_in_and_a_day_are_said_as_such(client):
    busy_week(0)
    SessionFactory(workshop=WorkshopFactory(title="Libre", kind="drop_in"), starts_at=wall(2026, 12, 9, 9))
    text = client.get("/agenda/").content.decode()
    assert "date 1 sur 2" in text
    assert "date 2 sur 2" in text
    assert 'href="/journees/' in text
    rows = text.split('<div class="row">')
    (row,) = [one for one in rows if "Libre" in one]
    assert ("viens comme tu veux" in row, "place" in row) == (True, False)


def test_a_month_is_a_row_a_week_without_what_is_called_off(client):
    SessionFactory(workshop=WorkshopFactory(title="premier"), starts_at=wall(2026, 12, 1, 9))
    SessionFactory(workshop=WorkshopFactory(title="dernier"), starts_at=wall(2026, 12, 31, 18))
    SessionFactory(workshop=WorkshopFactory(title="janvier"), starts_at=wall(2027, 1, 1, 9))
    SessionFactory(starts_at=wall(2026, 12, 2, 9), cancelled="Grippe")
    day, off = DayFactory(), DayFactory(starts_at=wall(2026, 12, 12, 9))
    services.cancel_programme(programme=off, reason="Neige", actor=None)
    response = client.get("/agenda/imprimer/?mois=2026-12")
    weeks = response.context["weeks"]
    assert (weeks[0][0][0], weeks[-1][-1][0]) == (date(2026, 11, 30), date(2027, 1, 3))
    shown = [entry for week in weeks for _day, entries in week for entry in entries]
    assert [entry.title for entry in shown] == ["premier", day.title, "dernier"]


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "9999-12", "2026-12-24", "janvier"])
def test_a_month_that_makes_no_sense_is_this_one(client, text):
    response = client.get("/agenda/imprimer/", {"mois": text})
    assert (response.status_code, response.context["first"]) == (200, date(2026, 11, 1))


def test_only_the_embedded_page_may_be_framed_and_it_can_do_nothing(client):
    SessionFactory()
    framed = client.get("/agenda/integrer/")
    assert "X-Frame-Options" not in framed
    policy = framed["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert ("default-src 'none'" in policy, "form-action 'none'" in policy, "script" in policy) == (True, True, False)
    for address in ("/agenda/", "/agenda/imprimer/", "/idees/", "/connexion/"):
        response = client.get(address)
        assert response["X-Frame-Options"] == "SAMEORIGIN"
        assert "frame-ancestors 'self'" in response["Content-Security-Policy"]


def test_the_embedded_page_is_the_same_for_whoever_is_signed_in_and_leaves_nothing_behind(client):
    SessionFactory()
    before = client.get("/agenda/integrer/")
    client.force_login(StaffFactory(first_name="Samia", roles=["fab_manager"]))
    known = client.get("/agenda/integrer/")
    assert known.content == before.content
    assert not before.cookies
    assert not known.cookies
    text = before.content.decode()
    assert not [word for word in ("<form", "<script", "csrf", "http-equiv") if word in text]
    assert text.count("<a ") == text.count('target="_blank" rel="noopener"') == 2


def test_the_embedded_page_takes_the_filters_and_is_bounded(client):
    for rank in range(40):
        SessionFactory(workshop=WorkshopFactory(theme="bois"), starts_at=wall(2026, 11, 21 + rank % 9, 6 + rank // 9))
    SessionFactory(workshop=WorkshopFactory(theme="fil", title="La laine"))
    assert len(titles(client.get("/agenda/integrer/"))) == 30
    response = client.get("/agenda/integrer/?theme=fil")
    assert (titles(response), response.context["all_url"]) == (["La laine"], "/agenda/?theme=fil")


def test_who_plans_workshops_can_copy_the_code_of_the_frame(client):
    WorkshopFactory(age_min=8)
    assert b"&lt;iframe" not in client.get("/agenda/").content
    client.force_login(MemberFactory())
    assert b"&lt;iframe" not in client.get("/agenda/").content
    client.force_login(StaffFactory(roles=["fab_manager"]))
    text = client.get("/agenda/?age=9").content.decode()
    assert '&lt;iframe src="http://localhost:8000/agenda/integrer/?age=9"' in text


def test_no_name_of_anybody_is_on_any_page_or_feed(client):
    LabSettingsFactory()
    session = services.schedule_session(
        workshop=WorkshopFactory(title="Bois"),
        starts_at=wall(2026, 11, 25, 14),
        ends_at=wall(2026, 11, 25, 16),
        actor=None,
        facilitator=MemberFactory(first_name="Anatole", last_name="Meneur"),
    )
    RegistrationFactory(session=session, member=MemberFactory(first_name="Zénobie", last_name="Quidam"))
    for address in [*PAGES, *FEEDS, f"/seances/{session.pk}/"]:
        text = client.get(address).content.decode()
        assert "Bois" in text
        assert not [word for word in ("Zénobie", "Quidam", "Anatole", "Meneur") if word in text]


def test_the_frame_in_another_language_links_to_pages_of_that_language(client):
    SessionFactory()
    response = client.get("/en/agenda/integrer/")
    assert "frame-ancestors *" in response["Content-Security-Policy"]
    assert 'href="/en/seances/' in response.content.decode()
