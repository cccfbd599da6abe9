"""Every address of the site as every role: the expected answer is checked in (tests/access_table.csv).

An address that is not in the table fails: whoever adds one says there who may open it.
"""

import re

import pytest

from tests.access import CANARY, ROLES, STAFF, World, routes, table

pytestmark = pytest.mark.django_db

# Wagtail's own screens, which our roles and its permissions keep: who is no editor never sees one.
WAGTAIL = re.compile(
    r"gestion/($|\^|account|api|block-preview|bulk|choose|collections|dismissibles|documents|editing-sessions|embeds|"
    r"failwhale|forms|groups|images|jsi18n|login|logout|pages|password_reset|redirects|reports|settings|sites|snippets|"
    r"sprite|tag-autocomplete|test404|users|workflows)|_util/|documents/"
)
FOR_ALL = re.compile(r"gestion/(login|logout|sprite|jsi18n|password_reset|failwhale)|_util/login")
ADMIN_ONLY = re.compile(
    r"gestion/(users|groups|sites|redirects|settings|workflows/(list|add|edit|enable|disable|tasks))"
)
REFUSED = {302, 401, 403, 404, 405}
LEAVING = re.compile(r"logout|deconnexion|accueil/verrou")


def ours(route: str) -> bool:
    return not WAGTAIL.match(route)


def statuses(world: World, role: str, wanted: list[str], method: str = "get", **options: bool) -> dict[str, int]:
    """Ask each address; some end the session."""
    client, found = world.client(role, **options), {}
    for route in wanted:
        found[route] = getattr(client, method)(world.address(route)).status_code
        if LEAVING.search(route):
            client = world.client(role, **options)
    return found


@pytest.fixture
def world(db) -> World:
    return World()


def test_every_address_is_in_the_table_and_nothing_else_is() -> None:
    assert set(table()) == {route for route in routes() if ours(route)}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_what_the_table_says(world: World, role: str) -> None:
    expected = {route: row[role] for route, row in table().items()}
    assert statuses(world, role, list(expected)) == expected


@pytest.mark.parametrize("role", ["anonymous", "member"])
def test_the_back_office_of_wagtail_is_closed_to_who_is_not_of_the_team(world: World, role: str) -> None:
    closed = [route for route in routes() if not ours(route) and not FOR_ALL.match(route)]
    found = statuses(world, role, closed)
    assert {route: status for route, status in found.items() if status not in REFUSED} == {}


@pytest.mark.parametrize("role", STAFF)
def test_what_is_for_the_administrator_is_closed_to_the_rest_of_the_team(world: World, role: str) -> None:
    found = statuses(world, role, [route for route in routes() if ADMIN_ONLY.match(route)])
    assert {route: status for route, status in found.items() if status not in REFUSED} == {}


@pytest.mark.parametrize("role", ["editor", "admin"])
def test_no_screen_of_wagtail_breaks(world: World, role: str) -> None:
    found = statuses(world, role, [route for route in routes() if not ours(route) and "failwhale" not in route])
    assert {route: status for route, status in found.items() if status >= 500} == {}


def test_nothing_is_posted_without_the_token_of_our_pages(world: World) -> None:
    found = statuses(world, "admin", routes(), "post", enforce_csrf_checks=True)
    allowed = {route: {403, 404, 405} if route.startswith("api/") else {403} for route in found}
    assert {route: status for route, status in found.items() if status not in allowed[route]} == {}


def test_strangers_post_nothing_without_it_either(world: World) -> None:
    found = statuses(world, "anonymous", routes(), "post", enforce_csrf_checks=True)
    assert {route: status for route, status in found.items() if status not in REFUSED} == {}


@pytest.mark.parametrize("role", ["anonymous", "member", "editor"])
def test_no_page_tells_who_somebody_is(world: World, role: str) -> None:
    """The owner's names and address appear on no page of whoever has no right to them."""
    client = world.client(role)
    bodies = {route: client.get(world.address(route)).content.decode() for route in table()}
    assert [route for route, body in bodies.items() if CANARY.lower() in body.lower()] == []


def test_the_owner_and_the_team_do_see_the_names(world: World) -> None:
    page = world.client("owner").get("/compte/").content.decode()
    listing = world.client("facilitator").get("/gestion/reservations/").content.decode()
    assert (CANARY in page, CANARY in listing) == (True, True)
