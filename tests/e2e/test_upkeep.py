"""Maintenance and stock as the team meets them: one tap at the desk, without JavaScript, on a phone."""

from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from machines.services import stock
from machines.services.stock import Cause
from tests.e2e.front import LONG, sign_in, worker
from tests.e2e.screens import NARROW, all_faults, office_faults, picture, tab_to, too_wide, type_password
from tests.factories.cms import site_tree
from tests.factories.machines import MachineFactory
from tests.factories.members import StaffFactory
from tests.factories.upkeep import ConsumableFactory, due_work
from tests.services.browser import DESKTOP, PHONE, opened_page

pytestmark = pytest.mark.e2e
OFFICE = ("compteurs", "plans-entretien", "plans-entretien/nouveau", "entretien", "consommables", "mouvements")


class Scene:
    """Work that waits, work that stops bookings, a shelf with something short and something to count."""

    def __init__(self, site) -> None:
        self.url = site.url
        site_tree()
        desk = worker()
        StaffFactory(username="samia")
        self.task = due_work(machine=MachineFactory(name="Imprimante 2"), name="Buse", how="Dévisser à chaud.")
        due_work(machine=MachineFactory(name=f"Découpe {LONG}"), name=f"Lentille {LONG}", margin=0)
        self.spool = ConsumableFactory(name="Filament PLA", warn_below=Decimal(500))
        stock.move(consumable=self.spool, why="bought", amount=Decimal(1000), cause=Cause(desk))
        stock.move(consumable=self.spool, why="used", amount=Decimal("612.5"), cause=Cause(desk, note=LONG))


@pytest.fixture
def scene(site) -> Scene:
    return Scene(site)


def test_done_with_one_tap_and_counted_without_javascript(scene: Scene, no_js: Page) -> None:
    type_password(no_js, scene.url, "accueil")
    no_js.goto(f"{scene.url}/accueil/")
    no_js.get_by_role("button", name="C’est fait Imprimante 2, Buse").tap()
    expect(no_js.locator("main")).not_to_contain_text("Imprimante 2")
    scene.task.refresh_from_db()
    assert scene.task.done_at
    no_js.goto(f"{scene.url}/accueil/")
    no_js.get_by_role("link", name="Noter Filament PLA").tap()
    no_js.locator("[name=amount]").fill("350,5")
    no_js.get_by_role("button", name="Compté").tap()
    expect(no_js.locator("main")).to_contain_text("350,5 g")
    picture(no_js, "stock-after")


def test_with_the_keyboard_alone_enter_says_nothing(scene: Scene, desktop: Page) -> None:
    sign_in(desktop, scene.url, "accueil")
    desktop.goto(f"{scene.url}/accueil/stock/{scene.spool.pk}/")
    tab_to(desktop, "[name=amount]")
    desktop.keyboard.type("100")
    desktop.keyboard.press("Enter")
    assert scene.spool.movements.count() == 2
    tab_to(desktop, "[name=why][value=used]")
    desktop.keyboard.press("Enter")
    desktop.wait_for_url(f"{scene.url}/accueil/stock/")
    assert scene.spool.movements.count() == 3


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_page_of_it_has_an_accessibility_fault(scene: Scene, browser: Browser, size: dict) -> None:
    pages = ["", "entretien/", f"entretien/{scene.task.pk}/", "stock/", f"stock/{scene.spool.pk}/"]
    with opened_page(browser, size) as page:
        sign_in(page, scene.url, "accueil")
        found = {path: all_faults(page, f"{scene.url}/accueil/{path}") for path in pages}
    assert {path: one for path, one in found.items() if one} == {}


def test_nothing_of_it_scrolls_sideways_on_a_very_small_phone(scene: Scene, browser: Browser) -> None:
    pages = ["", "entretien/", f"entretien/{scene.task.pk}/", "stock/", f"stock/{scene.spool.pk}/"]
    with opened_page(browser, NARROW) as page:
        sign_in(page, scene.url, "accueil")
        assert [path for path in pages if too_wide(page, f"{scene.url}/accueil/{path}")] == []


def test_the_office_has_no_accessibility_fault(scene: Scene, desktop: Page) -> None:
    sign_in(desktop, scene.url, "samia")
    found = []
    for path in OFFICE:
        desktop.goto(f"{scene.url}/gestion/{path}/")
        found += office_faults(desktop, f"office-{path.replace('/', '-')}")
    assert found == []
