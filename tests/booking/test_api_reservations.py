"""Booking, moving and cancelling through the API, as docs/contract.md §4 promises."""

from typing import Any

import pytest
from django.test import Client

from booking.models import Kind, Reservation, State
from booking.services import block_machines
from machines.models import Machine
from tests.booking.calls import API, FIFTEEN, FOURTEEN, SIXTEEN, api, codes, wanted
from tests.factories.booking import WEDNESDAY, ReservationFactory, open_lab, wall
from tests.factories.machines import MachineFactory, PoolFactory, PrinterFactory
from tests.factories.members import MemberFactory, StaffFactory, bearer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


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


def test_any_of_a_kind_goes_where_one_is_free(client: Client, machine, member) -> None:
    pool = PoolFactory()
    Machine.objects.filter(pk=machine.pk).update(pool=pool)
    MachineFactory(slug="imprimante-9", category=machine.category, pool=pool)
    ReservationFactory(machine=machine)
    answer = api(client, "post", "/reservations", wanted(any_of_kind=True), member)
    assert (answer.status_code, answer.json()["machine"], answer.json()["any_of_kind"]) == (201, "imprimante-9", True)


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
