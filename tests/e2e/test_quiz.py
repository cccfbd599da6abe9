"""A quiz as a young person takes it: on a phone, without JavaScript, with a keyboard; axe finds nothing."""

import re

import pytest
from playwright.sync_api import Page, expect

from machines.models import QuizAttempt
from tests.e2e.screens import NARROW, PICTURES, picture, too_wide, violations
from tests.e2e.test_booking import tab_to
from tests.factories.cms import site_tree
from tests.factories.machines import CategoryFactory
from tests.factories.members import PASSWORD, MemberFactory, StaffFactory
from tests.factories.quiz import AttemptFactory, QuestionFactory, SheetFactory, asked, passed_quiz
from tests.services.browser import DESKTOP, PHONE

pytestmark = pytest.mark.e2e
LONG = "Que fais-tu d’abord quand une flamme reste allumée sur la pièce, sous le capot de la découpeuse laser ?"


class Scene:
    """The laser's quiz of three questions, and Inès who takes it."""

    def __init__(self, site) -> None:
        self.url = site.url
        site_tree()
        self.category = CategoryFactory(slug="laser", name="Découpe laser", process="laser_cut")
        for number in range(3):
            QuestionFactory(
                category=self.category, safety=not number, text=LONG if not number else f"Combien {number} ?"
            )
        self.ines = MemberFactory(username="inesm", first_name="Inès")
        self.samia = StaffFactory(username="samia")

    def sign_in(self, page: Page, username: str = "inesm") -> None:
        page.goto(f"{self.url}/connexion/?next=/compte/quiz/")
        page.locator("[name=login]").fill(username)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("main form button").first.click()
        page.wait_for_url(f"{self.url}/compte/quiz/")

    def addresses(self) -> dict[str, str]:
        begun = AttemptFactory(member=self.ines, category=self.category, questions=asked("BBA", "x  "))
        failed = passed_quiz(self.ines, category=self.category, answers=["C", "B", "A"], score=2, passed=False)
        failed.questions = asked("BBA", "x  ")
        failed.save()
        passed = passed_quiz(self.ines, category=self.category)
        return {
            "list": "/compte/quiz/",
            "begin": "/compte/quiz/laser/",
            "questions": f"/compte/quiz/essai/{begun.pk}/",
            "failed": f"/compte/quiz/essai/{failed.pk}/",
            "passed": f"/compte/quiz/essai/{passed.pk}/",
        }


@pytest.fixture
def scene(site) -> Scene:
    return Scene(site)


def tick(page: Page, letter: str, *, but: int = 0) -> None:
    """Tick one letter in all three questions, except the first ones."""
    groups = page.locator("fieldset")
    expect(groups).to_have_count(3)
    for number in range(but, groups.count()):
        groups.nth(number).locator(f"[value={letter}]").check()


def test_a_quiz_on_a_phone_without_javascript(scene: Scene, no_js: Page) -> None:
    scene.sign_in(no_js)
    picture(no_js, "quiz-list")
    no_js.get_by_role("link", name="Découpe laser").tap()
    picture(no_js, "quiz-begin")
    no_js.locator("button.go").tap()
    tick(no_js, "B", but=1)
    no_js.locator("button.go").tap()
    expect(no_js.locator("fieldset .errors")).to_have_count(1)
    picture(no_js, "quiz-missing")
    expect(no_js.locator("input:checked")).to_have_count(2)
    tick(no_js, "A")
    no_js.locator("button.go").tap()
    expect(no_js.locator("main")).to_contain_text("Parce que c’est ainsi.")
    picture(no_js, "quiz-failed")
    no_js.locator("button.go").tap()
    tick(no_js, "B")
    picture(no_js, "quiz-questions")
    no_js.locator("button.go").tap()
    expect(no_js.locator("main .note.free")).to_be_visible()
    picture(no_js, "quiz-passed")
    assert list(QuizAttempt.objects.order_by("pk").values_list("passed", "score")) == [(False, 0), (True, 3)]


def test_a_quiz_with_the_keyboard_alone(scene: Scene, desktop: Page) -> None:
    attempt = AttemptFactory(member=scene.ines, category=scene.category, questions=asked("AB"))
    scene.sign_in(desktop)
    desktop.goto(f"{scene.url}/compte/quiz/essai/{attempt.pk}/")
    tab_to(desktop, "[name=q1]")
    desktop.keyboard.press("Space")
    desktop.keyboard.press("Tab")
    desktop.keyboard.press("ArrowDown")
    tab_to(desktop, "button.go")
    desktop.keyboard.press("Enter")
    expect(desktop.locator("fieldset")).to_have_count(0)
    attempt.refresh_from_db()
    assert (attempt.answers, attempt.passed) == (["A", "B"], True)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_page_of_the_quiz_has_an_accessibility_fault(scene: Scene, browser, size: dict) -> None:
    context = browser.new_context(viewport=size, locale="fr-FR", reduced_motion="reduce")
    page = context.new_page()
    scene.sign_in(page)
    faults = {name: violations(page, scene.url + path) for name, path in scene.addresses().items()}
    context.clear_cookies()
    scene.sign_in(page, "samia")
    sheet = SheetFactory(category=scene.category, questions=asked("BBA" * 3, "x"))
    faults["sheet"] = violations(page, f"{scene.url}/gestion/quiz/feuilles/{sheet.pk}/")
    context.close()
    assert {name: found for name, found in faults.items() if found} == {}


def test_nothing_of_the_quiz_scrolls_sideways_on_a_very_small_phone(scene: Scene, browser) -> None:
    context = browser.new_context(viewport=NARROW, locale="fr-FR")
    page = context.new_page()
    scene.sign_in(page)
    wide = [name for name, path in scene.addresses().items() if too_wide(page, scene.url + path)]
    context.close()
    assert wide == []


def test_a_sheet_of_twelve_questions_prints_on_two_pages_at_most(scene: Scene, desktop: Page, tmp_path) -> None:
    scene.sign_in(desktop, "samia")
    sheet = SheetFactory(category=scene.category, questions=asked("ABC" * 4, "x"))
    desktop.goto(f"{scene.url}/gestion/quiz/feuilles/{sheet.pk}/")
    printed = desktop.pdf(format="A4", path=f"{PICTURES}/quiz-sheet.pdf" if PICTURES else tmp_path / "sheet.pdf")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2
