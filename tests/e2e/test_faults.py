"""“Something is wrong”, said on a phone without JavaScript and answered by the team; axe finds nothing."""

import pytest
from playwright.sync_api import Page, expect

from machines.models import FaultReport
from tests.e2e.screens import NARROW, all_faults, picture, tab_to, too_wide, type_password
from tests.factories.cms import photo_bytes, site_tree
from tests.factories.faults import FaultFactory
from tests.factories.machines import MachineFactory
from tests.factories.members import MemberFactory, StaffFactory
from tests.services.browser import DESKTOP, PHONE

pytestmark = pytest.mark.e2e
PAGE = "/machines/decoupe-laser/signaler/"
STOP = "n’utilise pas la machine"


class Scene:
    """The laser with its page, Inès who sees it smoke, and a facilitator."""

    def __init__(self, site) -> None:
        self.url = site.url
        self.laser = MachineFactory(slug="decoupe-laser", name="Découpe laser", category__process="laser_cut")
        site_tree()
        self.ines = MemberFactory(username="inesm", first_name="Inès")
        self.leo = StaffFactory(username="leo", roles=["facilitator"])

    def sign_in(self, page: Page, username: str = "inesm") -> None:
        type_password(page, self.url, username)
        page.wait_for_url(f"{self.url}/reservations/")


@pytest.fixture
def scene(site) -> Scene:
    return Scene(site)


def test_a_dangerous_breakdown_is_reported_on_a_phone_without_javascript(scene: Scene, no_js: Page) -> None:
    no_js.goto(f"{scene.url}/machines/decoupe-laser/")
    picture(no_js, "fault-machine")
    no_js.get_by_role("link", name="Quelque chose ne va pas").tap()
    no_js.locator("[name=login]").fill("inesm")
    no_js.locator("[name=password]").fill("table-lampe-42")
    no_js.locator("main form button").first.tap()
    no_js.wait_for_url(f"{scene.url}{PAGE}")
    stop = no_js.locator("main").get_by_text(STOP)
    expect(stop).to_be_hidden()
    no_js.locator("[name=what]").fill("Ça fume sous le capot quand je lance la découpe.")
    no_js.locator("[name=dangerous][value=yes]").check()
    expect(stop).to_be_visible()
    photo = {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": photo_bytes(size=(900, 600))}
    no_js.locator("[name=photo]").set_input_files(photo)
    picture(no_js, "fault-form")
    no_js.locator("button.go").tap()
    expect(stop).to_be_visible()
    picture(no_js, "fault-thanks")
    report = FaultReport.objects.get()
    assert (report.reported_by, report.dangerous, bool(report.photo)) == (scene.ines, True, True)
    assert no_js.url == f"{scene.url}{PAGE}{report.pk}/"


def test_the_form_with_the_keyboard_alone(scene: Scene, desktop: Page) -> None:
    scene.sign_in(desktop)
    desktop.goto(scene.url + PAGE)
    tab_to(desktop, "[name=what]")
    desktop.keyboard.type("Un bruit de ferraille")
    tab_to(desktop, "[name=dangerous]")
    desktop.keyboard.press("ArrowDown")
    tab_to(desktop, "button.go")
    desktop.keyboard.press("Enter")
    desktop.wait_for_url("**/signaler/*/")
    assert FaultReport.objects.get().dangerous is False


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_page_of_it_has_an_accessibility_fault(scene: Scene, browser, size: dict) -> None:
    open_one = FaultFactory(machine=scene.laser, reported_by=scene.ines, dangerous=True)
    answer = {"state": "dismissed", "decision_note": "Bruit normal", "decided_at": open_one.created_at}
    answered = FaultFactory(machine=scene.laser, reported_by=scene.ines, **answer)
    context = browser.new_context(viewport=size, locale="fr-FR")
    page = context.new_page()
    scene.sign_in(page)
    paths = ["/machines/decoupe-laser/", PAGE, f"{PAGE}{open_one.pk}/", f"{PAGE}{answered.pk}/"]
    faults = {path: all_faults(page, scene.url + path) for path in paths}
    page.goto(scene.url + PAGE)
    page.locator("[name=dangerous][value=yes]").check()
    page.locator("button.go").click()
    picture(page, f"fault-missing-{size['width']}")
    context.close()
    assert {path: found for path, found in faults.items() if found} == {}


def test_nothing_of_it_scrolls_sideways_on_a_very_small_phone(scene: Scene, browser) -> None:
    report = FaultFactory(machine=scene.laser, reported_by=scene.ines, dangerous=True)
    context = browser.new_context(viewport=NARROW, locale="fr-FR")
    page = context.new_page()
    scene.sign_in(page)
    paths = ["/machines/decoupe-laser/", PAGE, f"{PAGE}{report.pk}/"]
    wide = [path for path in paths if too_wide(page, scene.url + path)]
    context.close()
    assert wide == []


def test_the_team_answers_a_report(scene: Scene, desktop: Page) -> None:
    report = FaultFactory(machine=scene.laser, dangerous=True, photo=photo_bytes(size=(900, 600)))
    FaultFactory.create_batch(3, machine=scene.laser)
    scene.sign_in(desktop, "leo")
    desktop.goto(f"{scene.url}/gestion/")
    picture(desktop, "fault-today")
    desktop.get_by_role("link", name="4 signalements attendent une réponse").click()
    picture(desktop, "fault-list")
    desktop.locator(f"a[href='/gestion/signalements/{report.pk}/']").click()
    expect(desktop.locator(".lab-photo")).to_have_js_property("naturalWidth", 600)  # stands upright
    desktop.locator("[name=decision][value=outage]").check()
    desktop.locator("[name=note]").fill("Capot à changer")
    picture(desktop, "fault-answer")
    desktop.locator(".lab-screen button[type=submit]").click()
    expect(desktop.locator("body")).to_contain_text("La réponse est enregistrée")
    report.refresh_from_db()
    assert (report.state, report.outage.reason) == ("outage", "Capot à changer")
