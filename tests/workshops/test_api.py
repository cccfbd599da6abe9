import json

import pytest

from tests.factories.members import MemberFactory, StaffFactory, bearer
from tests.factories.place import wall
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory
from workshops import services
from workshops.models import Registration, WorkshopQuestion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
SESSIONS = "/api/v1/workshop-sessions"


def post(client, session, body=None, **headers):
    return client.post(
        f"{SESSIONS}/{session.pk}/registrations",
        json.dumps(body or {}),
        content_type="application/json",
        headers=headers,
    )


def delete(client, pk, **headers):
    return client.delete(f"/api/v1/registrations/{pk}", headers=headers)


def test_anybody_reads_the_sessions(client):
    session = SessionFactory(workshop=WorkshopFactory(slug="robots", places=4, age_min=9, age_max=13))
    RegistrationFactory(session=session, seats=3)
    RegistrationFactory(session=session, status="waitlisted", seats=2)
    assert client.get(SESSIONS).json() == {
        "items": [
            {
                "id": session.pk,
                "workshop": "robots",
                "starts_at": "2026-11-25T14:00:00+01:00",
                "ends_at": "2026-11-25T16:00:00+01:00",
                "places": 4,
                "places_left": 1,
                "waiting": 1,
                "age_min": 9,
                "age_max": 13,
                "state": "scheduled",
            }
        ],
        "next": None,
    }


def test_window_and_age_choose_the_sessions(client):
    for day, ages in [(24, {}), (25, {"age_max": 9}), (26, {"age_min": 12}), (27, {})]:
        SessionFactory(starts_at=wall(2026, 11, day, 14), workshop=WorkshopFactory(slug=f"le-{day}", **ages))
    answer = client.get(SESSIONS, {"from": "2026-11-25", "to": "2026-11-27T14:00:00+01:00", "age": 13}).json()
    assert [item["workshop"] for item in answer["items"]] == ["le-26"]


def test_pages_follow_each_other(client):
    for hour in (9, 9, 9, 14, 15):
        SessionFactory(starts_at=wall(2026, 11, 25, hour))
    seen, cursor = [], ""
    while cursor is not None:
        page = client.get(SESSIONS, {"limit": 2, "cursor": cursor}).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    everything = [item["id"] for item in client.get(SESSIONS).json()["items"]]
    assert seen == everything
    assert len(seen) == 5


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 501},
        {"age": -1},
        {"from": "hier"},
        {"cursor": "zzz"},
        {"from": "2026-11-20", "to": "2026-11-19"},
    ],
)
def test_a_query_that_makes_no_sense_is_422(client, query):
    assert client.get(SESSIONS, query).status_code == 422


@pytest.mark.parametrize("number", [1, 8])
def test_the_list_takes_one_query(client, number, django_assert_num_queries):
    for day in range(number):
        RegistrationFactory(session=SessionFactory(starts_at=wall(2026, 11, 21 + day, 9)))
    with django_assert_num_queries(1):
        assert len(client.get(SESSIONS).json()["items"]) == number


def test_registering_gives_a_place_then_a_position(client):
    session = SessionFactory(workshop=WorkshopFactory(places=1))
    answers = [post(client, session, **bearer(MemberFactory())) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert [(answer.json()["status"], answer.json()["position"]) for answer in answers] == [
        ("confirmed", None),
        ("waitlisted", 1),
        ("waitlisted", 2),
    ]


def test_refusals_come_all_at_once_as_problems(client):
    member = MemberFactory()
    session = SessionFactory(workshop=WorkshopFactory(age_min=18, places=2))
    RegistrationFactory(session=session, member=member)
    answer = post(client, session, {"seats": 3}, **bearer(member))
    assert answer.status_code == 422
    problems = answer.json()["problems"]
    assert [problem["code"] for problem in problems] == ["full", "age_out_of_range", "already_registered"]
    assert problems[1]["detail"] == {"age": 13, "age_min": 18, "age_max": None}
    assert problems[1]["next_step"]["url"] == "/agenda/?age=13"
    assert session.registrations.count() == 1


@pytest.mark.parametrize("body", [{"status": "confirmed"}, {"seats": 0}, {"seats": "many"}, {"member": -1}])
def test_a_body_that_makes_no_sense_is_422_and_stores_nothing(client, body):
    assert post(client, SessionFactory(), body, **bearer(MemberFactory())).status_code == 422
    assert not Registration.objects.exists()


def test_registering_needs_an_identity_and_the_scope(client):
    session = SessionFactory()
    assert post(client, session).status_code == 401
    assert post(client, session, **bearer(MemberFactory(), "usage:read")).status_code == 403
    assert not Registration.objects.exists()


def test_somebody_else_is_registered_by_staff_only(client):
    session, member = SessionFactory(), MemberFactory()
    assert post(client, session, {"member": member.pk}, **bearer(MemberFactory())).status_code == 403
    assert not Registration.objects.exists()
    staff = StaffFactory(roles=["facilitator"])
    assert post(client, session, {"member": member.pk}, **bearer(staff)).status_code == 201
    assert Registration.objects.get().member == member
    assert post(client, session, {"member": 10**15}, **bearer(staff)).status_code == 422


@pytest.mark.parametrize("pk", [999_999, 2**63, 10**30])
def test_what_is_not_there_is_404(client, pk):
    member = bearer(MemberFactory())
    assert (
        client.post(f"{SESSIONS}/{pk}/registrations", "{}", content_type="application/json", headers=member).status_code
        == 404
    )
    assert delete(client, pk, **member).status_code == 404


def test_cancelling_ones_own_registration_promotes_and_cannot_be_done_twice(client):
    session = SessionFactory(workshop=WorkshopFactory(places=1))
    mine = RegistrationFactory(session=session)
    waits = RegistrationFactory(session=session, status="waitlisted")
    headers = bearer(mine.member)
    assert delete(client, mine.pk, **headers).status_code == 204
    waits.refresh_from_db()
    assert waits.status == "held"
    again = delete(client, mine.pk, **headers)
    assert (again.status_code, again.json()["problems"][0]["code"]) == (409, "registration_closed")


def test_somebody_elses_registration_is_404_for_members_and_cancelled_by_staff(client):
    other = RegistrationFactory()
    assert delete(client, other.pk, **bearer(MemberFactory())).status_code == 404
    assert delete(client, other.pk).status_code == 401
    other.refresh_from_db()
    assert other.status == "confirmed"
    assert delete(client, other.pk, **bearer(StaffFactory(roles=["facilitator"]))).status_code == 204


def test_a_workshop_that_asks_something_sends_to_its_page(client):
    session = SessionFactory()
    question = WorkshopQuestion(text="Une allergie ?", purpose="le goûter", required=True)
    services.ask(workshop=session.workshop, questions=[question], actor=None)
    answer = post(client, session, **bearer(MemberFactory()))
    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (422, "not_allowed")
    assert not session.registrations.exists()
