"""Nobody at the laser: the wall turns red and rings until somebody says on a phone that they are there."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from machines.models import PresenceCheck
from tests.e2e.screens import NARROW, all_faults, misfits, picture, tab_to, too_wide, type_password
from tests.factories.cms import site_tree
from tests.factories.machines import MachineFactory
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.presence import asked, overdue
from tests.services import wait_until
from tests.services.browser import DESKTOP

pytestmark = pytest.mark.e2e
WALL, ITS_PAGE, PAGE = "/tableau/", "/machines/decoupe-laser/", "/machines/decoupe-laser/presence/"
PHONE_360 = {"width": 360, "height": 740}
WORDS = "Personne n’a confirmé être à la machine"
EARS = "window.heard = 0; const make = AudioContext.prototype.createOscillator; "
EARS += "AudioContext.prototype.createOscillator = function () { window.heard += 1; return make.call(this); };"


class Scene:
    """The laser, Inès who uses it, and Léo of the team."""

    def __init__(self, site) -> None:
        self.url = site.url
        self.laser = MachineFactory(
            slug="decoupe-laser", name="Découpeuse laser", category__process="laser_cut", presence_minutes=2
        )
        MachineFactory(name="Imprimante 1")
        site_tree()
        self.ines = MemberFactory(username="inesm", first_name="Inès")
        self.leo = StaffFactory(username="leo", roles=["facilitator"])

    def sign_in(self, page: Page, username: str = "inesm") -> None:
        type_password(page, self.url, username)
        page.wait_for_url(f"{self.url}/reservations/")


@pytest.fixture
def scene(site) -> Scene:
    return Scene(site)


def tile(page: Page):
    return page.get_by_role("listitem").filter(has_text="Découpeuse laser")


def test_the_wall_turns_red_by_itself_and_clears_once_somebody_says_it(
    scene: Scene, desktop: Page, phone: Page
) -> None:
    check = asked(scene.laser, started_at=timezone.now() - timedelta(minutes=3), member=scene.ines)
    PresenceCheck.objects.update(due_at=timezone.now() + timedelta(seconds=8))
    desktop.goto(scene.url + WALL)
    expect(tile(desktop)).not_to_contain_text(WORDS)
    picture(desktop, "wall-calm")
    expect(tile(desktop)).to_contain_text(f"{WORDS} depuis 3 min", timeout=15_000)
    expect(desktop.get_by_role("alert")).to_have_text(f"{WORDS} : Découpeuse laser. Va voir.")
    assert "Inès" not in desktop.content()
    picture(desktop, "wall-red")
    scene.sign_in(phone)
    phone.goto(scene.url + ITS_PAGE)
    phone.get_by_role("button", name="Je suis à la machine").tap()
    expect(phone.locator("body")).to_contain_text("C’est noté")
    picture(phone, "said")
    expect(tile(desktop)).not_to_contain_text(WORDS, timeout=5000)
    expect(desktop.locator("#board-said")).to_be_empty()
    check.refresh_from_db()
    assert check.confirmed_by == scene.ines
    assert check.confirmed_at - check.asked_at > timedelta(minutes=3)


def test_the_sound_is_turned_on_with_the_keyboard_rings_until_the_answer_and_is_remembered(
    scene: Scene, desktop: Page
) -> None:
    check = overdue(scene.laser)
    desktop.add_init_script(EARS)
    desktop.goto(scene.url + WALL)
    expect(desktop.get_by_role("button", name="Mettre le son")).to_be_visible()
    assert desktop.evaluate("heard") == 0
    tab_to(desktop, "#board-sound")
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_role("button", name="Couper le son")).to_be_focused()
    wait_until(lambda: desktop.evaluate("heard") > 6, 15, what="a second ring of three notes")
    PresenceCheck.objects.filter(pk=check.pk).update(confirmed_at=timezone.now())
    expect(tile(desktop)).not_to_contain_text(WORDS, timeout=5000)
    silent = desktop.evaluate("heard")
    desktop.wait_for_timeout(5000)
    assert desktop.evaluate("heard") == silent
    desktop.reload()
    expect(desktop.locator("#board-sound")).not_to_have_text("Mettre le son")


def test_without_javascript_the_wall_is_as_red(scene: Scene, no_js: Page) -> None:
    overdue(scene.laser)
    no_js.goto(scene.url + WALL)
    expect(tile(no_js)).to_contain_text(WORDS)
    expect(no_js.locator("#board-alarm")).to_contain_text("informe seulement")
    assert no_js.locator("#board-sound").is_visible() is False
    assert "http-equiv" in no_js.content()


@pytest.mark.parametrize("size", [PHONE_360, DESKTOP], ids=["phone", "desktop"])
def test_no_page_of_it_has_an_accessibility_fault(scene: Scene, browser: Browser, size: dict) -> None:
    overdue(scene.laser, member=scene.ines)
    context = browser.new_context(viewport=size, locale="fr-FR")
    page = context.new_page()
    faults = {f"anonymous {path}": all_faults(page, scene.url + path) for path in (WALL, ITS_PAGE)}
    scene.sign_in(page)
    faults |= {path: all_faults(page, scene.url + path) for path in (ITS_PAGE, PAGE)}
    context.clear_cookies()
    scene.sign_in(page, "leo")
    faults["desk"] = all_faults(page, f"{scene.url}/accueil/")
    page.get_by_role("button", name="Quelqu’un est là").click()
    expect(page.locator("body")).to_contain_text("C’est noté")
    faults["said"] = misfits(page)
    context.close()
    assert {path: found for path, found in faults.items() if found} == {}


def test_nothing_of_it_scrolls_sideways_on_a_very_small_phone(scene: Scene, browser: Browser) -> None:
    overdue(scene.laser, member=scene.ines)
    context = browser.new_context(viewport=NARROW, locale="fr-FR")
    page = context.new_page()
    wide = [WALL] if too_wide(page, scene.url + WALL) else []
    picture(page, "wall-narrow")
    scene.sign_in(page)
    wide += [path for path in (ITS_PAGE, PAGE) if too_wide(page, scene.url + path)]
    context.close()
    assert wide == []


def test_the_log_shows_the_delay_to_who_runs_the_park(scene: Scene, desktop: Page) -> None:
    StaffFactory(username="samia", roles=["fab_manager"])
    overdue(scene.laser)
    scene.sign_in(desktop, "samia")
    desktop.goto(f"{scene.url}/gestion/presences/")
    expect(desktop.locator("table.listing")).to_contain_text("personne encore, et c’est trop long")
    picture(desktop, "log")
