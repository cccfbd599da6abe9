"""What the desk prints, measured as the printer would lay it out."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page

from place.clock import day_span, today
from tests.e2e.front import Family, at_the_desk
from tests.e2e.screens import pages, picture
from tests.factories.booking import ReservationFactory, open_lab
from tests.factories.machines import MachineFactory, QualificationFactory
from tests.factories.members import CardFactory, MemberFactory
from tests.factories.place import DutyShiftFactory
from tests.factories.workshops import RegistrationFactory
from workshops.models import WorkshopSession

pytestmark = pytest.mark.e2e
MM = 96 / 25.4
A6 = {"width": 148, "height": 105}


@pytest.fixture
def family(site) -> Family:
    return Family()


@pytest.fixture
def printer(site, family: Family, browser: Browser) -> Iterator[Page]:
    """The desk's tablet, whose pages look as they are printed."""
    with at_the_desk(browser, site.url) as page:
        page.emulate_media(media="print")
        yield page


def size(page: Page, selector: str) -> dict[str, float]:
    """Return how large something is printed, in millimetres; nothing in it hangs over."""
    box = page.locator(selector).bounding_box()
    over = page.locator(selector).evaluate(
        "(box) => box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight"
    )
    assert not over
    return {side: round(box[side] / MM, 1) for side in ("width", "height")}


def test_a_passport_of_six_machines_with_room_for_more_is_an_a6(site, printer: Page) -> None:
    person = MemberFactory(first_name="Maximilienne-Guillemette", last_name="Nguyễn-Featherstone")
    for name in (
        "Impression 3D",
        "Découpe laser",
        "Couture et broderie",
        "Découpe vinyle",
        "Fraiseuse",
        "Presse à chaud",
    ):
        QualificationFactory(member=person, category__name=name, expires_on=today() + timedelta(days=90))
    printer.goto(f"{site.url}/accueil/personnes/{person.pk}/passeport/")
    found = size(printer, ".passport")
    assert (found["width"], found["height"] <= A6["height"]) == (A6["width"], True)
    assert pages(printer, "passport") == 1


def test_a_card_is_as_large_as_a_bank_card(site, printer: Page) -> None:
    card = CardFactory(user=MemberFactory(username="maximilienne.nguyen.featherstone"))
    printer.goto(f"{site.url}/accueil/personnes/{card.user_id}/carte/")
    printer.emulate_media(media="screen")
    printer.locator("button[name=print]").click()
    printer.emulate_media(media="print")
    found = size(printer, ".member-card")
    assert (abs(found["width"] - 86) < 1, abs(found["height"] - 54) < 2) == (True, True), found
    assert pages(printer, "card") == 1


@pytest.mark.parametrize("language", ["fr", "en", "es", "it", "pt"])
def test_the_form_of_agreements_takes_two_sheets_at_most(site, family: Family, printer: Page, language: str) -> None:
    for whose in ("feuilles/papiers", f"personnes/{family.child.pk}/papiers/imprimer"):
        printer.goto(f"{site.url}/accueil/{whose}/?langue={language}")
        assert pages(printer, f"papers-{whose.partition('/')[0]}-{language}") <= 2


def test_the_sheets_of_a_day_keep_within_the_paper(site, family: Family, printer: Page) -> None:
    machine, start = MachineFactory(), day_span(today()).start
    WorkshopSession.objects.update(places=20)  # whatever the hour: late at night the session is over
    for hour in range(8, 20):
        ReservationFactory(machine=machine, starts_at=start + timedelta(hours=hour))
        RegistrationFactory(session=family.session)
    printer.set_viewport_size({"width": int((210 - 28) * MM), "height": 1000})
    for name, most in {"jour": 2, "comptage": 1, f"seances/{family.session.pk}": 2}.items():
        printer.goto(f"{site.url}/accueil/feuilles/{name}/")
        size(printer, "main")
        assert not printer.locator(".desk-bar").is_visible()
        assert pages(printer, name.partition("/")[0]) <= most


def test_an_ordinary_day_is_one_sheet(site, printer: Page) -> None:
    day = today() + timedelta(days=3)
    start = day_span(day).start
    open_lab(9, 18, day=day)
    for hour in (9, 14):
        DutyShiftFactory(starts_at=start + timedelta(hours=hour), ends_at=start + timedelta(hours=hour + 4))
    for machine in MachineFactory.create_batch(5):
        for hour in (9, 11, 14, 16):
            ReservationFactory(machine=machine, starts_at=start + timedelta(hours=hour), accompanied=hour == 11)
    printer.set_viewport_size({"width": int((210 - 28) * MM), "height": 1000})
    printer.goto(f"{site.url}/accueil/feuilles/jour/?jour={day}")
    size(printer, "main")
    picture(printer, "day-ordinary")
    assert printer.locator("tbody th").count() == 5
    assert pages(printer, "day-ordinary") == 1
