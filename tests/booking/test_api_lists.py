"""Lists, pages and who may call, as docs/contract.md §4 promises."""

import pytest
from django.test import Client

from booking.models import Reservation
from machines.services.usage import close_usage, open_usage
from tests.booking.calls import API, FIFTEEN, FOURTEEN, api, codes, wanted
from tests.factories.booking import ReservationFactory, open_lab, wall
from tests.factories.machines import PrinterFactory, QualificationFactory
from tests.factories.members import AdultFactory, StaffFactory, bearer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


# --- lists ---

WINDOW = "from=2026-11-25&to=2026-11-26"


def test_members_list_their_own_and_staff_all(client: Client, machine, member) -> None:
    mine, theirs = (
        ReservationFactory(machine=machine, member=member),
        ReservationFactory(machine=machine, starts_at=wall(15)),
    )
    assert [row["id"] for row in api(client, "get", f"/reservations?{WINDOW}", user=member).json()["items"]] == [
        mine.pk
    ]
    listed = api(client, "get", f"/reservations?{WINDOW}", user=StaffFactory(roles=["facilitator"])).json()["items"]
    assert [row["id"] for row in listed] == [mine.pk, theirs.pk]


def test_a_list_is_narrowed_by_machine(client: Client, machine, member) -> None:
    ReservationFactory(member=member)
    mine = ReservationFactory(machine=machine, member=member, starts_at=wall(16))
    answer = api(client, "get", f"/reservations?{WINDOW}&machine=imprimante-1", user=member)
    assert [row["id"] for row in answer.json()["items"]] == [mine.pk]
    assert api(client, "get", f"/reservations?{WINDOW}&machine=nulle", user=member).status_code == 404
    assert api(client, "get", f"/reservations?{WINDOW}&machine=%00", user=member).status_code == 404


def test_pages_follow_each_other_without_gap_or_double(client: Client, machine, member) -> None:
    same_start = [ReservationFactory(member=member, starts_at=wall(14)) for _ in range(4)]
    later = ReservationFactory(member=member, starts_at=wall(15))
    seen, cursor, headers = [], "", bearer(member)
    while cursor is not None:
        answer = client.get(f"{API}/reservations?{WINDOW}&limit=2&cursor={cursor}", headers=headers).json()
        seen.append([row["id"] for row in answer["items"]])
        cursor = answer["next"]
    ids = [row.pk for row in same_start]
    assert seen == [ids[:2], ids[2:], [later.pk]]


CURSORS = ["x", "é", "AAAA", "bnVsbA", "WyIyMDI2IiwgMV0", "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwgMV0", "A" * 5000]


@pytest.mark.parametrize("cursor", CURSORS)
@pytest.mark.parametrize("path", ["/reservations", "/usage-sessions"])
def test_a_forged_cursor_is_refused(client: Client, member, path: str, cursor: str) -> None:
    assert api(client, "get", f"{path}?cursor={cursor}", user=member).status_code == 422


@pytest.mark.parametrize("limit", ["0", "-1", "501", "x", "1e3", str(2**70)])
@pytest.mark.parametrize("path", ["/reservations", "/usage-sessions"])
def test_limits_are_bounded(client: Client, member, path: str, limit: str) -> None:
    assert api(client, "get", f"{path}?limit={limit}", user=member).status_code == 422


@pytest.mark.parametrize("count", [1, 8])
@pytest.mark.parametrize("path", ["/reservations", "/usage-sessions"])
def test_lists_take_the_same_queries_for_one_row_and_many(
    client: Client, member, path: str, count: int, django_assert_num_queries
) -> None:
    for number in range(count):
        booking = ReservationFactory(member=member, starts_at=wall(number), ends_at=wall(number + 1))
        open_usage(booking.machine, source="test", natural_key=str(number), started_at=wall(number))
    headers = bearer(member)
    with django_assert_num_queries(4):  # the token, two for the rights, the rows
        answer = client.get(f"{API}{path}?{WINDOW}", headers=headers)
    assert len(answer.json()["items"]) == count


