"""The promises of docs/contract.md §4 about machines, slots and calendars."""

from datetime import timedelta

import pytest
from django.test import Client

from booking.models import Kind, State
from booking.services import block_machines
from machines.models import Measured
from tests.booking.calls import API, FIFTEEN, FOURTEEN, SIXTEEN, api
from tests.factories.booking import WEDNESDAY, ReservationFactory, close_lab, open_lab, wall
from tests.factories.machines import MachineFactory, OutageFactory
from tests.factories.members import MemberFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


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
