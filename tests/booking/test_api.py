"""The promises of docs/contract.md §4 about machines, slots, calendars and reservations."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from booking.models import Kind, Reservation, State
from booking.services import block_machines
from machines.models import Measured
from machines.services.usage import close_usage, open_usage
from tests.factories.booking import WEDNESDAY, ReservationFactory, close_lab, open_lab, wall
from tests.factories.machines import MachineFactory, OutageFactory, PrinterFactory, QualificationFactory
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory, bearer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
API = "/api/v1"
FOURTEEN, FIFTEEN, SIXTEEN = (f"2026-11-25T{hour}:00:00+01:00" for hour in (14, 15, 16))


@pytest.fixture
def machine():
    open_lab()
    return MachineFactory(slug="imprimante-1", name="Imprimante 1")


@pytest.fixture
def member():
    return MemberFactory()


def api(client: Client, method: str, path: str, body: Any = None, user=None, scopes: tuple = ()):
    headers = bearer(user, *scopes) if user else {}
    extra = {"data": body, "content_type": "application/json"} if body is not None else {}
    return getattr(client, method)(f"{API}{path}", headers=headers, **extra)


def wanted(**more: Any) -> dict[str, Any]:
    return {"machine": "imprimante-1", "starts_at": FOURTEEN, "ends_at": FIFTEEN, **more}


def codes(response) -> list[str]:
    return [problem["code"] for problem in response.json()["problems"]]


# --- machines ---


def test_a_machine_as_promised(client: Client, machine) -> None:
    assert api(client, "get", "/machines/imprimante-1").json() == {
        "slug": "imprimante-1",
        "name": "Imprimante 1",
        "process": "fdm",
        "state": "closed",
        "state_since": None,
        "busy_until": None,
        "next_free_at": FOURTEEN,
        "level_required": 0,
        "min_age": 8,
        "min_age_alone": 10,
    }


def test_the_park_leaves_out_what_is_no_longer_in_use(client: Client, machine) -> None:
    MachineFactory(slug="vieille", in_service=False)
    answer = api(client, "get", "/machines").json()
    assert [one["slug"] for one in answer["items"]] == ["imprimante-1"]
    assert answer["next"] is None


@pytest.mark.parametrize(
    "path",
    [
        "/machines/nulle",
        "/machines/vieille",
        "/machines/nulle/slots?day=2026-11-25",
        "/machines/nulle/calendar",
        "/machines/vieille/calendar",
        "/machines/a%00b",
        "/machines/%F0%9F%8E%89",
    ],
)
def test_unknown_machines_are_not_found(client: Client, machine, path: str) -> None:
    ReservationFactory(machine=MachineFactory(slug="vieille", in_service=False))
    assert api(client, "get", path).status_code == 404


STATES = {
    "free": {},
    "in_use": {"measured_state": Measured.IN_USE},
    "paused": {"measured_state": Measured.PAUSED},
    "down": {"measured_state": Measured.DOWN},
    "offline": {"measured_state": Measured.OFFLINE},
}


@pytest.mark.parametrize("state", STATES)
def test_measured_states_while_open(client: Client, state: str) -> None:
    open_lab(8, 18)
    MachineFactory(slug="imprimante-1", **STATES[state], measured_since=wall(8.5))
    answer = api(client, "get", "/machines/imprimante-1").json()
    assert answer["state"] == state
    assert answer["state_since"] == "2026-11-25T08:30:00+01:00"


def test_a_reserved_machine_says_until_when(client: Client, machine) -> None:
    open_lab(8, 12)
    ReservationFactory(machine=machine, starts_at=wall(8.5), ends_at=wall(10))
    answer = api(client, "get", "/machines/imprimante-1").json()
    keys = ("state", "state_since", "busy_until", "next_free_at")
    expected = ["reserved", "2026-11-25T08:30:00+01:00", "2026-11-25T10:00:00+01:00", "2026-11-25T10:00:00+01:00"]
    assert [answer[key] for key in keys] == expected


def test_an_outage_makes_it_down_until_it_ends(client: Client, machine) -> None:
    open_lab(8, 12)
    OutageFactory(machine=machine, starts_at=wall(8), ends_at=wall(11))
    answer = api(client, "get", "/machines/imprimante-1").json()
    assert (answer["state"], answer["next_free_at"]) == ("down", "2026-11-25T11:00:00+01:00")


@pytest.mark.parametrize("state", ["down", "in_use", "paused"])
def test_nobody_promises_when_a_machine_without_a_known_end_is_free(client: Client, state: str) -> None:
    open_lab(8, 18)
    MachineFactory(slug="imprimante-1", measured_state=state)
    assert api(client, "get", "/machines/imprimante-1").json()["next_free_at"] is None


@pytest.mark.parametrize("count", [1, 6])
def test_the_park_takes_the_same_queries_for_one_machine_and_six(
    client: Client, count: int, django_assert_num_queries
) -> None:
    open_lab()
    for machine in MachineFactory.create_batch(count):
        ReservationFactory(machine=machine)
    with django_assert_num_queries(2):
        api(client, "get", "/machines")


# --- slots ---


def test_slots_of_a_stranger_ask_to_sign_in(client: Client, machine) -> None:
    ReservationFactory(machine=machine, starts_at=wall(15))
    answer = api(client, "get", "/machines/imprimante-1/slots?day=2026-11-25").json()
    assert answer["next"] is None
    assert answer["items"][:2] == [
        {"starts_at": FOURTEEN, "ends_at": FIFTEEN, "available": False, "problems": ["not_allowed"]},
        {"starts_at": FIFTEEN, "ends_at": SIXTEEN, "available": False, "problems": ["overlap", "not_allowed"]},
    ]


def test_slots_are_those_of_the_caller(client: Client, machine, member) -> None:
    ReservationFactory(member=member, starts_at=wall(16))
    answer = api(client, "get", "/machines/imprimante-1/slots?day=2026-11-25", user=member).json()
    found = [(slot["available"], slot["problems"]) for slot in answer["items"]]
    assert found == [(True, []), (True, []), (False, ["member_overlap"]), (True, [])]


@pytest.mark.parametrize(
    "day",
    [
        "",
        "2026-02-30",
        "demain",
        "2026-11-25T10:00",
        "9999-12-31",
        "0001-01-01",
        "20261125",
        "٢٠٢٦-11-25",
        "2026-11-25%00",
    ],
)
def test_a_day_that_is_none_is_refused(client: Client, machine, day: str) -> None:
    assert api(client, "get", f"/machines/imprimante-1/slots?day={day}").status_code == 422


def test_slots_need_a_day(client: Client, machine) -> None:
    assert api(client, "get", "/machines/imprimante-1/slots").status_code == 422


# --- calendars ---


def test_a_calendar_shows_taken_time_and_openings_and_no_person(client: Client, machine) -> None:
    somebody = MemberFactory(username="canari", first_name="Canari", last_name="Canari", email="canari@lab.example")
    ReservationFactory(machine=machine, member=somebody)
    block_machines(machines=[machine], starts_at=wall(16), ends_at=wall(17), kind=Kind.WORKSHOP, actor=None)
    ReservationFactory(machine=machine, starts_at=wall(17), state=State.CANCELLED)
    close_lab(17, 20)
    answer = api(client, "get", "/machines/imprimante-1/calendar?from=2026-11-23&to=2026-11-30")
    assert answer.json() == {
        "items": [
            {"machine": "imprimante-1", "starts_at": FOURTEEN, "ends_at": FIFTEEN, "kind": "member", "mine": False},
            {
                "machine": "imprimante-1",
                "starts_at": SIXTEEN,
                "ends_at": "2026-11-25T17:00:00+01:00",
                "kind": "workshop",
                "mine": False,
            },
        ],
        "openings": [{"starts_at": FOURTEEN, "ends_at": "2026-11-25T17:00:00+01:00", "kind": "open_lab"}],
        "next": None,
    }
    assert "anari" not in answer.content.decode()


def test_mine_is_mine_alone(client: Client, machine, member) -> None:
    ReservationFactory(machine=machine, member=member)
    ReservationFactory(machine=machine, starts_at=wall(15))
    block_machines(machines=[machine], starts_at=wall(16), ends_at=wall(17), kind=Kind.MAINTENANCE, actor=None)
    answer = api(client, "get", "/calendar?from=2026-11-25&to=2026-11-26", user=member).json()
    assert [block["mine"] for block in answer["items"]] == [True, False, False]
    anonymous = api(client, "get", "/calendar?from=2026-11-25&to=2026-11-26").json()
    assert [block["mine"] for block in anonymous["items"]] == [False, False, False]


def test_a_token_without_the_scope_does_not_learn_which_is_mine(client: Client, machine, member) -> None:
    ReservationFactory(machine=machine, member=member)
    answer = api(client, "get", "/calendar?from=2026-11-25&to=2026-11-26", user=member, scopes=("usage:read",))
    assert [block["mine"] for block in answer.json()["items"]] == [False]


def test_windows_are_half_open_and_dates_are_local_midnights(client: Client, machine) -> None:
    day = {"machine": machine}
    ReservationFactory(**day, starts_at=wall(23, WEDNESDAY - timedelta(days=1)), ends_at=wall(0))
    ReservationFactory(**day, starts_at=wall(0), ends_at=wall(1))
    ReservationFactory(**day, starts_at=wall(23), ends_at=wall(24))
    ReservationFactory(**day, starts_at=wall(24), ends_at=wall(25))
    path = "/machines/imprimante-1/calendar"
    found = api(client, "get", f"{path}?from=2026-11-25&to=2026-11-26").json()["items"]
    assert [block["starts_at"][11:16] for block in found] == ["00:00", "23:00"]
    moments = "from=2026-11-25T00:30:00%2B01:00&to=2026-11-25T23:00:00%2B01:00"
    assert len(api(client, "get", f"{path}?{moments}").json()["items"]) == 1


@pytest.mark.parametrize(
    "window",
    [
        "from=2026-11-25T10:00:00",
        "from=hier",
        "from=2026-11-25&to=2026-11-25",
        "from=2026-11-25&to=2026-11-24",
        "from=2026-11-25&to=2027-11-25",
        "from=0001-01-01&to=0001-01-02",
        "from=9999-12-30&to=9999-12-31",
        "from=99999-01-01",
        "from=2027-03-28T99:00:00Z",
        "from=%00",
        "from=" + "9" * 5000,
    ],
)
def test_windows_that_are_none_are_refused(client: Client, machine, window: str) -> None:
    assert api(client, "get", f"/calendar?{window}").status_code == 422


def test_a_window_may_hold_sixty_two_local_days(client: Client, machine) -> None:
    assert api(client, "get", "/calendar?from=2026-10-01&to=2026-12-02").status_code == 200
    assert api(client, "get", "/calendar?from=2026-10-01&to=2026-12-04").status_code == 422


@pytest.mark.parametrize("count", [0, 1, 30])
@pytest.mark.parametrize("path", ["/machines/imprimante-1/calendar", "/calendar"])
def test_a_feed_takes_at_most_four_queries_session_and_person_included(
    client: Client, machine, member, path: str, count: int, django_assert_max_num_queries
) -> None:
    for number in range(count):
        ReservationFactory(machine=machine, starts_at=wall(number / 2), ends_at=wall(number / 2 + 0.5))
    client.force_login(member)
    with django_assert_max_num_queries(4):
        answer = client.get(f"{API}{path}?from=2026-11-23&to=2026-11-30")
    assert len(answer.json()["items"]) == count


# --- reserve ---


def test_a_booking_is_answered_with_the_reservation(client: Client, machine, member) -> None:
    answer = api(client, "post", "/reservations", wanted(), member)
    made = Reservation.objects.get()
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "id": made.pk,
            "machine": "imprimante-1",
            "member": member.pk,
            "kind": "member",
            "starts_at": FOURTEEN,
            "ends_at": FIFTEEN,
            "state": "confirmed",
            "channel": "online",
        },
    )


def test_taken_time_is_a_conflict_with_alternatives(client: Client, machine, member) -> None:
    ReservationFactory(machine=machine)
    answer = api(client, "post", "/reservations", wanted(), member)
    assert (answer.status_code, codes(answer)) == (409, ["overlap"])
    (problem,) = answer.json()["problems"]
    assert set(problem) == {"code", "message", "detail", "next_step", "alternatives"}
    assert problem["detail"] == {"busy": [[FOURTEEN, FIFTEEN]]}
    assert set(problem["next_step"]) == {"label", "url"}
    assert problem["alternatives"][0] == {"machine": "imprimante-1", "starts_at": FIFTEEN, "ends_at": SIXTEEN}
    assert len(problem["alternatives"]) == 3


def test_other_refusals_are_unprocessable_and_all_are_told(client: Client) -> None:
    PrinterFactory(slug="imprimante-1", min_age=14, min_age_alone=14)
    answer = api(client, "post", "/reservations", wanted(), MemberFactory())
    assert (answer.status_code, codes(answer)) == (422, ["closed", "too_young", "qualification_missing"])


def test_overlap_among_others_is_a_conflict(client: Client, machine, member) -> None:
    ReservationFactory(machine=machine)
    answer = api(client, "post", "/reservations", wanted(ends_at="2026-11-25T19:00:00+01:00"), member)
    assert (answer.status_code, codes(answer)) == (409, ["too_long", "closed", "overlap"])


def test_messages_are_in_the_language_of_the_caller(client: Client, machine, member) -> None:
    ReservationFactory(machine=machine)
    headers = {**bearer(member), "Accept-Language": "en"}
    answer = client.post(f"{API}/reservations", wanted(), content_type="application/json", headers=headers)
    assert answer.json()["problems"][0]["message"] == "Already taken from 14:00 to 15:00."


@pytest.mark.parametrize(
    "body",
    [
        {},
        wanted(price=0),
        wanted(state="done"),
        wanted(kind="maintenance"),
        wanted(machine=None),
        wanted(machine="x" * 51),
        wanted(starts_at="2026-11-25T14:00:00"),
        wanted(starts_at="demain"),
        wanted(starts_at=1_764_000_000_000_000_000_000),
        wanted(starts_at="9999-12-31T23:59:59Z", ends_at="9999-12-31T23:59:59Z"),
        wanted(starts_at="0001-01-01T00:00:00+14:00"),
        wanted(ends_at="+10000-01-01T00:00:00Z"),
        wanted(accompanied="peut-être"),
        wanted(member=2**63),
        wanted(member=0),
        wanted(member=-1),
        wanted(channel="pigeon"),
        wanted(waive="quota_reached"),
        wanted(waive=["x"] * 11),
        wanted(waive_reason="x" * 201),
        wanted(waive=["closed"], waive_reason="a\u0000b"),
        [],
        "reserver",
        None,
    ],
)
def test_bodies_of_another_shape_are_unprocessable(client: Client, machine, body: Any) -> None:
    staff = StaffFactory()
    answer = client.post(f"{API}/reservations", body, content_type="application/json", headers=bearer(staff))
    assert answer.status_code in {400, 422}, answer.content
    assert Reservation.objects.count() == 0


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff\xfe", b"[" * 3000, b'{"machine": NaN}', b'{"machine": "\\ud800"}', b"null"]
)
def test_malformed_json_is_refused(client: Client, machine, member, raw: bytes) -> None:
    answer = client.generic("POST", f"{API}/reservations", raw, content_type="application/json", headers=bearer(member))
    assert answer.status_code in {400, 422}
    assert Reservation.objects.count() == 0


@pytest.mark.parametrize("slug", ["nulle", "", "a\u0000b", "../admin"])
def test_an_unknown_machine_cannot_be_booked(client: Client, machine, member, slug: str) -> None:
    assert api(client, "post", "/reservations", wanted(machine=slug), member).status_code == 404


def test_accompanied_children_wait_for_the_team(client: Client) -> None:
    open_lab()
    PrinterFactory(slug="imprimante-1")
    child = MemberFactory(birth_date=WEDNESDAY.replace(year=2015))
    assert codes(api(client, "post", "/reservations", wanted(), child)) == ["too_young", "qualification_missing"]
    answer = api(client, "post", "/reservations", wanted(accompanied=True), child)
    assert (answer.status_code, answer.json()["state"]) == (201, "to_confirm")


def test_staff_book_for_a_member_with_a_waiver(client: Client, member) -> None:
    open_lab()
    printer, staff = PrinterFactory(slug="imprimante-1"), StaffFactory()
    body = wanted(member=member.pk, channel="phone", waive=["qualification_missing"], waive_reason="formée hier")
    answer = api(client, "post", "/reservations", body, staff)
    assert (answer.status_code, answer.json()["member"], answer.json()["channel"]) == (201, member.pk, "phone")
    made = Reservation.objects.get(machine=printer)
    assert (made.created_by, made.waived, made.waive_reason) == (staff, ["qualification_missing"], "formée hier")


def test_a_member_cannot_waive_book_for_others_or_choose_a_channel(client: Client, machine, member) -> None:
    other = MemberFactory()
    assert api(client, "post", "/reservations", wanted(member=other.pk), member).status_code == 403
    refused = api(client, "post", "/reservations", wanted(waive=["closed"], waive_reason="moi"), member)
    assert (refused.status_code, codes(refused)) == (422, ["not_allowed"])
    made = api(client, "post", "/reservations", wanted(channel="desk"), member)
    assert made.json()["channel"] == "online"


def test_a_member_learns_nothing_about_other_numbers(client: Client, machine, member) -> None:
    known, unknown = MemberFactory().pk, 2**40
    answers = [api(client, "post", "/reservations", wanted(member=pk), member) for pk in (known, unknown)]
    assert answers[0].content == answers[1].content
    assert [answer.status_code for answer in answers] == [403, 403]


def test_staff_are_told_when_nobody_has_the_number(client: Client, machine) -> None:
    assert api(client, "post", "/reservations", wanted(member=2**40), StaffFactory()).status_code == 422


# --- move and cancel ---


def test_a_booking_moves(client: Client, machine, member) -> None:
    booking = ReservationFactory(machine=machine, member=member)
    body = {"starts_at": FIFTEEN, "ends_at": SIXTEEN}
    answer = api(client, "patch", f"/reservations/{booking.pk}", body, member)
    assert (answer.status_code, answer.json()["id"], answer.json()["starts_at"]) == (200, booking.pk, FIFTEEN)


def test_a_refused_move_leaves_the_old_booking(client: Client, machine, member) -> None:
    booking = ReservationFactory(machine=machine, member=member)
    ReservationFactory(machine=machine, starts_at=wall(15))
    answer = api(client, "patch", f"/reservations/{booking.pk}", {"starts_at": FIFTEEN, "ends_at": SIXTEEN}, member)
    assert (answer.status_code, codes(answer)) == (409, ["overlap"])
    booking.refresh_from_db()
    assert booking.starts_at == wall(14)


@pytest.mark.parametrize(
    "body", [{}, {"starts_at": FIFTEEN}, {"starts_at": FIFTEEN, "ends_at": SIXTEEN, "machine": "autre"}]
)
def test_a_move_names_both_ends_and_nothing_else(client: Client, machine, member, body: dict) -> None:
    booking = ReservationFactory(machine=machine, member=member)
    assert api(client, "patch", f"/reservations/{booking.pk}", body, member).status_code == 422


@pytest.mark.parametrize("body", [None, {}, {"reason": "malade"}])
def test_a_booking_is_cancelled_with_or_without_a_body(client: Client, machine, member, body: dict | None) -> None:
    booking = ReservationFactory(machine=machine, member=member)
    answer = api(client, "delete", f"/reservations/{booking.pk}", body, member)
    assert (answer.status_code, answer.content) == (204, b"")
    booking.refresh_from_db()
    assert (booking.state, booking.cancel_reason) == (State.CANCELLED, (body or {}).get("reason", ""))


def test_cancelling_too_late_or_twice_is_a_conflict(client: Client, machine, member) -> None:
    begun = ReservationFactory(machine=machine, member=member, starts_at=wall(8), ends_at=wall(10))
    gone = ReservationFactory(machine=machine, member=member, state=State.CANCELLED)
    answers = [api(client, "delete", f"/reservations/{one.pk}", None, member) for one in (begun, gone)]
    assert [(answer.status_code, codes(answer)) for answer in answers] == [(409, ["past"]), (409, ["not_allowed"])]


def test_an_unknown_field_of_a_cancellation_is_refused(client: Client, machine, member) -> None:
    booking = ReservationFactory(machine=machine, member=member)
    assert api(client, "delete", f"/reservations/{booking.pk}", {"raison": "x"}, member).status_code == 422
    assert api(client, "delete", f"/reservations/{booking.pk}", {"reason": "a\u0000"}, member).status_code == 422


def test_somebody_else_s_booking_does_not_exist(client: Client, machine, member) -> None:
    theirs = ReservationFactory(machine=machine)
    body = {"starts_at": FIFTEEN, "ends_at": SIXTEEN}
    for method, sent in (("patch", body), ("delete", None)):
        answers = [api(client, method, f"/reservations/{pk}", sent, member) for pk in (theirs.pk, 10**9, 2**63, 10**40)]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
    theirs.refresh_from_db()
    assert theirs.state == State.CONFIRMED


def test_staff_move_and_cancel_for_others(client: Client, machine, member) -> None:
    booking, staff = ReservationFactory(machine=machine, member=member), StaffFactory(roles=["facilitator"])
    body = {"starts_at": FIFTEEN, "ends_at": SIXTEEN}
    assert api(client, "patch", f"/reservations/{booking.pk}", body, staff).status_code == 200
    assert api(client, "delete", f"/reservations/{booking.pk}", None, staff).status_code == 204


def test_a_workshop_s_time_is_not_cancelled_through_the_api(client: Client, machine) -> None:
    (held,) = block_machines(machines=[machine], starts_at=wall(14), ends_at=wall(15), kind=Kind.WORKSHOP, actor=None)
    answer = api(client, "delete", f"/reservations/{held.pk}", None, StaffFactory())
    assert (answer.status_code, codes(answer)) == (409, ["not_allowed"])


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
