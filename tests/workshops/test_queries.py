from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.factories.members import MemberFactory
from tests.factories.place import wall
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory
from workshops import queries
from workshops.models import Registration

pytestmark = pytest.mark.django_db
Status = Registration.Status
START, END = wall(2026, 11, 23), wall(2026, 11, 30)


def between(**filters):
    return queries.sessions_between(START, END, **filters)


def test_sessions_that_only_touch_the_window_are_left_out():
    inside = SessionFactory(starts_at=wall(2026, 11, 23))
    SessionFactory(starts_at=wall(2026, 11, 22, 22))
    SessionFactory(starts_at=END)
    assert between() == [inside]


def test_seats_and_waiting_are_counted_apart():
    session = SessionFactory(workshop=WorkshopFactory(places=5))
    for status, seats in [
        ("confirmed", 2),
        ("held", 1),
        ("pending", 1),
        ("waitlisted", 3),
        ("waitlisted", 1),
        ("cancelled", 4),
    ]:
        until = wall(2026, 11, 24, 9) if status == "held" else None
        RegistrationFactory(session=session, status=status, seats=seats, held_until=until)
    SessionFactory(starts_at=wall(2026, 11, 26, 9), workshop=session.workshop)
    assert [(row.places_left, row.waiting) for row in between()] == [(1, 2), (5, 0)]


def test_more_seats_than_places_cannot_be_stored():
    session = SessionFactory(workshop=WorkshopFactory(places=1))
    with pytest.raises(IntegrityError), transaction.atomic():
        RegistrationFactory(session=session, seats=3)
    assert [row.places_left for row in between()] == [1]


def test_an_age_and_a_workshop_narrow_a_list():
    children = SessionFactory(workshop=WorkshopFactory(age_min=8, age_max=12))
    everybody = SessionFactory(starts_at=wall(2026, 11, 26, 9))
    grown_up = SessionFactory(workshop=WorkshopFactory(age_min=18), starts_at=wall(2026, 11, 27, 9))
    assert between(age=12) == [children, everybody]
    assert between(age=18) == [everybody, grown_up]
    assert between(workshop=everybody.workshop) == [everybody]


def test_pages_follow_each_other_without_gap_or_repeat():
    for hour in (9, 9, 9, 14):
        SessionFactory(starts_at=wall(2026, 11, 25, hour))
    everything, seen, after = between(), [], None
    while page := between(limit=2, after=after):
        seen += page
        after = (page[-1].starts_at, page[-1].pk)
    assert seen == everything
    assert len(seen) == 4


@pytest.mark.parametrize("number", [1, 7])
def test_a_list_of_sessions_takes_one_query(number, django_assert_num_queries):
    for day in range(number):
        RegistrationFactory(session=SessionFactory(starts_at=wall(2026, 11, 23 + day, 9)))
    with django_assert_num_queries(1):
        rows = between()
        assert [(row.workshop.title != "", row.places_left, row.waiting) for row in rows] == [(True, 7, 0)] * number


@pytest.mark.parametrize("number", [1, 5])
def test_my_registrations_take_one_query(number, django_assert_num_queries):
    member = MemberFactory()
    for day in range(number):
        RegistrationFactory(
            session=SessionFactory(starts_at=wall(2026, 11, 23 + day, 9)), member=member, status="waitlisted"
        )
    with django_assert_num_queries(1):
        rows = queries.registrations_of(member, START)
        assert [(row.position, row.session.workshop.places) for row in rows] == [(1, 8)] * number


def test_my_registrations_are_mine_to_come_and_not_cancelled():
    member = MemberFactory()
    mine = RegistrationFactory(member=member)
    RegistrationFactory(member=member, status=Status.CANCELLED, session=SessionFactory())
    RegistrationFactory(member=member, session=SessionFactory(starts_at=START - timedelta(days=9)))
    RegistrationFactory(session=mine.session)
    assert queries.registrations_of(member, START) == [mine]


def test_position_counts_who_waits_before_in_the_same_session():
    session = SessionFactory()
    RegistrationFactory(session=session)
    first, second = (RegistrationFactory(session=session, status="waitlisted") for _ in range(2))
    RegistrationFactory(session=session, status="cancelled")
    third = RegistrationFactory(session=session, status="waitlisted", created_at=second.created_at)
    RegistrationFactory(status="waitlisted")
    rows = queries.with_position(session.registrations.order_by("pk"))
    assert [(row.pk, row.position) for row in rows if row.position] == [(first.pk, 1), (second.pk, 2), (third.pk, 3)]
    assert [row.position for row in rows if row.status != "waitlisted"] == [None, None]


def test_next_joinable_are_to_come_free_and_of_my_age():
    now = wall(2026, 11, 25, 15)
    SessionFactory()
    SessionFactory(starts_at=wall(2026, 11, 26, 9), workshop=WorkshopFactory(age_min=18))
    SessionFactory(starts_at=wall(2026, 11, 26, 10), cancelled="Grippe")
    fits = SessionFactory(starts_at=wall(2026, 11, 26, 11), workshop=WorkshopFactory(age_min=10))
    everybody = SessionFactory(starts_at=wall(2026, 11, 26, 12))
    assert queries.next_joinable(13, now) == [fits, everybody]
    assert queries.next_joinable(13, now, limit=1) == [fits]
    assert queries.next_joinable(None, now) == [everybody]
