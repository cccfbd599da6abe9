"""A club books its Wednesdays on a phone without JavaScript; who brings plywood says so; axe finds nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from booking.models import Reservation, State
from machines.models import Declared
from tests.e2e.screens import NARROW, all_faults, picture, too_wide, type_password
from tests.factories.booking import (
    AgreementFactory,
    PartnerFactory,
    ReservationFactory,
    SeriesFactory,
    close_lab,
    open_lab,
    wall,
)
from tests.factories.machines import MachineFactory, MaterialFactory
from tests.factories.members import AdultFactory
from tests.services.browser import DESKTOP, PHONE, opened_page

pytestmark = pytest.mark.e2e
FIRST = timezone.localdate() + timedelta(days=2)
DAYS = [FIRST + timedelta(weeks=number) for number in range(4)]
LONG = "Association des couturières et couturiers des Canourgues et de leurs amis"


class Scene:
    """Odile of the sewing club, its machine, four days in a row of weeks, one of them closed."""

    def __init__(self, site) -> None:
        self.url = site.url
        for day in DAYS:
            open_lab(8, 20, day=day)
        close_lab(8, 20, day=DAYS[1], reason="inventaire")
        self.machine = MachineFactory(name="Machine à coudre 1", material_declared=Declared.ARRIVAL)
        for name, allowed, note in (
            ("Coton", "yes", ""),
            ("Cuir", "ask", "aiguille spéciale"),
            ("Acier", "no", "casse"),
        ):
            MaterialFactory(machine=self.machine, name=name, allowed=allowed, note=note)
        self.odile = AdultFactory(username="odilem", first_name="Odile", last_name="Martin")
        self.agreement = AgreementFactory(partner=PartnerFactory(name=LONG), title="Saison 2026–2027")
        self.agreement.partner.contacts.add(self.odile)

    def sign_in(self, page: Page) -> None:
        type_password(page, self.url, "odilem")
        page.wait_for_url(f"{self.url}/reservations/")

    def fill_in(self, page: Page) -> None:
        page.goto(f"{self.url}/groupes/reserver/?convention={self.agreement.pk}")
        page.locator("[name=title]").fill("Club couture")
        page.locator("[name=machine]").select_option(label="Machine à coudre 1")
        for name, value in (("day", FIRST.isoformat()), ("starts", "14:00"), ("ends", "15:00")):
            page.locator(f"[name={name}]").fill(value)
        page.locator("[name=people]").fill("3")
        page.locator("[name=every_weeks]").select_option("1")
        page.locator("[name=last_day]").fill(DAYS[-1].isoformat())


@pytest.fixture
def scene(site) -> Scene:
    return Scene(site)


def test_a_club_books_its_dates_and_gives_them_back_without_javascript(scene: Scene, no_js: Page) -> None:
    scene.sign_in(no_js)
    no_js.get_by_role("link", name="Pour mon groupe").tap()
    picture(no_js, "groups-empty")
    scene.fill_in(no_js)
    picture(no_js, "groups-form")
    no_js.locator("button.go").tap()
    expect(no_js.get_by_role("main")).to_contain_text("inventaire")
    picture(no_js, "groups-dates")
    no_js.locator("[name=jour]").last.uncheck()
    no_js.locator("button.go").tap()
    no_js.wait_for_url("**/groupes/series/*/")
    picture(no_js, "groups-series")
    rows = Reservation.objects.filter(state=State.CONFIRMED, member=scene.odile)
    assert sorted(timezone.localtime(row.starts_at).date() for row in rows) == [DAYS[0], DAYS[2]]
    no_js.locator("details summary").last.tap()
    no_js.locator("details button.stop").tap()
    expect(no_js.locator(".tag", has_text="annulée")).to_have_count(2)
    assert not rows.all().exists()


def test_who_is_there_says_what_they_bring_without_javascript(scene: Scene, no_js: Page) -> None:
    now = timezone.now()
    booking = ReservationFactory(machine=scene.machine, member=scene.odile, starts_at=now - timedelta(minutes=5))
    scene.sign_in(no_js)
    no_js.locator("form[action*='arrivee'] button").tap()
    expect(no_js.get_by_role("main")).to_contain_text("Dis quel matériau tu apportes.")
    picture(no_js, "arrive")
    no_js.get_by_label("Coton").check()
    no_js.locator("button.go").tap()
    expect(no_js).to_have_url(f"{scene.url}/reservations/")
    booking.refresh_from_db()
    assert (booking.state, booking.material) == (State.CHECKED_IN, "Coton")


def addresses(scene: Scene) -> list[str]:
    series = SeriesFactory(title=LONG)
    booking = ReservationFactory(
        machine=scene.machine, member=scene.odile, series=series, starts_at=wall(10, DAYS[0]), group=LONG
    )
    ReservationFactory(machine=scene.machine, member=scene.odile, group=LONG, starts_at=wall(10, DAYS[2]))
    moments = [wall(hour, DAYS[0]).isoformat().replace("+", "%2B") for hour in (16, 17)]
    return [
        "/groupes/",
        "/groupes/reserver/",
        f"/groupes/series/{series.pk}/",
        f"/reservations/{booking.pk}/arrivee/",
        f"/machines/{scene.machine.slug}/reserver/confirmer/?debut={moments[0]}&fin={moments[1]}",
    ]


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_page_of_groups_has_a_fault(scene: Scene, browser, size: dict) -> None:
    with opened_page(browser, size) as page:
        scene.sign_in(page)
        faults = {path: found for path in addresses(scene) if (found := all_faults(page, scene.url + path))}
    assert faults == {}


def test_nothing_of_groups_scrolls_sideways_on_a_very_small_phone(scene: Scene, browser) -> None:
    with opened_page(browser, NARROW) as page:
        scene.sign_in(page)
        wide = [path for path in addresses(scene) if too_wide(page, scene.url + path)]
        scene.fill_in(page)
        page.locator("button.go").click()
        page.locator("[name=jour]").first.wait_for()
        picture(page, "groups-dates-narrow")
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert wide == []
