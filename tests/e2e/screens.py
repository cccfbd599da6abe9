"""What tests ask of any screen: a picture for whoever wants to look, no accessibility fault, nothing too wide."""

import os
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.factories.members import PASSWORD
from tests.services import axe

NARROW = {"width": 320, "height": 640}
PICTURES = os.environ.get("FABLAB_PICTURES")
MISFITS = """() => {
  const told = (sign, one) => `${sign}: ${one.outerHTML.slice(0, 100)}`;
  const wide = document.documentElement.scrollWidth > innerWidth ? ["wider than the screen"] : [];
  const small = [...document.querySelectorAll("main :is(.btn, summary, select, textarea, .check, .choices label, .box, "
    + "input:not([type=hidden], [type=checkbox], [type=radio]))")]
    .filter((one) => one.checkVisibility() && Math.round(one.getBoundingClientRect().height) < 44);
  return [...wide, ...small.map((one) => told("small", one))];
}"""


def picture(page: Page, name: str) -> None:
    """Keep a picture for whoever wants to look (FABLAB_PICTURES names a folder)."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def pages(page: Page, name: str) -> int:
    """Return on how many sheets of A4 a page is printed."""
    paper = page.pdf(format="A4", print_background=True, prefer_css_page_size=True)
    if PICTURES:
        (Path(PICTURES) / f"{name}.pdf").write_bytes(paper)
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", paper))


def violations(page: Page, url: str) -> list[str]:
    """Open a page and return its accessibility faults."""
    answer = page.goto(url)
    assert answer.status == 200, url
    return faults_of(page)


def faults_of(page: Page, name: str = "") -> list[str]:
    """Return the accessibility faults of the page that is open, then those of its colours in the dark."""
    page.wait_for_load_state()
    path = re.sub(r"[^a-z]+", "-", page.url.rpartition(":")[2])[:60]
    picture(page, f"{page.viewport_size['width']}{path}{name}")
    found = _told(page)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")  # colours on their way are no colours to judge
    picture(page, f"{page.viewport_size['width']}{path}{name}-dark")
    found += [f"dark, {one}" for one in _told(page, rules=["color-contrast"])]
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    return found


def office_faults(page: Page, name: str) -> list[str]:
    """Return what axe-core and a look at the width find on our part of a page of the back office, light and dark."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        picture(page, f"{name}-{page.viewport_size['width']}-{scheme}")
        found += [f"{name}, {scheme}: {one}" for one in _told(page, within={"include": [[".lab-screen"]]})]
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return found + ([name] if wide else [])


def _told(page: Page, **limits: Any) -> list[str]:
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in axe.violations(page, **limits)]


def all_faults(page: Page, url: str) -> list[str]:
    """Open a page and return its accessibility faults, what is wider than the screen and what is too small to tap."""
    return violations(page, url) + misfits(page)


def misfits(page: Page) -> list[str]:
    """Return what is wider than the screen that is open, and the controls under 44 px (links in a sentence apart)."""
    return page.evaluate(MISFITS)


def too_wide(page: Page, url: str) -> bool:
    """Open a page and tell whether it scrolls sideways."""
    page.goto(url)
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def type_password(page: Page, url: str, username: str) -> None:
    """Fill in the sign-in page and send it."""
    page.goto(f"{url}/connexion/")
    page.locator("[name=login]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button").first.click()


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until something of a kind has the focus, and see that the focus can be seen."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"
            return
    raise AssertionError(f"{selector} was not reached")
