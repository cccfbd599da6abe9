"""Every address × every role, as `access_table.csv` says; an address that is not in the table fails.

A row is `route` and the status that a GET gives to each role. Rows that belong to somebody belong to a stranger here,
so that a 200 for a member would be a leak. After a change of addresses, look at the difference that the test prints
before writing it into the table.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from members.models import User
from tests.cms.test_gestion_rights import row_for
from tests.factories.booking import ReservationFactory
from tests.factories.cms import site_tree
from tests.factories.machines import CategoryFactory, MachineFactory
from tests.factories.members import AdminFactory, AdultFactory, MemberFactory
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
TABLE = Path(__file__).with_name("access_table.csv")
ROLES = ("anonymous", "member", "mentor", "facilitator", "fab_manager", "director", "editor", "admin")
NOBODY = 999_999_999
PLAIN = {"int": str(NOBODY), "str": "x", "slug": "x", "path": "x", "uuid": "00000000-0000-0000-0000-000000000000"}
EXPRESSIONS = {
    r"documents/^(\d+)/(.*)$": f"documents/{NOBODY}/x.pdf",
    r"^mot-de-passe-oublie/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "mot-de-passe-oublie/1-set-password/",
    r"^((?:[\w\-]+/)*)$": "",
}


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield `(route, name)` of every address of the project."""
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, pattern.name or ""
        else:
            yield from routes(pattern, route)


def expected() -> dict[str, dict[str, int]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row.pop("route"): {role: int(status) for role, status in row.items()} for row in csv.DictReader(file)}


def person(role: str) -> User | None:
    if role == "anonymous":
        return None
    return AdminFactory() if role == "admin" else AdultFactory(roles=[role])


def answers(addresses: dict[str, str], role: str, method: str = "get", **options: bool) -> dict[str, int]:
    """Ask every address as somebody who has just signed in: an address may sign them out."""
    user, given = person(role), {}
    for route, path in addresses.items():
        client = Client(raise_request_exception=False, **options)
        if user:
            client.force_login(user)
        given[route] = getattr(client, method)(path).status_code
    return given


@pytest.fixture
def addresses(db) -> dict[str, str]:
    """Return a real address for each route, on rows that exist and belong to a stranger."""
    site_tree()
    MachineFactory(slug="imprimante-9")
    stranger = MemberFactory()
    keys = {
        "api/v1/reservations": lambda: ReservationFactory(member=stranger),
        "api/v1/registrations": lambda: RegistrationFactory(member=stranger),
        "api/v1/workshop-sessions": SessionFactory,
        "reservations/": lambda: ReservationFactory(member=stranger),
        "inscriptions/": lambda: RegistrationFactory(member=stranger),
        "seances/": SessionFactory,
        "gestion/categories/": CategoryFactory,
        "gestion/machines/": MachineFactory,
        "gestion/workshops/": WorkshopFactory,
    }
    found = {}
    rows: dict[str, int] = {}
    for route, name in routes(get_resolver()):
        key = next((key for key in keys if route.startswith(key)), name if name.startswith("lab_") else "")
        if "<int:pk>" in route and key and key not in rows:
            rows[key] = (keys[key] if key in keys else lambda name=name: row_for(name))().pk
        found[route] = "/" + address(route, rows.get(key, NOBODY))
    return found


def address(route: str, pk: int) -> str:
    """Fill in what an address needs: a known machine, a row, or something that does not exist."""
    if route in EXPRESSIONS:
        return EXPRESSIONS[route]
    filled = route.replace("<int:pk>", str(pk)).replace("<slug:kind>", "membres").replace("<slug:file_format>", "csv")
    if route.startswith(("api/v1/machines/", "machines/")):
        filled = re.sub(r"<(slug:)?slug>", "imprimante-9", filled)
    filled = re.sub(r"<(?:(\w+):)?\w+>", lambda match: PLAIN.get(match[1] or "str", "x"), filled)
    return re.sub(r"\^|\$|\\Z|\(\?P<\w+>[^)]*\)|\([^)]*\)", "", filled)


@pytest.mark.parametrize("role", ROLES)
def test_each_address_answers_a_role_as_the_table_says(addresses, role):
    assert answers(addresses, role) == {route: row[role] for route, row in expected().items()}


@pytest.mark.parametrize("role", ["member", "admin"])
def test_no_address_takes_a_post_without_its_token(addresses, role):
    given = answers(addresses, role, "post", enforce_csrf_checks=True)
    assert {route: status for route, status in given.items() if status not in {403, 404, 405}} == {}
