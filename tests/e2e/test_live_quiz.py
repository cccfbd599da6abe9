"""A quiz played together: a tablet at the desk, a phone without an account, the big screen."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.front import at_the_desk, worker
from tests.e2e.screens import MISFITS, faults_of, violations
from tests.factories.games import free_quiz
from tests.services.browser import DESKTOP, PHONE, opened_page
from workshops.models import GameTotal, LiveGame, Player

pytestmark = pytest.mark.e2e


def start(page: Page, url: str) -> LiveGame:
    """Start the free quiz from the desk."""
    page.goto(f"{url}/accueil/quiz/")
    page.get_by_label("Ou un quiz libre").select_option(label="Formes et couleurs")
    page.get_by_role("button", name="Lancer").click()
    page.wait_for_url("**/accueil/quiz/*/")
    return LiveGame.objects.get()


@pytest.mark.parametrize("scripts", [True, False], ids=["script", "no-script"])
def test_a_quiz_is_played_from_the_first_question_to_the_totals(site, browser: Browser, scripts: bool) -> None:
    worker()
    free_quiz()
    with at_the_desk(browser, site.url) as tablet, opened_page(browser, PHONE, scripts=scripts) as phone:
        game = start(tablet, site.url)
        phone.goto(f"{site.url}/quiz/")
        phone.get_by_label("Le numéro sur le grand écran").fill(game.pin)
        phone.keyboard.press("Enter")
        phone.locator(".quiz-names button").first.click()
        expect(phone.get_by_text("Tu y es")).to_be_visible()
        tablet.get_by_role("button", name="Poser la première question").click()
        if not scripts:
            phone.reload()
        phone.get_by_role("button", name="6").click()
        expect(phone.get_by_text("ta réponse")).to_be_visible()
        tablet.locator("#id_B").fill("4")
        tablet.get_by_role("button", name="Enregistrer le compte").click()
        tablet.get_by_role("button", name="Montrer la réponse").click()
        if not scripts:
            phone.reload()
        expect(phone.get_by_text("Bravo !")).to_be_visible()
        tablet.get_by_role("button", name="Arrêter maintenant").click()
        expect(tablet.get_by_text("Ensemble : 5 bonnes réponses sur 5")).to_be_visible()
        assert faults_of(tablet, "-over") + tablet.evaluate(MISFITS) == []
    assert not Player.objects.exists()
    assert sorted(GameTotal.objects.values_list("letter", "source", "count")) == [("B", "paper", 4), ("B", "phone", 1)]


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_screen_of_a_quiz_has_a_fault(site, browser: Browser, size: dict[str, int]) -> None:
    worker()
    free_quiz()
    with at_the_desk(browser, site.url) as tablet, opened_page(browser, size) as page:
        found = violations(tablet, f"{site.url}/accueil/quiz/libres/nouveau/")
        found += violations(tablet, f"{site.url}/accueil/feuilles/cartes-quiz/")
        game = start(tablet, site.url)
        found += faults_of(tablet, "-lobby")
        found += violations(page, f"{site.url}/quiz/") + violations(page, f"{site.url}/quiz/{game.pin}/")
        page.locator(".quiz-names button").first.click()
        found += violations(page, f"{site.url}/quiz/{game.pin}/ecran/")
        tablet.get_by_role("button", name="Poser la première question").click()
        found += faults_of(tablet, "-asking")
        page.goto(f"{site.url}/quiz/{game.pin}/")
        found += faults_of(page, "-asking") + page.evaluate(MISFITS)
        page.get_by_role("button", name="6").click()
        found += violations(page, f"{site.url}/quiz/{game.pin}/ecran/")
        tablet.get_by_role("button", name="Montrer la réponse").click()
        tablet.wait_for_load_state()
        page.goto(f"{site.url}/quiz/{game.pin}/")
        found += faults_of(page, "-shown") + page.evaluate(MISFITS)
        page.goto(f"{site.url}/quiz/{game.pin}/ecran/")
        found += faults_of(page, "-shown") + page.evaluate(MISFITS)
    assert found == []
