"""The wall board as it is asked for: whole, in part, again and again."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from machines.models import Attribution, Machine, Measured
from machines.services import usage
from members.models import User
from tests.conftest import Site
from tests.factories.booking import ReservationFactory, wall
from tests.factories.machines import MachineFactory, OutageFactory
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.workshops import SessionFactory
from tests.services import axe
from tests.services.browser import DESKTOP, PHONE, opened_page

PAGE, FRAGMENT = "/tableau/", "/tableau/fragment/"
SECRETS = ("Inès", "Belcastel", "inesb", "B.", "boite.gcode")


def busy_lab(at: datetime) -> User:
    """Fill a board with everything that names somebody: a use, a booking under way, one to come."""
    ines = MemberFactory(first_name="Inès", last_name="Belcastel", username="inesb")
    printer, laser = MachineFactory(name="Mistral"), MachineFactory(name="Laser")
    session = usage.open_usage(printer, source="native:1", natural_key="1", started_at=at, job_name="boite.gcode")
    usage.attribute(session, member=ines, attribution=Attribution.RESERVATION)
    usage.set_measured(printer, Measured.IN_USE, at)
    ReservationFactory(machine=laser, member=ines, starts_at=at, ends_at=at + timedelta(hours=1))
    later = at + timedelta(hours=2)
    ReservationFactory(machine=printer, member=ines, starts_at=later, ends_at=later + timedelta(hours=1))
    return ines


@pytest.mark.usefixtures("open_day", "now")
@pytest.mark.parametrize("address", [PAGE, FRAGMENT])
@pytest.mark.parametrize("role", [None, "member", "mentor", "editor"])
def test_no_name_for_those_who_may_not_know(client: Client, address: str, role: str | None) -> None:
    busy_lab(wall(14))
    if role:
        client.force_login(MemberFactory(roles=[role], first_name="Zoé", last_name="Quintaval"))
    shown = client.get(address).content.decode()
    assert [word for word in SECRETS if word in shown] == []
    assert ("Mistral" in shown, "occupée" in shown, "réservée" in shown) == (True, True, True)


@pytest.mark.usefixtures("open_day", "now")
@pytest.mark.parametrize("role", ["facilitator", "fab_manager", "director"])
def test_staff_read_first_name_and_initial(client: Client, role: str) -> None:
    busy_lab(wall(14))
    client.force_login(StaffFactory(roles=[role]))
    shown = client.get(FRAGMENT).content.decode()
    assert [word for word in ("Inès B.", "boite.gcode") if word in shown] == ["Inès B.", "boite.gcode"]
    assert [word for word in ("Belcastel", "inesb") if word in shown] == []


@pytest.mark.usefixtures("open_day", "now")
def test_the_same_board_is_not_sent_again(client: Client) -> None:
    busy_lab(wall(14))
    first = client.get(FRAGMENT)
    again = client.get(FRAGMENT, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (again["ETag"], again["Cache-Control"]) == (first["ETag"], "private, no-cache")
    usage.set_measured(Machine.objects.get(name="Laser"), Measured.PAUSED, wall(14.4))
    changed = client.get(FRAGMENT, headers={"If-None-Match": first["ETag"]})
    assert (changed.status_code, changed["ETag"] == first["ETag"]) == (200, False)


@pytest.mark.usefixtures("open_day", "now")
def test_a_name_never_comes_from_the_answer_given_to_staff(client: Client) -> None:
    busy_lab(wall(14))
    public = client.get(FRAGMENT)["ETag"]
    client.force_login(StaffFactory())
    staff = client.get(FRAGMENT, headers={"If-None-Match": public})
    assert (staff.status_code, staff["ETag"] == public) == (200, False)
    assert "Cookie" in staff["Vary"]


@pytest.mark.usefixtures("db", "now")
def test_an_empty_lab_has_a_board(client: Client) -> None:
    shown = client.get(PAGE)
    assert shown.status_code == 200
    assert "/adherer/" in shown.content.decode()


@pytest.mark.usefixtures("open_day", "now")
def test_without_a_script_the_page_asks_for_itself_again(client: Client) -> None:
    assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in client.get(PAGE).content.decode()


@pytest.mark.usefixtures("open_day", "now")
def test_it_is_only_read(client: Client) -> None:
    assert (client.post(PAGE).status_code, client.post(FRAGMENT).status_code) == (405, 405)


def living_lab() -> Machine:
    """Fill a board with one tile of each sort, around this very moment."""
    now = timezone.now()
    busy_lab(now - timedelta(minutes=40))
    OutageFactory(machine=MachineFactory(name="Brodeuse"), reason="courroie cassée, on attend une pièce")
    MachineFactory(name="Muette", measured_state=Measured.OFFLINE, last_contact_at=now - timedelta(minutes=4))
    SessionFactory(starts_at=now - timedelta(minutes=5), ends_at=now + timedelta(minutes=1))
    return MachineFactory(name="Solo", measured_state=Measured.IDLE)


@pytest.mark.e2e
def test_what_a_machine_says_is_on_the_wall_within_two_seconds(desktop: Page, site: Site) -> None:
    machine = living_lab()
    desktop.goto(site.url + PAGE)
    solo = desktop.get_by_role("listitem").filter(has_text="Solo")
    expect(solo).not_to_contain_text("imprime")
    desktop.wait_for_timeout(2000)
    usage.open_usage(machine, source="native:2", natural_key="2", started_at=timezone.now())
    usage.set_measured(machine, Measured.IN_USE, timezone.now())
    expect(solo).to_contain_text("sans réservation", timeout=2000)


@pytest.mark.e2e
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_board_passes_axe_and_fits(browser: Browser, site: Site, size: dict[str, int], dark: bool) -> None:
    living_lab()
    with opened_page(browser, size, dark=dark) as page:
        page.goto(site.url + PAGE)
        assert axe.violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == size["width"]


@pytest.mark.e2e
def test_the_board_is_complete_without_a_script(no_js: Page, site: Site) -> None:
    living_lab()
    no_js.goto(site.url + PAGE)
    expect(no_js.get_by_role("heading", name="Brodeuse")).to_be_visible()
    expect(no_js.get_by_text("courroie cassée")).to_be_visible()