def test_uses_as_promised(client: Client, machine, member) -> None:
    booking = ReservationFactory(machine=machine, member=member, starts_at=wall(8), ends_at=wall(10))
    session = open_usage(machine, source="octoprint:1", natural_key="a", started_at=wall(8.5), job_name="pièce.gcode")
    close_usage(session, ended_at=wall(9), outcome="completed", energy_wh=12.5)
    assert api(client, "get", f"/usage-sessions?{WINDOW}", user=member).json() == {
        "items": [
            {
                "id": session.pk,
                "machine": "imprimante-1",
                "started_at": "2026-11-25T08:30:00+01:00",
                "ended_at": "2026-11-25T09:00:00+01:00",
                "outcome": "completed",
                "source": "octoprint:1",
                "job_name": "pièce.gcode",
                "estimated": False,
                "energy_wh": 12.5,
                "member": member.pk,
                "reservation": booking.pk,
                "attribution": "reservation",
            }
        ],
        "next": None,
    }


def test_uses_of_others_are_for_staff(client: Client, machine, member) -> None:
    ReservationFactory(machine=machine, starts_at=wall(8), ends_at=wall(10))
    open_usage(machine, source="test", natural_key="a", started_at=wall(8.5))
    path = f"/usage-sessions?{WINDOW}"
    assert api(client, "get", path, user=member).json()["items"] == []
    assert len(api(client, "get", path, user=StaffFactory(roles=["facilitator"])).json()["items"]) == 1


def test_uses_look_back_a_month_unless_told(client: Client, machine) -> None:
    open_usage(machine, source="test", natural_key="a", started_at=wall(8.5))
    answer = api(client, "get", "/usage-sessions", user=StaffFactory())
    assert len(answer.json()["items"]) == 1


# --- who calls ---

CLOSED = [
    ("get", "/reservations"),
    ("get", "/usage-sessions"),
    ("post", "/reservations"),
    ("patch", "/reservations/1"),
    ("delete", "/reservations/1"),
]


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_strangers_are_asked_to_sign_in(client: Client, method: str, path: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    for caller in (client, strict):
        answer = api(caller, method, path, {} if method != "get" else None)
        assert (answer.status_code, codes(answer)) == (401, ["not_allowed"])
        assert answer.json()["problems"][0]["next_step"]["url"] == "/connexion/"


@pytest.mark.parametrize(("method", "path"), [*CLOSED, ("get", "/machines"), ("get", "/calendar")])
@pytest.mark.parametrize("header", ["Bearer lab_faux", "Bearer ", "Basic aW5lczpkZW1v", "Bearer \xe9"])
def test_a_wrong_token_is_nobody_even_where_strangers_may_read(
    client: Client, method: str, path: str, header: str
) -> None:
    extra = {"data": {}, "content_type": "application/json"} if method != "get" else {}
    answer = getattr(client, method)(f"{API}{path}", headers={"Authorization": header}, **extra)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [
        ("get", "/reservations", ("reservations:write", "usage:read")),
        ("get", "/usage-sessions", ("reservations:read", "reservations:write")),
        ("post", "/reservations", ("reservations:read", "usage:read")),
        ("patch", "/reservations/1", ("reservations:read",)),
        ("delete", "/reservations/1", ("reservations:read",)),
    ],
)
def test_a_token_does_only_what_its_scopes_say(client: Client, machine, method: str, path: str, scopes: tuple) -> None:
    bodies = {"post": wanted(), "patch": {"starts_at": FOURTEEN, "ends_at": FIFTEEN}}
    answer = api(client, method, path, bodies.get(method), AdultFactory(), scopes)
    assert answer.status_code == 403
    assert Reservation.objects.count() == 0


def test_a_session_must_show_it_comes_from_our_pages(machine, member) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(member)
    body = {"data": wanted(), "content_type": "application/json"}
    assert strict.post(f"{API}/reservations", **body).status_code == 403
    assert Reservation.objects.count() == 0
    strict.get("/connexion/?next=/")
    strict.get("/reservations/")
    token = strict.get("/compte/").cookies["csrftoken"].value
    assert strict.post(f"{API}/reservations", **body, headers={"X-CSRFToken": token}).status_code == 201


def test_a_token_needs_no_csrf(machine, member) -> None:
    assert api(Client(enforce_csrf_checks=True), "post", "/reservations", wanted(), member).status_code == 201


def test_a_permit_is_all_a_young_member_needs(client: Client, member) -> None:
    open_lab()
    printer = PrinterFactory(slug="imprimante-1")
    QualificationFactory(member=member, category=printer.category)
    assert api(client, "post", "/reservations", wanted(), member).status_code == 201
