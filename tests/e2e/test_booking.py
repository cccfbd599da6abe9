"""Booking as a young person does it: on a phone, without JavaScript, with a keyboard, or told why not."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from booking.models import Reservation, State, WaitingEntry
from booking.services import cancel
from machines.models import Machine
from tests.e2e.screens import NARROW, picture, tab_to, too_wide, type_password, violations
from tests.factories.booking import ReservationFactory, open_lab, wall
from tests.factories.machines import CategoryFactory, PoolFactory, PrinterFactory, QualificationFactory
from tests.factories.members import PASSWORD, AdultFactory, MemberFactory
from tests.services.browser import DESKTOP, PHONE, opened_page

pytestmark = pytest.mark.e2e
DAY = timezone.localdate() + timedelta(days=2)


class Scene:
    """A printer that Inès may use, open from 14 to 18 the day after tomorrow; somebody has it from 15 to 16."""

    def __init__(self, site) -> None:
        self.url = site.url
        open_lab(14, 18, day=DAY)
        open_lab(14, 18, day=DAY + timedelta(days=3))
        category = CategoryFactory(name="Impression 3D")
        self.printer = PrinterFactory(slug="imprimante-1", name="Imprimante 1", category=category)
        PrinterFactory(slug="imprimante-2", name="Imprimante 2", category=category)
        self.ines = MemberFactory(username="inesm", first_name="Inès", last_name="Martin")
        QualificationFactory(member=self.ines, category=category)
        ReservationFactory(machine=self.printer, starts_at=wall(15, DAY), member=AdultFactory(first_name="Canari"))

    def sign_in(self, page: Page, username: str = "inesm") -> None:
        type_password(page, self.url, username)
        page.wait_for_url(f"{self.url}/reservations/")

    def confirm_url(self, start: float, end: float) -> str:
        moments = [wall(hour, DAY).isoformat().replace("+", "%2B") for hour in (start, end)]
        return f"{self.url}/machines/imprimante-1/reserver/confirmer/?debut={moments[0]}&fin={moments[1]}"


@pytest.fixture
def scene(site) -> Scene:
    return Scene(site)


def slot(page: Page, hour: int):
    return page.locator("a.slot", has_text=re.compile(rf"^\s*{hour}\sh\s"))


def finish(page: Page, scene: Scene) -> None:
    """Tap the button of the last page and arrive at one's bookings."""
    page.locator("button.go").tap()
    expect(page).to_have_url(f"{scene.url}/reservations/")


def test_three_taps_to_a_booking_without_javascript(scene: Scene, no_js: Page) -> None:
    scene.sign_in(no_js)
    no_js.goto(f"{scene.url}/machines/imprimante-1/reserver/")
    no_js.locator("a.day", has=no_js.locator(f"b:text-is('{DAY.day}')")).first.tap()
    picture(no_js, "slots")
    slot(no_js, 16).tap()
    picture(no_js, "confirm")
    finish(no_js, scene)
    picture(no_js, "mine")
    made = Reservation.objects.get(member=scene.ines)
    assert (made.starts_at, made.ends_at, made.state) == (wall(16, DAY), wall(17, DAY), State.CONFIRMED)
    expect(no_js.get_by_role("main")).to_contain_text("Imprimante 1")


def test_a_longer_booking_is_chosen_on_the_same_page(scene: Scene, no_js: Page) -> None:
    scene.sign_in(no_js)
    no_js.goto(scene.confirm_url(16, 17))
    no_js.get_by_label("18 h", exact=True).check()
    finish(no_js, scene)
    assert Reservation.objects.get(member=scene.ines).ends_at == wall(18, DAY)


def test_a_taken_time_says_why_and_offers_other_times(scene: Scene, no_js: Page) -> None:
    scene.sign_in(no_js)
    no_js.goto(scene.confirm_url(16, 17))
    ReservationFactory(machine=scene.printer, starts_at=wall(16, DAY))
    no_js.locator("button.go").tap()
    expect(no_js.locator("main .why")).to_contain_text("16\u00a0h")
    picture(no_js, "refused")
    offers = no_js.locator("main a", has_text="Imprimante")
    expect(offers).to_have_count(3)
    assert "Canari" not in no_js.content()
    offers.first.tap()
    finish(no_js, scene)
    assert Reservation.objects.filter(member=scene.ines).count() == 1


def test_somebody_without_a_permit_is_told_before_choosing(scene: Scene, no_js: Page) -> None:
    MemberFactory(username="karim")
    scene.sign_in(no_js, "karim")
    no_js.goto(f"{scene.url}/machines/imprimante-1/reserver/")
    picture(no_js, "without-permit")
    expect(no_js.get_by_role("main")).to_contain_text("Impression 3D")
    assert no_js.locator("a.slot").count() == 0


def test_a_stranger_sees_the_day_and_comes_back_to_the_slot_after_signing_in(scene: Scene, no_js: Page) -> None:
    no_js.goto(f"{scene.url}/machines/imprimante-1/reserver/?jour={DAY}")
    picture(no_js, "stranger")
    slot(no_js, 16).tap()
    no_js.locator("[name=login]").fill("inesm")
    no_js.locator("[name=password]").fill(PASSWORD)
    no_js.locator("main form button").first.tap()
    finish(no_js, scene)
    assert Reservation.objects.get(member=scene.ines).starts_at == wall(16, DAY)


