from datetime import timedelta
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

import pytest
from django.utils import timezone
from icalendar import Calendar

from place.patterns import RuleSpec
from tests.factories.members import MemberFactory
from tests.factories.place import LabSettingsFactory, wall
from tests.factories.workshops import DayFactory, RegistrationFactory, SessionFactory, WorkshopFactory, choice
from workshops import services

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


def events(client):
    response = client.get("/agenda.ics")
    assert response.status_code == 200
    return list(Calendar.from_ical(response.content).walk("VEVENT"))


def test_each_session_is_one_dated_event_in_utc(client, settings):
    LabSettingsFactory(address="3 rue des Tilleuls")
    session = SessionFactory(
        workshop=WorkshopFactory(title="Bois, colle; vis", summary="On scie.\nOn colle.", age_min=8)
    )
    (event,) = events(client)
    assert str(event["UID"]) == f"session-{session.pk}@localhost"
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (session.starts_at, session.ends_at)
    assert event["DTSTART"].to_ical() == b"20261125T130000Z"
    assert event["DTSTAMP"].dt == session.updated_at.replace(microsecond=0)
    assert (int(event["SEQUENCE"]), str(event["STATUS"])) == (0, "CONFIRMED")
    assert str(event["SUMMARY"]) == "Bois, colle; vis"
    assert str(event["DESCRIPTION"]).splitlines()[:2] == ["On scie.", "On colle."]
    assert str(event["LOCATION"]) == "3 rue des Tilleuls"
    assert str(event["URL"]) == f"{settings.SITE_URL}/seances/{session.pk}/"


def test_a_series_keeps_its_hour_on_the_wall_without_any_time_zone_definition(client):
    services.schedule_series(
        workshop=WorkshopFactory(),
        starts_at=wall(2027, 3, 3, 14),
        ends_at=wall(2027, 3, 3, 16),
        rule=RuleSpec(frequency="weekly", count=8),
        actor=None,
    )
    found = events(client)
    assert [event["DTSTART"].dt for event in found] == [
        wall(2027, 3, 3, 14) + timedelta(weeks=w, hours=-(w > 3)) for w in range(8)
    ]
    assert len({str(event["UID"]) for event in found}) == 8
    assert all("RRULE" not in event for event in found)


def test_moving_and_cancelling_keep_the_identity_and_raise_the_sequence(client):
    session = SessionFactory()
    (before,) = events(client)
    services.move_session(session=session, starts_at=wall(2026, 11, 26, 9), ends_at=wall(2026, 11, 26, 11), actor=None)
    services.cancel_session(session=session, reason="Grippe", actor=None)
    (after,) = events(client)
    assert after["UID"] == before["UID"]
    assert (int(after["SEQUENCE"]), str(after["STATUS"])) == (2, "CANCELLED")
    assert after["DTSTART"].dt == wall(2026, 11, 26, 9)


def test_nobody_is_named(client):
    member = MemberFactory(first_name="Zénobie", last_name="Quidam", email="zenobie@example.org")
    session = services.schedule_session(
        workshop=WorkshopFactory(),
        starts_at=wall(2026, 11, 25, 14),
        ends_at=wall(2026, 11, 25, 16),
        actor=None,
        facilitator=MemberFactory(first_name="Anatole", last_name="Meneur"),
    )
    RegistrationFactory(session=session, member=member)
    text = client.get("/agenda.ics").content.decode().replace("\r\n ", "")
    assert not [
        word for word in ("Zénobie", "Quidam", "zenobie", "Anatole", "Meneur", "ATTENDEE", "ORGANIZER") if word in text
    ]


def test_only_a_bounded_window_is_given(client):
    kept = SessionFactory(starts_at=wall(2026, 10, 21, 14))
    SessionFactory(starts_at=wall(2026, 10, 15, 14))
    SessionFactory(starts_at=wall(2027, 6, 30, 14))
    assert [event["DTSTART"].dt for event in events(client)] == [kept.starts_at]


