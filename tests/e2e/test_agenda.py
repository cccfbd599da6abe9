"""The agenda, its month on paper, its frame and the ideas: with the keyboard, without JavaScript, on any screen."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from place.clock import day_span, today
from place.patterns import RuleSpec
from tests.e2e.front import LONG, sign_in
from tests.e2e.screens import NARROW, all_faults, faults_of, misfits, pages, picture, tab_to, too_wide
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.place import LabSettingsFactory
from tests.factories.workshops import (
    DayFactory,
    IdeaFactory,
    RegistrationFactory,
    SessionFactory,
    WorkshopFactory,
    choice,
)
from tests.services.browser import DESKTOP, PHONE, opened_page
from workshops import services
from workshops.models import WorkshopIdea

pytestmark = pytest.mark.e2e
SIZES = {"narrow": NARROW, "phone": PHONE, "desktop": DESKTOP}
TITLES = ("Bateaux lumineux", "Mon premier circuit", "Couture zéro déchet", "Réparer son vélo", "Jeu vidéo à plusieurs")


def at(days: int, hour: int):
    return day_span(today() + timedelta(days=days)).start + timedelta(hours=hour)


class Scene:
    """Four weeks with one of everything, under long names, and some ideas."""

    def __init__(self) -> None:
        LabSettingsFactory(address="3 rue des Tilleuls", phone="01 39 98 77 66")
        self.member = MemberFactory(username="milo", first_name="Milo")
        StaffFactory(username="samia", first_name="Samia", roles=["fab_manager"])
        wood = WorkshopFactory(title="Bois et colle", theme="bois", age_min=8, age_max=12)
        SessionFactory(workshop=wood, starts_at=at(1, 14))
        SessionFactory(workshop=wood, starts_at=at(8, 14), cancelled="Grippe")
        long = WorkshopFactory(title=f"Lampe {LONG}", theme="lumière", age_min=13, language="es", places=1, kind="duo")
        services.price(workshop=long, cents_by_band={"1": 500}, actor=None)
        RegistrationFactory(session=SessionFactory(workshop=long, starts_at=at(1, 16)), member=self.member)
        SessionFactory(workshop=WorkshopFactory(title="Entrée libre", kind="drop_in"), starts_at=at(2, 17))
        cycle = WorkshopFactory(title="Robots", kind="cycle", theme="robots")
        services.schedule_series(
            workshop=cycle,
            starts_at=at(3, 14),
            ends_at=at(3, 16),
            rule=RuleSpec(frequency="weekly", count=3),
            actor=None,
        )
        self.day = DayFactory(title=f"Journée {LONG}", summary="Tout un samedi.", starts_at=at(4, 9))
        choice(self.day.bands.first(), theme="robots")
        self.idea = IdeaFactory(title=f"Un drone {LONG}", text="On découpe.\nOn colle.", state=WorkshopIdea.State.SHOWN)
        for state in WorkshopIdea.State:
            IdeaFactory(title=f"Idée {state} {LONG}", state=state, proposed_by=self.member)


@pytest.fixture
def scene(site) -> Scene:
    return Scene()


def test_filters_are_chosen_with_the_keyboard_and_stay_in_every_link(site, scene: Scene, desktop: Page) -> None:
    desktop.goto(f"{site.url}/agenda/")
    tab_to(desktop, "[name=theme]")
    desktop.keyboard.type("robots")
    tab_to(desktop, ".filters .btn")
    desktop.keyboard.press("Enter")
    expect(desktop.locator("[name=theme]")).to_have_value("robots")
    expect(desktop.locator("main .row")).to_have_count(4)
    links = desktop.locator("main a:is([rel=prev], [rel=next], .chips a, .onward a[href*='?'])").evaluate_all(
        "(links) => links.map((one) => one.href)"
    )
    assert [one for one in links if "theme=robots" not in one] == []
    assert len(links) == 7


def test_without_javascript_filters_weeks_and_the_month_lead_on(site, scene: Scene, no_js: Page) -> None:
    no_js.goto(f"{site.url}/agenda/")
    no_js.get_by_label("Âge").fill("10")
    no_js.get_by_role("button", name="Afficher").click()
    expect(no_js.get_by_role("link", name="Bois et colle").first).to_be_visible()
    expect(no_js.get_by_text("Lampe", exact=False)).to_have_count(0)
    no_js.get_by_role("link", name="Par semaine").click()
    expect(no_js.locator(".weekdays section")).to_have_count(7)
    expect(no_js.get_by_label("Âge")).to_have_value("10")
    no_js.get_by_role("link", name="Imprimer le mois").click()
    no_js.get_by_role("link", name="Mois suivant").click()
    assert "age=10" in no_js.url
    no_js.get_by_role("link", name="Agenda", exact=True).last.click()
    no_js.get_by_role("link", name="Tout montrer").click()
    assert "age=" not in no_js.url


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_no_page_of_the_agenda_has_a_fault_with_long_names(site, scene: Scene, browser: Browser, size: dict) -> None:
    paths = ["", "?vue=semaine", "?from=2031-01-01", "?vue=semaine&from=2031-01-01", "imprimer/"]
    with opened_page(browser, size) as page:
        found = {path: all_faults(page, f"{site.url}/agenda/{path}") for path in paths}
        found["ideas"] = all_faults(page, f"{site.url}/idees/")
        found["framed"] = all_faults(page, f"{site.url}/agenda/integrer/")
        sign_in(page, site.url, "milo")
        found["own"] = all_faults(page, f"{site.url}/idees/")
        page.locator("[name=title]").fill("   .")
        page.locator("[name=title]").evaluate("(field) => field.form.noValidate = true")
        page.locator("[name=title]").fill("")
        page.get_by_role("button", name="Envoyer mon idée").click()
        found["error"] = faults_of(page, "-error") + misfits(page)
    assert {name: one for name, one in found.items() if one} == {}


def test_the_week_is_a_grid_on_a_wide_screen_and_a_list_on_a_phone(site, scene: Scene, browser: Browser) -> None:
    for size, columns in ((DESKTOP, 7), (PHONE, 1)):
        with opened_page(browser, size) as page:
            page.goto(f"{site.url}/agenda/?vue=semaine")
            lefts = page.locator(".weekdays section").evaluate_all("(all) => all.map((one) => one.offsetLeft)")
            assert len(set(lefts)) == columns


def test_who_plans_finds_the_code_of_the_frame(site, scene: Scene, desktop: Page) -> None:
    sign_in(desktop, site.url, "samia")
    desktop.goto(f"{site.url}/agenda/?theme=robots")
    desktop.get_by_text("Montrer cet agenda sur un autre site").click()
    expect(desktop.locator("details pre")).to_contain_text("agenda/integrer/?theme=robots")
    assert faults_of(desktop, "-code") == []


@contextmanager
def another_site(page: str) -> Iterator[str]:
    """Serve one page at an origin of its own."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_args: object) -> None:
            """Keep the output of the tests free of it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_another_site_shows_the_frame_and_its_links_open_beside_it(site, scene: Scene, desktop: Page) -> None:
    """The agenda itself is refused there."""
    frames = [
        f'<iframe src="{site.url}/agenda/{path}" width="600" height="500"></iframe>' for path in ("integrer/", "")
    ]
    with another_site("".join(frames)) as stranger:
        desktop.goto(stranger)
        frame = desktop.frame_locator("iframe").first
        expect(frame.get_by_role("link", name="Bois et colle").first).to_be_visible()
        assert desktop.frame_locator("iframe").nth(1).get_by_role("link", name="Bois et colle").count() == 0
        picture(desktop, "framed")
        with desktop.context.expect_page() as opened:
            frame.get_by_role("link", name="Bois et colle").first.click()
        opened.value.wait_for_load_state()
        assert "/seances/" in opened.value.url
        assert desktop.url == stranger


@pytest.mark.parametrize("first", [date(2027, 2, 1), date(2027, 3, 1), date(2027, 5, 1)], ids=["4", "5", "6 weeks"])
@pytest.mark.parametrize("number", [12, 60])
def test_a_month_is_printed_on_one_sheet(site, desktop: Page, number: int, first: date) -> None:
    days = [first + timedelta(days=rank) for rank in range(28)]
    LabSettingsFactory(address="3 rue des Tilleuls", phone="01 39 98 77 66")
    workshops = [WorkshopFactory(title=title, age_min=8, age_max=12) for title in TITLES]
    for rank in range(number):
        hours = timedelta(hours=14 + rank // 28 * 2)
        SessionFactory(workshop=workshops[rank % 5], starts_at=day_span(days[rank * 3 % 28]).start + hours)
    desktop.goto(f"{site.url}/agenda/imprimer/?mois={first:%Y-%m}")
    expect(desktop.locator(".month tbody li").nth(number - 1)).to_be_visible()
    desktop.emulate_media(media="print")
    assert pages(desktop, f"month-{first:%m}-{number}") == 1


def test_an_idea_is_wished_for_and_another_sent_without_javascript(site, scene: Scene, no_js: Page) -> None:
    sign_in(no_js, site.url, "milo")
    no_js.goto(f"{site.url}/idees/")
    row = no_js.locator(f"#idea-{scene.idea.pk}")
    row.get_by_role("button").click()
    expect(row).to_contain_text("1 personne est intéressée")
    row.get_by_role("button", name="Plus maintenant").click()
    expect(row).to_contain_text("0 personne")
    no_js.locator("[name=title]").fill("Un luth en carton")
    no_js.get_by_role("button", name="Envoyer mon idée").click()
    expect(no_js.locator(".messages")).to_contain_text("L’équipe lit ton idée")
    assert WorkshopIdea.objects.get(title="Un luth en carton").state == WorkshopIdea.State.SENT
    assert not too_wide(no_js, f"{site.url}/idees/")