def test_moving_and_cancelling_without_javascript(scene: Scene, no_js: Page) -> None:
    booking = ReservationFactory(machine=scene.printer, member=scene.ines, starts_at=wall(14, DAY))
    scene.sign_in(no_js)
    no_js.get_by_role("link", name=re.compile("^(Déplacer|Move)")).first.tap()
    no_js.locator("a.day", has=no_js.locator(f"b:text-is('{DAY.day}')")).first.tap()
    picture(no_js, "move")
    slot(no_js, 17).tap()
    finish(no_js, scene)
    booking.refresh_from_db()
    assert booking.starts_at == wall(17, DAY)
    no_js.get_by_role("link", name=re.compile("^(Annuler|Cancel)")).first.tap()
    picture(no_js, "cancel")
    no_js.locator("button.stop").tap()
    expect(no_js).to_have_url(f"{scene.url}/reservations/")
    booking.refresh_from_db()
    assert booking.state == State.CANCELLED


def test_a_booking_with_the_keyboard_alone(scene: Scene, desktop: Page) -> None:
    scene.sign_in(desktop)
    desktop.goto(f"{scene.url}/machines/imprimante-1/reserver/?jour={DAY}")
    tab_to(desktop, "a.slot")
    desktop.keyboard.press("Enter")
    desktop.wait_for_url("**/confirmer/**")
    tab_to(desktop, "button.go")
    desktop.keyboard.press("Enter")
    desktop.wait_for_url(f"{scene.url}/reservations/")
    assert Reservation.objects.get(member=scene.ines).starts_at == wall(14, DAY)


def test_a_taken_time_is_waited_for_and_taken_when_it_is_free_without_javascript(scene: Scene, no_js: Page) -> None:
    scene.sign_in(no_js)
    no_js.goto(f"{scene.url}/machines/imprimante-1/reserver/?jour={DAY}")
    no_js.locator(".slot.no a").first.tap()
    picture(no_js, "wait")
    no_js.locator("form[action*='attendre'] button").tap()
    expect(no_js).to_have_url(f"{scene.url}/reservations/")
    held = Reservation.objects.get(starts_at=wall(15, DAY))
    cancel(actor=held.member, reservation=held)
    no_js.reload()
    picture(no_js, "offered")
    no_js.locator("button[name=oui]").tap()
    expect(no_js).to_have_url(f"{scene.url}/reservations/")
    assert Reservation.objects.get(member=scene.ines).state == State.CONFIRMED


def test_any_of_a_kind_has_more_free_times_without_javascript(scene: Scene, no_js: Page) -> None:
    pool = PoolFactory(name="Ender-3 V2")
    Machine.objects.filter(category=scene.printer.category).update(pool=pool)
    scene.sign_in(no_js)
    no_js.goto(f"{scene.url}/machines/imprimante-1/reserver/?jour={DAY}")
    expect(slot(no_js, 15)).to_have_count(0)
    picture(no_js, "kind-offered")
    no_js.get_by_role("link", name=re.compile("Ender-3 V2")).tap()
    picture(no_js, "kind-slots")
    slot(no_js, 15).tap()
    picture(no_js, "kind-confirm")
    finish(no_js, scene)
    picture(no_js, "kind-mine")
    expect(no_js.get_by_role("main")).to_contain_text("Ender-3 V2")
    assert Reservation.objects.get(member=scene.ines).machine != scene.printer


def addresses(scene: Scene) -> dict[str, str]:
    booking = ReservationFactory(machine=scene.printer, member=scene.ines, starts_at=wall(17, DAY))
    _waits_for_two(scene)
    return {
        "slots": f"/machines/imprimante-1/reserver/?jour={DAY}",
        "confirm": scene.confirm_url(16, 17).removeprefix(scene.url),
        "taken": scene.confirm_url(15, 16).removeprefix(scene.url),
        "poster": "/machines/imprimante-1/affiche/",
        "mine": "/reservations/",
        "move": f"/reservations/{booking.pk}/deplacer/",
        "cancel": f"/reservations/{booking.pk}/annuler/",
        "account": "/compte/",
        "password": "/compte/mot-de-passe/",
        "docs": "/api/v1/docs",
    }


def _waits_for_two(scene: Scene) -> None:
    """Leave one time that is taken for now, and one that is kept until the answer."""
    kept = ReservationFactory(
        machine=scene.printer, member=scene.ines, state=State.HELD, starts_at=wall(22, DAY), held_until=wall(21, DAY)
    )
    wanted = {"machine": scene.printer, "member": scene.ines, "created_by": scene.ines}
    WaitingEntry.objects.create(starts_at=wall(15, DAY), ends_at=wall(16, DAY), **wanted)
    WaitingEntry.objects.create(
        starts_at=kept.starts_at, ends_at=kept.ends_at, hold=kept, state=WaitingEntry.State.OFFERED, **wanted
    )


STRANGERS = {
    "join": "/adherer/",
    "login": "/connexion/",
    "reset": "/mot-de-passe-oublie/",
    "slots-stranger": "/machines/imprimante-1/reserver/",
}


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_page_has_an_accessibility_fault(scene: Scene, browser, size: dict) -> None:
    with opened_page(browser, size) as page:
        faults = {name: found for name, path in STRANGERS.items() if (found := violations(page, scene.url + path))}
        scene.sign_in(page)
        own = addresses(scene).items()
        faults |= {name: found for name, path in own if (found := violations(page, scene.url + path))}
    assert faults == {}


def test_nothing_scrolls_sideways_on_a_very_small_phone(scene: Scene, browser) -> None:
    with opened_page(browser, NARROW) as page:
        wide = [name for name, path in STRANGERS.items() if too_wide(page, scene.url + path)]
        scene.sign_in(page)
        wide += [name for name, path in addresses(scene).items() if too_wide(page, scene.url + path)]
    assert wide == []
