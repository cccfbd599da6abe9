"""Weight, contrast, zoom and keyboard, measured on the living style guide: it shows every component."""

import gzip
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page

from members.models import User
from tests.services import axe
from tests.services.browser import DESKTOP, PHONE, opened_page

STATIC = Path(settings.BASE_DIR, "fablab", "static")
SMALL_TARGETS = """() => [...document.querySelectorAll("main a, main button, header a, summary, footer a")]
  .filter((one) => one.offsetParent && !one.closest(".prose, .row, .tile, p:not(.actions)"))
  .filter((one) => one.getBoundingClientRect().height < 44).map((one) => one.outerHTML)"""


@pytest.fixture
def guide(client: Client, db: None) -> str:
    client.force_login(User.objects.create_user("samia", is_staff=True))
    return client.get("/styleguide/").content.decode()


def shown(page: Page, html: str) -> Page:
    """Show a page as rendered, its static files read from where they lie."""
    page.route("http://lab.test/**", lambda route: route.fulfill(path=STATIC / route.request.url.split("/static/")[1]))
    page.route("http://lab.test/", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    page.goto("http://lab.test/")
    return page


def squeezed(path: Path) -> int:
    """Return what a text file weighs on the wire, in bytes."""
    return len(gzip.compress(path.read_bytes(), 9))


def test_fonts_style_and_scripts_hold_their_budget() -> None:
    fonts = sum(path.stat().st_size for path in STATIC.glob("fonts/*.woff2"))
    style = squeezed(STATIC / "css" / "lab.css")
    scripts = sum(squeezed(path) for path in STATIC.glob("js/*.js"))
    assert 0 < fonts <= 35_000
    assert 0 < style <= 10_000
    assert 0 < scripts <= 30_000
    assert fonts + style + scripts <= 45_000


@pytest.mark.e2e
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_component_passes_axe(browser: Browser, guide: str, size: dict[str, int], dark: bool) -> None:
    with opened_page(browser, size, dark=dark) as page:
        assert axe.violations(shown(page, guide)) == []


@pytest.mark.e2e
def test_what_judges_accessibility_sees_faults_again_and_again_and_only_where_it_is_asked(phone: Page) -> None:
    wrong = '<html lang="fr"><title>Page</title><main><h1>Page</h1><p style="color: #ccc">pale</p><img></main>'
    for _ in range(2):  # the second page is loaded anew, without axe in it
        page = shown(phone, wrong)
        assert {one["id"] for one in axe.violations(page)} == {"color-contrast", "image-alt"}
    assert [one["nodes"][0]["target"] for one in axe.violations(page, rules=["color-contrast"])] == [["p"]]
    assert [one["id"] for one in axe.violations(page, within={"include": [["img"]]})] == ["image-alt"]


@pytest.mark.e2e
def test_nothing_scrolls_sideways_at_320_pixels(phone: Page, guide: str) -> None:
    phone.set_viewport_size({"width": 320, "height": 640})
    assert shown(phone, guide).evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.e2e
def test_targets_are_large_enough_for_a_thumb(phone: Page, guide: str) -> None:
    assert shown(phone, guide).evaluate(SMALL_TARGETS) == []


@pytest.mark.e2e
def test_the_menu_opens_without_script(no_js: Page, guide: str) -> None:
    shown(no_js, guide)
    menu = no_js.get_by_role("navigation", name="Menu", exact=True)
    assert menu.is_hidden()
    no_js.locator("header summary").click()
    assert menu.get_by_role("link").first.is_visible()


@pytest.mark.e2e
def test_the_first_tab_stop_skips_to_the_content(desktop: Page, guide: str) -> None:
    shown(desktop, guide)
    desktop.keyboard.press("Tab")
    desktop.keyboard.press("Enter")
    assert desktop.evaluate("document.activeElement.id") == "main"
