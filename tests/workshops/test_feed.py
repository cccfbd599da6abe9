from datetime import timedelta

import pytest
from django.utils import timezone
from icalendar import Calendar

from place.patterns import RuleSpec
from tests.factories.members import MemberFactory
from tests.factories.place import LabSettingsFactory, wall
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory
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


@pytest.mark.parametrize("number", [1, 9])
def test_the_feed_takes_the_same_queries_whatever_its_length(client, number, django_assert_num_queries):
    for day in range(number):
        RegistrationFactory(session=SessionFactory(starts_at=wall(2026, 11, 21 + day, 9)))
    with django_assert_num_queries(4):  # what changed (for each of the two marks), the lab, the sessions
        assert len(events(client)) == number
