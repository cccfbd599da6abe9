"""The week planning as the team uses it: by hand, by keyboard, without JavaScript, two at once."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from desk.queries.planning import monday
from place.clock import day_span, local, today
from place.models import OpeningPeriod
from tests.e2e.front import LONG, sign_in, worker
from tests.e2e.screens import NARROW, all_faults, faults_of, misfits, tab_to
from tests.factories.booking import ReservationFactory, close_lab, open_lab
from tests.factories.machines import MachineFactory, OutageFactory
from tests.factories.members import AdultFactory
from tests.factories.place import DutyShiftFactory
from tests.factories.workshops import SessionFactory
from tests.services.browser import DESKTOP, PHONE, opened_page

pytestmark = pytest.mark.e2e
NEXT_WEEK = timedelta(days=7)


def moment(day: int, hour: float) -> datetime:
    """Return an hour of a day of next week, Monday 0."""
    return day_span(monday(today()) + NEXT_WEEK + timedelta(days=day)).start + timedelta(hours=hour)


class Week:
    """Next week: open from Tuesday to Saturday, two machines, one booking that can be moved."""

    def __init__(self, url: str) -> None:
        self.staff = worker()
        self.url = f"{url}/accueil/planning/?jour={monday(today()) + NEXT_WEEK}"
        self.site = url
        self.laser = MachineFactory(name="Laser", step_minutes=30, max_minutes=240)
        self.printer = MachineFactory(name="Mistral", category__name=f"Impression {LONG}")
        for day in range(1, 6):
            open_lab(9, 18, day=local(moment(day, 0)).date())
        DutyShiftFactory(starts_at=moment(1, 9), ends_at=moment(1, 18))
        close_lab(13, 18, day=local(moment(5, 0)).date())
        self.person = AdultFactory(first_name="Inès", last_name="Belcastel")
        times = {"starts_at": moment(1, 10), "ends_at": moment(1, 12)}
        self.booking = ReservationFactory(machine=self.laser, member=self.person, **times)
        ReservationFactory(machine=self.printer, starts_at=moment(1, 14), member=AdultFactory(first_name=LONG))
        SessionFactory(starts_at=moment(2, 14), ends_at=moment(2, 16), workshop__title=f"Bateaux {LONG}")
        OutageFactory(machine=self.printer, starts_at=moment(3, 9), ends_at=moment(3, 18), reason="courroie cassée")

    def hours(self) -> tuple[str, str]:
        self.booking.refresh_from_db()
        return tuple(f"{local(one):%a %H:%M}" for one in (self.booking.starts_at, self.booking.ends_at))


@pytest.fixture
def week(site) -> Week:
    return Week(site.url)


@pytest.fixture
def screen(week: Week, browser: Browser) -> Iterator[Page]:
    """A wide screen on next week."""
    with opened_page(browser, DESKTOP) as page:
        sign_in(page, week.site, "accueil")
        page.said = []
        page.on("console", lambda line: page.said.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.goto(week.url)
        yield page


@pytest.mark.parametrize("size", [NARROW, PHONE, DESKTOP], ids=["narrow", "phone", "desktop"])
def test_no_screen_of_the_planning_has_a_fault(week: Week, browser: Browser, size: dict) -> None:
    with opened_page(browser, size) as page:
        sign_in(page, week.site, "accueil")
        paths = [week.url, f"{week.url}&liste=1", f"{week.site}/accueil/planning/{week.booking.pk}/"]
        paths += [
            f"{week.site}/accueil/planning/ajouter/?q=a&machine={week.laser.slug}",
            f"{week.site}/accueil/planning/ajouter/",
        ]
        assert {path: found for path in paths if (found := all_faults(page, path))} == {}


def drag(page: Page, name: str, *, by: int) -> None:
    """Take a stretch, the first of that name, with the mouse and drop it so many pixels to the right."""
    stretch = page.locator("#grid-table").get_by_role("link", name=name).first
    stretch.scroll_into_view_if_needed()
    box = stretch.bounding_box()
    x, y = box["x"] + 20, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 11):
        page.mouse.move(x + by * step / 10, y)
    page.mouse.up()


HOUR = 56  # pixels of the grid


def test_a_booking_is_dragged_to_another_hour(week: Week, screen: Page) -> None:
    drag(screen, "Laser, Inès", by=2 * HOUR)
    expect(screen.get_by_role("status").get_by_text("12 h")).to_be_visible()
    assert week.hours() == ("Tue 12:00", "Tue 14:00")
    drag(screen, "Laser, Inès", by=-HOUR)  # the version it has now is the one that is sent
    expect(screen.get_by_role("link", name="11 h")).to_be_visible()
    assert week.hours() == ("Tue 11:00", "Tue 13:00")
    assert screen.said == []  # nothing was kept back by the content security policy


def test_a_booking_is_made_longer_by_its_end(week: Week, screen: Page) -> None:
    box = screen.get_by_role("link", name="Laser, Inès").bounding_box()
    screen.mouse.move(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    screen.mouse.down()
    for step in range(1, 11):
        screen.mouse.move(box["x"] + box["width"] - 3 + HOUR * step / 10, box["y"] + box["height"] / 2)
    screen.mouse.up()
    expect(screen.get_by_role("link", name="13 h, Laser")).to_be_visible()
    assert week.hours() == ("Tue 10:00", "Tue 13:00")


def test_a_refused_drag_jumps_back_and_says_why(week: Week, screen: Page) -> None:
    ReservationFactory(machine=week.laser, starts_at=moment(1, 13), ends_at=moment(1, 15))
    drag(screen, "Laser, Inès", by=2 * HOUR)
    expect(screen.locator("#grid-said .why")).to_contain_text("pris")
    expect(screen.locator("#grid-said .why a").first).to_be_visible()
    assert week.hours() == ("Tue 10:00", "Tue 12:00")
    before = screen.get_by_role("link", name="10 h – 12 h, Laser").bounding_box()
    assert faults_of(screen, "refused") == []
    screen.reload()
    assert screen.get_by_role("link", name="10 h – 12 h, Laser").bounding_box()["x"] == before["x"]


def test_without_a_network_a_drag_jumps_back(week: Week, screen: Page) -> None:
    before = screen.get_by_role("link", name="Laser, Inès").bounding_box()
    screen.context.set_offline(True)
    drag(screen, "Laser, Inès", by=2 * HOUR)
    expect(screen.locator("#grid-said .why")).to_contain_text("réseau")
    assert screen.get_by_role("link", name="Laser, Inès").bounding_box()["x"] == before["x"]
    assert week.hours() == ("Tue 10:00", "Tue 12:00")


def test_of_two_who_drag_at_once_the_second_is_told(week: Week, screen: Page, browser: Browser) -> None:
    with opened_page(browser, DESKTOP) as other:
        sign_in(other, week.site, "accueil")
        other.goto(week.url)
        drag(other, "Laser, Inès", by=2 * HOUR)
        expect(other.locator("#grid-said .note")).to_be_visible()
    drag(screen, "Laser, Inès", by=-HOUR)
    expect(screen.locator("#grid-said .why")).to_contain_text("quelqu’un d’autre", ignore_case=True)
    expect(screen.get_by_role("link", name="12 h – 14 h, Laser, Inès")).to_be_visible()
    assert week.hours() == ("Tue 12:00", "Tue 14:00")


def test_with_the_keyboard_a_booking_is_nudged_and_opened(week: Week, screen: Page) -> None:
    tab_to(screen, "[aria-label*='Laser, Inès']")
    screen.keyboard.press("Shift+ArrowRight")
    expect(screen.locator("#grid-said .note")).to_contain_text("10 h 30")
    assert week.hours() == ("Tue 10:30", "Tue 12:30")
    screen.wait_for_function("document.activeElement.matches('[data-id]')")  # drawn anew, and still under the hand
    screen.keyboard.press("Enter")
    screen.wait_for_url("**/accueil/planning/*/")
    fill_in(screen, "15:00", "16:30")
    tab_to(screen, "section .form button")
    screen.keyboard.press("Enter")
    expect(screen.get_by_role("status").first).to_contain_text("15 h")
    assert week.hours() == ("Tue 15:00", "Tue 16:30")


def fill_in(page: Page, starts: str, ends: str) -> None:
    page.locator("[name=starts]").fill(starts)
    page.locator("[name=ends]").fill(ends)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_without_javascript_the_same_move_is_made_from_the_list(week: Week, browser: Browser, size: dict) -> None:
    with opened_page(browser, size, scripts=False) as page:
        sign_in(page, week.site, "accueil")
        page.goto(week.url)
        page.get_by_role("link", name="Déplacer Laser, Inès").click()
        fill_in(page, "14:00", "20:00")
        page.locator(".form button").click()
        expect(page.locator(".why")).to_be_visible()
        assert misfits(page) == []
        fill_in(page, "14:00", "16:00")
        page.locator(".form button").click()
        page.wait_for_url("**/accueil/planning/?jour=*")
        expect(page.get_by_text("14 h – 16 h").first).to_be_visible()
    assert week.hours() == ("Tue 14:00", "Tue 16:00")


def test_a_booking_is_dragged_to_another_machine_and_back_by_keyboard(week: Week, screen: Page) -> None:
    other = MachineFactory(name="Nautile", category=week.laser.category, step_minutes=30, max_minutes=240)
    screen.reload()
    box = screen.get_by_role("link", name="Laser, Inès").bounding_box()
    goal = screen.locator(".ec-row-head", has_text="Nautile").bounding_box()
    x, y = box["x"] + 20, box["y"] + box["height"] / 2
    screen.mouse.move(x, y)
    screen.mouse.down()
    for step in range(1, 11):
        screen.mouse.move(x, y + (goal["y"] + goal["height"] / 2 - y) * step / 10)
    screen.mouse.up()
    expect(screen.locator("#grid-said .note")).to_contain_text("Nautile")
    week.booking.refresh_from_db()
    assert (week.booking.machine, week.hours()) == (other, ("Tue 10:00", "Tue 12:00"))
    tab_to(screen, "[aria-label*='Nautile, Inès']")
    screen.keyboard.press("Shift+ArrowUp")
    expect(screen.locator("#grid-said")).not_to_contain_text("Nautile")
    assert screen.said == []


def test_a_click_on_a_free_time_asks_what_to_put_there(week: Week, screen: Page) -> None:
    box = screen.get_by_role("link", name="Laser, Inès").bounding_box()
    screen.mouse.click(box["x"] + box["width"] + 1.5 * HOUR, box["y"] + box["height"] / 2)
    screen.wait_for_url("**/accueil/planning/ajouter/?*")
    assert screen.locator("[name=starts]").input_value() == "13:00"
    assert screen.locator("[name=machine]").input_value() == week.laser.slug
    screen.locator("[name=q]").fill("Inès")
    screen.locator(".form button").click()
    screen.get_by_role("link", name="Inès Belcastel").click()
    screen.wait_for_url(f"**/machines/{week.laser.slug}/reserver/confirmer/?*")


@pytest.mark.parametrize("size", [NARROW, DESKTOP], ids=["narrow", "desktop"])
def test_without_javascript_a_day_leads_there_too(week: Week, browser: Browser, size: dict) -> None:
    with opened_page(browser, size, scripts=False) as page:
        sign_in(page, week.site, "accueil")
        page.goto(week.url)
        page.locator("#week-list").get_by_role("link", name="Ajouter").nth(1).click()
        page.wait_for_url("**/accueil/planning/ajouter/?day=*")
        assert page.locator("[name=starts]").input_value() == "09:00"
        assert misfits(page) == []


def test_a_dragged_opening_or_session_leads_to_its_screen_and_changes_nothing(week: Week, browser: Browser) -> None:
    worker(username="responsable", roles=["fab_manager"])
    with opened_page(browser, DESKTOP) as page:
        sign_in(page, week.site, "responsable")
        page.goto(week.url)
        assert faults_of(page, "may-plan") == []
        opening = OpeningPeriod.objects.filter(starts_at=moment(1, 9)).get()
        drag(page, "9 h – 18 h, Open lab", by=HOUR)
        page.wait_for_url(f"**/gestion/ouvertures/{opening.pk}/horaire/?*")
        assert page.locator("[name=starts]").input_value() == "10:00"
        assert OpeningPeriod.objects.get(pk=opening.pk).starts_at == moment(1, 9)
