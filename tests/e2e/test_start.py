"""“Start the machine” on a phone, without JavaScript, with the keyboard; and why not."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from machines.models import PowerOrder, StartRequest
from place.models import OpeningKind, OpeningPeriod
from tests.e2e.screens import NARROW, all_faults, tab_to, too_wide, type_password
from tests.factories.booking import ReservationFactory
from tests.factories.cms import site_tree
from tests.factories.machines import MachineFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.e2e
ITS_PAGE, PAGE = "/machines/decoupe-laser/", "/machines/decoupe-laser/demarrer/"
BUTTON = "Démarrer la machine"


class Scene:
    """A laser that may be switched on, and Inès."""

    def __init__(self, site) -> None:
        self.url, now = site.url, timezone.now()
        hours = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=1)}
        OpeningPeriod.objects.create(kind=OpeningKind.OPEN_LAB, label="Open lab", **hours)
        self.laser = MachineFactory(
            slug="decoupe-laser", name="Découpeuse laser", category__process="laser_cut", switchable=True
        )
        site_tree()
        self.ines = MemberFactory(username="inesm", first_name="Inès")

    def sign_in(self, page: Page) -> None:
        type_password(page, self.url, "inesm")
        page.wait_for_url(f"{self.url}/reservations/")

    def taken(self) -> None:
        ReservationFactory(machine=self.laser, starts_at=timezone.now() - timedelta(minutes=5))


@pytest.fixture
def scene(site) -> Scene:
    return Scene(site)


def test_started_without_javascript_from_the_page_of_the_machine(scene: Scene, no_js: Page) -> None:
    scene.sign_in(no_js)
    no_js.goto(scene.url + ITS_PAGE)
    no_js.get_by_role("button", name=BUTTON).click()
    expect(no_js.locator("body")).to_contain_text("La machine est à toi jusqu’à")
    assert (StartRequest.objects.get().member, PowerOrder.objects.get().on) == (scene.ines, True)


def test_started_with_the_keyboard(scene: Scene, desktop: Page) -> None:
    scene.sign_in(desktop)
    desktop.goto(scene.url + PAGE)
    tab_to(desktop, "main form button")
    desktop.keyboard.press("Enter")
    expect(desktop.locator("body")).to_contain_text("La machine est à toi jusqu’à")


@pytest.mark.parametrize("moment", ["before", "given", "sent", "refused"])
def test_every_state_reads_well_on_a_phone_and_a_desk_light_and_dark(
    scene: Scene, phone: Page, desktop: Page, moment: str
) -> None:
    if moment == "refused":
        scene.taken()
    scene.sign_in(phone)
    if moment in {"given", "sent"}:
        phone.goto(scene.url + PAGE)
        phone.get_by_role("button", name=BUTTON).tap()
        expect(phone.locator("body")).to_contain_text("La machine est à toi jusqu’à")
    if moment == "sent":
        PowerOrder.objects.update(fate="sent")
    scene.sign_in(desktop)
    found = [all_faults(page, scene.url + path) for page in (phone, desktop) for path in (PAGE, ITS_PAGE)]
    assert found == [[]] * 4
    phone.set_viewport_size(NARROW)
    assert not too_wide(phone, scene.url + PAGE)
