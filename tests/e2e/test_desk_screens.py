"""Every screen of the desk, as it looks on a phone and on a wide screen, full and empty, light and dark."""

import pytest
from playwright.sync_api import Browser, Page

from members.models import User
from tests.e2e.front import Family, sign_in, worker
from tests.e2e.screens import all_faults, faults_of, misfits
from tests.factories.members import MemberFactory
from tests.services.browser import DESKTOP, PHONE, opened_page

pytestmark = pytest.mark.e2e
GENERAL = [
    "",
    "?q=max",
    "?q=personne",
    "nouveau/",
    "comptages/",
    "appels/",
    "feuilles/",
    "feuilles/jour/",
    "feuilles/comptage/",
]
GENERAL += ["feuilles/papiers/", "feuilles/papiers/?langue=pt"]
OF_A_PERSON = ["", "arrivee/", "famille/", "papiers/", "papiers/imprimer/", "papiers/machines/retirer/", "carte/"]
OF_A_PERSON += ["adhesion/", "inscrire/", "formation/", "passeport/"]
SIZES = {"phone": PHONE, "desktop": DESKTOP}

MAKE_WRONG = """() => {
  for (const form of document.querySelectorAll("main form")) form.noValidate = true;
  for (const box of document.querySelectorAll("[name=first_name], [name=name], [name=category]")) box.value = "";
}"""


def faults(page: Page, url: str, paths: list[str]) -> dict[str, list[str]]:
    return {path: found for path in paths if (found := all_faults(page, f"{url}/accueil/{path}"))}


def of(person: User, paths: list[str]) -> list[str]:
    return [f"personnes/{person.pk}/{path}" for path in paths]


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_no_screen_of_the_desk_has_a_fault_with_long_names(site, browser: Browser, size: dict) -> None:
    family = Family()
    with opened_page(browser, size) as page:
        sign_in(page, site.url, "accueil")
        assert faults(page, site.url, [*GENERAL, f"feuilles/seances/{family.session.pk}/"]) == {}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_no_screen_of_a_person_has_a_fault_with_long_names(site, browser: Browser, size: dict) -> None:
    family = Family()
    with opened_page(browser, size) as page:
        sign_in(page, site.url, "accueil")
        assert faults(page, site.url, of(family.child, [*OF_A_PERSON, "depart/"])) == {}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_no_answer_of_the_desk_has_a_fault_with_long_names(site, browser: Browser, size: dict) -> None:
    family = Family()
    with opened_page(browser, size) as page:
        sign_in(page, site.url, "accueil")
        page.goto(f"{site.url}/accueil/personnes/{family.child.pk}/")
        page.locator("form[action$='telephones/'] button").click()
        found = {"phones": faults_of(page) + misfits(page)}
        found |= refused(page, site.url, family)
        found |= faults(page, site.url, ["verrou/"])
        page.locator("[name=secret]").fill("x")
        page.locator("form button.go").click()
        found["wrong secret"] = faults_of(page, "wrong") + misfits(page)
    assert {name: one for name, one in found.items() if one} == {}


def refused(page: Page, url: str, family: Family) -> dict[str, list[str]]:
    """Send each form empty or wrong and return the faults of what is said then."""
    person, found = f"{url}/accueil/personnes/{family.child.pk}", {}
    for path in (
        f"{url}/accueil/nouveau/",
        *(f"{person}/{one}" for one in ("papiers/", "famille/", "depart/", "formation/", "adhesion/")),
    ):
        page.goto(path)
        page.evaluate(MAKE_WRONG)
        page.locator("main .form button.go").first.click()
        page.locator(".errors, .why").first.wait_for()
        found[f"{path} refused"] = faults_of(page, "refused") + misfits(page)
    return found


def test_no_screen_of_an_empty_desk_has_a_fault(site, browser: Browser) -> None:
    worker()
    alone = MemberFactory(papers=False, birth_date=None, first_name="Zoé", last_name="")
    with opened_page(browser, PHONE) as page:
        sign_in(page, site.url, "accueil")
        assert faults(page, site.url, GENERAL + of(alone, OF_A_PERSON)) == {}
