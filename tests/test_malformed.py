"""Requests that no browser sends: the answer is a refusal, never a fault of ours."""

import pytest
from django.test import Client

from tests.access import World, table

pytestmark = pytest.mark.django_db
ODD = [
    "/rien%00/",
    "/rien%FF/",
    "/machines/a%00b/reserver/",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/documents/1/%00",
    "/" + "a" * 5000,
]
NAMES = ["jour", "debut", "fin", "age", "p", "next", "q", "since", "member", "machine", "from", "to", "cursor"]
VALUES = ["%00", "9999-12-31"]
QUERIES = ["&".join(f"{name}={value}" for name in NAMES) for value in VALUES]


@pytest.mark.parametrize("path", ODD)
@pytest.mark.parametrize("role", ["anonymous", "admin"])
def test_odd_addresses(db, path: str, role: str) -> None:
    client = World().client(role)
    assert client.get(path).status_code < 500


@pytest.mark.parametrize("role", ["anonymous", "owner", "admin"])
def test_odd_queries_on_every_page(db, role: str) -> None:
    world = World()
    client = world.client(role)
    pages = [route for route in table() if "deconnexion" not in route]
    found = {
        (route, query): client.get(world.address(route).partition("?")[0], QUERY_STRING=query).status_code
        for route in pages
        for query in QUERIES
        if route.startswith("gestion/") == (role == "admin")
    }
    assert {asked: status for asked, status in found.items() if status >= 500 and asked[0] != "readyz"} == {}


@pytest.mark.parametrize("method", ["head", "options", "put", "patch", "delete", "trace"])
def test_other_methods_on_every_page(db, method: str) -> None:
    world = World()
    client = world.client("owner")
    asked = [route for route in table() if route != "readyz" and not route.startswith("api/")]
    found = {route: getattr(client, method)(world.address(route)).status_code for route in asked}
    assert {route: status for route, status in found.items() if status >= 500} == {}
    assert world.owner.reservations.get().state == "to_confirm"


def test_a_form_of_ten_thousand_fields_is_refused(db, client: Client) -> None:
    assert client.post("/adherer/", {f"f{number}": "x" for number in range(10_000)}).status_code == 400


def test_reading_changes_nothing(db) -> None:
    world = World()
    booking = world.owner.reservations.get()
    before = booking.state, booking.starts_at, world.owner.password
    client = world.client("owner")
    for route in table():
        client.get(world.address(route))
    booking.refresh_from_db()
    world.owner.refresh_from_db()
    assert (booking.state, booking.starts_at, world.owner.password) == before
