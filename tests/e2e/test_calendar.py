"""The school calendar and the preview of a change, on a phone, with the keyboard and without JavaScript."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from booking.models import State
from place.models import Closure, During, OpeningPeriod, SchoolHoliday
from place.services import plan_openings
from tests.e2e.screens import NARROW, office_faults, picture, tab_to, type_password
from tests.factories.booking import ReservationFactory, open_lab, wall
from tests.factories.cms import site_tree
from tests.factories.machines import MachineFactory
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.place import SchoolHolidayFactory
from tests.place.test_school_calendar import event, ics
from tests.services.browser import DESKTOP, PHONE, opened_page

pytestmark = pytest.mark.e2e
DAY = timezone.localdate() + timedelta(days=3)
SEND = ".lab-screen form button[type=submit]"


class Scene:
    """A day with two bookings, one of them allowed outside the hours, and Samia who plans openings."""

    def __init__(self, site) -> None:
        self.url = site.url
        site_tree()
        StaffFactory(username="samia")
        open_lab(14, 20, day=DAY)
        laser = MachineFactory(name="Découpe laser")
        milo, lea = (MemberFactory(first_name=name, last_name="Andrieu") for name in ("Milo", "Léa"))
        hours = {"starts_at": wall(14, DAY), "ends_at": wall(15, DAY)}
        self.hit = ReservationFactory(machine=laser, member=milo, **hours)
        self.kept = ReservationFactory(member=lea, waived=["closed"], waive_reason="répétition", **hours)

    def sign_in(self, page: Page) -> None:
        type_password(page, self.url, "samia")
        page.wait_for_load_state()

    def close(self, page: Page) -> None:
        """Fill in the form of a closure that afternoon and send it."""
        page.goto(f"{self.url}/gestion/fermetures/nouvelle/")
        filled = {"first_day": DAY.isoformat(), "starts": "14:00", "ends": "16:00", "reason": "Fuite d’eau"}
        for name, value in filled.items():
            page.locator(f"[name={name}]").fill(value)
        page.locator(SEND).first.click()
        page.locator(".lab-doubt").first.wait_for()


@pytest.fixture
def scene(site) -> Scene:
    return Scene(site)


def test_a_closure_shows_whom_it_hits_and_moves_a_booking_without_javascript(scene: Scene, no_js: Page) -> None:
    scene.sign_in(no_js)
    scene.close(no_js)
    expect(no_js.locator(".lab-screen")).to_contain_text("Milo Andrieu")
    expect(no_js.locator(".lab-screen")).to_contain_text("gardée telle quelle")
    assert not Closure.objects.exists()
    no_js.get_by_label("La déplacer").first.check()
    no_js.locator(SEND).first.click()
    no_js.wait_for_url(f"{scene.url}/gestion/fermetures/")
    scene.hit.refresh_from_db()
    assert (scene.hit.state, scene.hit.starts_at, Closure.objects.count()) == (State.CONFIRMED, wall(16, DAY), 1)


def test_one_may_turn_back_with_the_keyboard_and_nothing_has_changed(scene: Scene, desktop: Page) -> None:
    scene.sign_in(desktop)
    scene.close(desktop)
    tab_to(desktop, "button[name=back]")
    desktop.keyboard.press("Enter")
    expect(desktop.locator("[name=reason]")).to_have_value("Fuite d’eau")
    scene.hit.refresh_from_db()
    assert (scene.hit.state, Closure.objects.exists()) == (State.CONFIRMED, False)


@pytest.mark.parametrize("size", [NARROW, PHONE, DESKTOP], ids=["narrow", "phone", "desktop"])
def test_no_page_of_it_has_an_accessibility_fault(scene: Scene, browser, size: dict) -> None:
    SchoolHolidayFactory(first_day=DAY + timedelta(days=30), last_day=DAY + timedelta(days=44))
    plan_openings(
        kind="open_lab",
        label="Stage",
        starts_at=wall(9, DAY),
        ends_at=wall(11, DAY),
        during=During.HOLIDAYS,
        actor=None,
    )
    period = OpeningPeriod.objects.get(label="Stage")
    paths = {
        "openings": "ouvertures/", "opening-pattern": f"ouvertures/{period.pk}/motif/", "holidays": "vacances/",
        "holiday-add": "vacances/nouvelles/", "holidays-shipped": "vacances/reprendre/",
        "holidays-import": "vacances/importer/", "opening-plan": "ouvertures/nouvelle/",
    }  # fmt: skip
    with opened_page(browser, size) as page:
        scene.sign_in(page)
        scene.close(page)
        found = office_faults(page, "foreseen")
        for name, path in paths.items():
            page.goto(f"{scene.url}/gestion/{path}")
            found += office_faults(page, name)
    assert found == []


def test_the_official_file_is_read_shown_and_taken_over_without_javascript(scene: Scene, no_js: Page) -> None:
    SchoolHolidayFactory(name="Toussaint")
    scene.sign_in(no_js)
    no_js.goto(f"{scene.url}/gestion/vacances/importer/")
    content = ics(
        event("20270220", "20270308", "Vacances d'Hiver - Zone B"), event("20261017", "20261103", "Toussaint")
    )
    content = content.replace(b"SUMMARY:Toussaint", b"SUMMARY:Vacances de la Toussaint")
    no_js.locator("[name=file]").set_input_files(
        {"name": "zone-b.ics", "mimeType": "text/calendar", "buffer": b"pas un calendrier"}
    )
    no_js.locator(SEND).first.click()
    expect(no_js.locator(".lab-screen")).to_contain_text("Ce n’est pas un fichier de calendrier")
    picture(no_js, "holidays-wrong-file")
    no_js.locator("[name=file]").set_input_files({"name": "zone-b.ics", "mimeType": "text/calendar", "buffer": content})
    no_js.locator(SEND).first.click()
    expect(no_js.locator(".lab-told li")).to_have_count(2)
    picture(no_js, "holidays-preview")
    no_js.locator(SEND).first.click()
    no_js.wait_for_url(f"{scene.url}/gestion/vacances/")
    assert SchoolHoliday.objects.count() == 2
