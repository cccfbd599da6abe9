"""The import of members as the lab's team sees it: a decision for each doubt, on a phone and without JavaScript."""

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from members.models import User
from tests.e2e.screens import office_faults
from tests.factories.cms import site_tree
from tests.factories.members import PASSWORD, MemberFactory, StaffFactory
from tests.services.browser import DESKTOP, PHONE, opened_page

pytestmark = pytest.mark.e2e
LIST = "Prénom;Nom;Date de naissance;Courriel\n"
DOUBTS = f"{LIST}Léa;Costa;17/05/2011;\nMax;Roy;03/02/1988;max@lab.example\nCosta;Lea;;lea.costa@lab.example\n"
WRONG = f"{LIST}=1+1;Costa;17/05/2011;\nMax;Roy;31/02/2011;pas-un-mail\n"


@pytest.fixture
def address(site) -> str:
    site_tree()
    StaffFactory(username="samia")
    MemberFactory(username="leac", first_name="Léa", last_name="Costa", birth_date=date(2011, 5, 17))
    return f"{site.url}/gestion/donnees/membres/importer/"


def sign_in(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("[name=login]").fill("samia")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.goto(address)


def upload(page: Page, address: str, text: str) -> None:
    page.goto(address)
    page.locator("[name=file]").set_input_files({"name": "liste.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.locator(".lab-screen form button").first.click()
    page.locator(".lab-figures").wait_for()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_page_of_the_import_has_an_accessibility_fault(address, browser, size) -> None:
    with opened_page(browser, size) as page:
        sign_in(page, address)
        found = office_faults(page, "choose")
        upload(page, address, WRONG)
        found += office_faults(page, "wrong")
        upload(page, address, DOUBTS)
        found += office_faults(page, "doubts")
        page.locator(".lab-screen form").evaluate("form => { form.noValidate = true }")
        page.get_by_role("button", name="Tout enregistrer").click()
        page.locator(".lab-wrong").first.wait_for()
        found += office_faults(page, "undecided")
        page.get_by_label("Quelqu’un d’autre").first.check()
        page.get_by_label("Laisser").last.check()
        page.get_by_role("button", name="Tout enregistrer").click()
        expect(page.locator(".lab-screen")).to_contain_text("leac2")
        found += office_faults(page, "done")
    assert found == []


def test_a_doubt_is_decided_without_javascript(address, browser) -> None:
    with opened_page(browser, DESKTOP, scripts=False) as page:
        sign_in(page, address)
        upload(page, address, DOUBTS)
        page.get_by_label("leac").first.check()
        page.get_by_label("ligne 2").check()
        page.get_by_role("button", name="Tout enregistrer").click()
        expect(page.locator(".lab-screen [role=status]")).to_contain_text("tout ce qui suit est enregistré")
    assert User.objects.get(username="leac").email == "lea.costa@lab.example"