def test_a_calendar_that_is_up_to_date_gets_304_until_something_changes(client):
    session = SessionFactory()
    first = client.get("/agenda.ics")
    known = {"If-None-Match": first["ETag"]}
    assert client.get("/agenda.ics", headers=known).status_code == 304
    assert client.get("/agenda.ics", headers={"If-Modified-Since": first["Last-Modified"]}).status_code == 304
    services.cancel_session(session=session, reason="Grippe", actor=None, now=timezone.now() + timedelta(minutes=1))
    changed = client.get("/agenda.ics", headers=known)
    assert (changed.status_code, changed["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    SessionFactory(starts_at=wall(2026, 12, 1, 9))
    assert client.get("/agenda.ics", headers={"If-None-Match": changed["ETag"]}).status_code == 200


def test_the_feed_takes_the_filters_of_the_page_and_marks_each_choice_apart(client):
    wood = SessionFactory(workshop=WorkshopFactory(theme="bois", age_min=8))
    SessionFactory(workshop=WorkshopFactory(theme="couture"))
    everything, some = client.get("/agenda.ics"), client.get("/agenda.ics?theme=bois&age=9")
    assert [str(event["UID"]) for event in Calendar.from_ical(some.content).walk("VEVENT")] == [
        f"session-{wood.pk}@localhost"
    ]
    assert everything["ETag"] != some["ETag"]
    assert client.get("/agenda.ics?theme=bois&age=9", headers={"If-None-Match": some["ETag"]}).status_code == 304
    assert client.get("/agenda.ics?theme=bois&age=9", headers={"If-None-Match": everything["ETag"]}).status_code == 200


def test_a_day_is_an_event_beside_the_choices_it_holds(client, settings):
    day = DayFactory(title="Journée robots", summary="Tout un samedi.")
    part = choice(day.bands.first())
    event, inside = events(client)
    assert (str(event["UID"]), str(inside["UID"])) == (f"programme-{day.pk}@localhost", f"session-{part.pk}@localhost")
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (day.starts_at, day.ends_at)
    assert (str(event["SUMMARY"]), str(event["DESCRIPTION"])) == ("Journée robots", "Tout un samedi.")
    assert (int(event["SEQUENCE"]), str(event["STATUS"])) == (0, "CONFIRMED")
    assert str(event["URL"]) == f"{settings.SITE_URL}/journees/{day.slug}/"
    day.title = "Journée drones"
    services.save_programme(programme=day, bands=day.bands.all(), actor=None)
    event, _inside = events(client)
    assert (int(event["SEQUENCE"]), str(event["SUMMARY"])) == (1, "Journée drones")
    known = client.get("/agenda.ics")["ETag"]
    services.cancel_programme(programme=day, reason="Neige", actor=None)
    event, inside = events(client)
    assert [(int(one["SEQUENCE"]), str(one["STATUS"])) for one in (event, inside)] == [
        (2, "CANCELLED"),
        (1, "CANCELLED"),
    ]
    assert client.get("/agenda.ics", headers={"If-None-Match": known}).status_code == 200


def test_a_date_of_a_cycle_says_which_it_is(client):
    weekly(kind="cycle")
    assert ["date 1 sur 2" in str(event["DESCRIPTION"]) for event in events(client)] == [True, False]


def weekly(**workshop):
    return services.schedule_series(
        workshop=WorkshopFactory(**workshop),
        starts_at=wall(2026, 11, 25, 14),
        ends_at=wall(2026, 11, 25, 16),
        rule=RuleSpec(frequency="weekly", count=2),
        actor=None,
    )


def news(client, address="/agenda.rss"):
    response = client.get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "application/rss+xml; charset=utf-8")
    return ElementTree.fromstring(response.content).find("channel")


def test_the_news_tell_what_is_new_whole_and_in_order(client, settings):
    LabSettingsFactory(name="Le Lab & Co")
    series = weekly(title="Bois <tendre>", summary="On scie.", age_min=8)
    single = SessionFactory(workshop=WorkshopFactory(title="Couture"), starts_at=wall(2026, 12, 1, 9))
    SessionFactory(starts_at=wall(2026, 11, 19, 9))
    channel = news(client)
    assert channel.findtext("title") == "Le Lab & Co : nouveaux ateliers"
    assert channel.findtext("link") == f"{settings.SITE_URL}/agenda/"
    assert channel.findtext("language") == "fr"
    new, old = channel.findall("item")
    first = series.sessions.earliest("starts_at")
    assert new.findtext("title") == "Couture, mar. 1 déc., 9\u00a0h – 11\u00a0h"
    assert [one.findtext("guid") for one in (new, old)] == [f"session-{single.pk}", f"series-{series.pk}"]
    assert old.findtext("link") == f"{settings.SITE_URL}/seances/{first.pk}/"
    assert old.findtext("title").startswith("Bois <tendre>, mer. 25 nov.")
    assert old.findtext("description").splitlines()[0] == "On scie."
    assert old.findtext("description").splitlines()[-1] == "1 autre date suit."
    assert parsedate_to_datetime(old.findtext("pubDate")) == first.updated_at.replace(microsecond=0)
    assert old.find("guid").get("isPermaLink") == "false"


def test_the_news_take_the_filters_and_hold_days(client):
    day = DayFactory(title="Journée robots")
    choice(day.bands.first(), theme="robots")
    SessionFactory(workshop=WorkshopFactory(theme="bois"))
    (item,) = news(client, "/agenda.rss?theme=robots").findall("item")
    assert item.findtext("guid") == f"programme-{day.pk}"
    assert len(news(client).findall("item")) == 2


def test_the_news_are_answered_once(client):
    assert client.get("/agenda.rss", headers={"If-None-Match": client.get("/agenda.rss")["ETag"]}).status_code == 304
    session = SessionFactory()
    first = client.get("/agenda.rss")
    assert client.get("/agenda.rss", headers={"If-None-Match": first["ETag"]}).status_code == 304
    services.cancel_session(session=session, reason="Grippe", actor=None)
    assert client.get("/agenda.rss", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_feeds_speak_the_language_of_the_lab_whoever_asks(client):
    SessionFactory(workshop=WorkshopFactory(age_min=8))
    for address in ("/agenda.ics", "/agenda.rss"):
        text = client.get(address, headers={"Accept-Language": "en"}).content.decode()
        assert "dès 8 ans" in text
