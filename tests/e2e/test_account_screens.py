"""Every screen of one's own account and of a guardian's pages, down to a very small phone."""

import pytest
from playwright.sync_api import Browser, Page

from members.cards import qr_token
from members.models import User
from tests.e2e.front import LONG, Family, sign_in
from tests.e2e.screens import NARROW, all_faults, faults_of, misfits
from tests.factories.members import AdultFactory, MemberFactory
from tests.services.browser import DESKTOP, PHONE, opened_page

pytestmark = pytest.mark.e2e
OWN = [
    "",
    "en-attente/",
    "papiers/",
    "papiers/photo_web/",
    "papiers/charter/",
    "preferences/",
    "calendrier/",
    "passeport/",
]
OWN += ["mes-donnees/", "mes-donnees/effacer/"]
OF_A_CHILD = ["", "papiers/", "papiers/machines/", "papiers/photo_web/", "passeport/", "donnees/", "donnees/effacer/"]
SIZES = {"narrow": NARROW, "desktop": DESKTOP}  # what fits 320 px fits a phone


def faults(page: Page, url: str, paths: list[str]) -> dict[str, list[str]]:
    return {path: found for path in paths if (found := all_faults(page, url + path))}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_no_screen_of_the_account_has_a_fault_with_long_names(site, browser: Browser, size: dict) -> None:
    family = Family()
    card = f"/carte/{qr_token(family.card.nonce)}/"
    family.session.mentors.add(family.child)
    with opened_page(browser, size) as page:
        found = faults(page, site.url, [card])
        sign_in(page, site.url, "inesm")
        found |= faults(page, f"{site.url}/compte/", OWN) | faults(page, site.url, ["/mes-seances/"])
        found |= said(page, site.url)
        page.context.clear_cookies()
        sign_in(page, site.url, "parent")
        found |= faults(page, f"{site.url}/compte/enfants/{family.child.pk}/", OF_A_CHILD)
        found |= faults(page, site.url, ["/compte/"])
    assert {name: one for name, one in found.items() if one} == {}


def said(page: Page, url: str) -> dict[str, list[str]]:
    """Make the account answer: an address that is shown once, a wrong name, a wrong choice, a wrong card code."""
    page.goto(f"{url}/compte/calendrier/")
    page.locator("main button.go").click()
    page.locator(".address").wait_for()
    found = {"address": faults_of(page, "shown") + misfits(page)}
    page.goto(f"{url}/compte/mes-donnees/effacer/")
    page.locator("[name=username]").fill(LONG)
    page.locator("main button.stop").click()
    page.locator(".errors").wait_for()
    found["erase"] = faults_of(page, "refused") + misfits(page)
    page.goto(f"{url}/compte/preferences/")
    page.locator("[name=pseudonym]").evaluate("(box) => { box.removeAttribute('maxlength'); }")
    page.locator("[name=pseudonym]").fill(LONG)
    page.locator("main button.go").click()
    page.locator(".errors").wait_for()
    return found | {"preferences": faults_of(page, "refused") + misfits(page)}


def test_no_screen_of_an_empty_account_has_a_fault(site, browser: Browser) -> None:
    new: User = AdultFactory(username="zoe", papers=False, first_name="", last_name="")
    MemberFactory()
    with opened_page(browser, PHONE) as page:
        sign_in(page, site.url, new.username)
        assert faults(page, f"{site.url}/compte/", OWN) | faults(page, site.url, ["/mes-seances/"]) == {}


def test_a_wrong_code_of_a_card_has_no_fault(site, browser: Browser) -> None:
    with opened_page(browser, NARROW) as page:
        page.goto(f"{site.url}/carte/{'0' * 40}/")
        page.locator("[name=code]").fill("000000")
        page.locator("main button.go").click()
        page.locator(".errors").first.wait_for()
        assert faults_of(page, "refused") + misfits(page) == []
