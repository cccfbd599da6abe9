"""One's own account and a child's, on a phone: every page works without JavaScript."""

import io
import re
import zipfile
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from booking.models import Reservation, State
from members.models import ConsentEntry, Purpose, User
from members.queries import standings
from place.clock import today
from tests.e2e.front import sign_in, years_ago
from tests.e2e.screens import picture, type_password
from tests.factories.booking import ReservationFactory, open_lab
from tests.factories.machines import PrinterFactory, QualificationFactory
from tests.factories.members import AdultFactory, MembershipFactory, child_of, signed

pytestmark = pytest.mark.e2e
DAY = today() + timedelta(days=2)


@pytest.fixture
def url(site) -> str:
    return site.url


# --- My account -------------------------------------------------------------------------------------------------------


@pytest.fixture
def ines(url: str) -> User:
    """Somebody of 16 who, with her only parent, agreed to photos on the site."""
    person = child_of(username="inesm", first_name="Inès", birth_date=years_ago(16), email="ines@lab.example")
    for by, guardian in (("self", None), ("guardian", person.household.guardians.get())):
        signed(person, "photo_web", by, guardian=guardian, signed_on=today())
    QualificationFactory(member=person, category__name="Impression 3D")
    return person


@pytest.fixture
def mine(url: str, ines: User, no_js: Page) -> Page:
    sign_in(no_js, url, "inesm")
    no_js.goto(f"{url}/compte/")
    return no_js


def test_the_account_leads_to_the_passport_and_the_papers(url: str, mine: Page) -> None:
    expect(mine.locator("section[aria-labelledby=passport]")).to_contain_text("Impression 3D")
    mine.locator("main a[href$='/compte/passeport/']").tap()
    expect(mine.locator(".stamp b")).to_have_text(["Impression 3D"])
    mine.goto(f"{url}/compte/")
    mine.locator("nav.card a[href$='/compte/papiers/']").tap()
    expect(mine.locator("section[aria-labelledby='p-photo_web'] .state.free")).to_be_visible()


def test_somebody_of_16_takes_her_own_agreement_back(url: str, ines: User, mine: Page) -> None:
    mine.goto(f"{url}/compte/papiers/")
    mine.locator("a[href$='/papiers/photo_web/']").tap()
    expect(mine.locator(".note.resv")).to_be_visible()
    mine.locator("button[name=withdraw]").tap()
    mine.wait_for_url(f"{url}/compte/papiers/")
    last = ConsentEntry.objects.filter(person=ines).latest("pk")
    assert (last.act, last.signatory, last.recorded_by) == ("withdrawn", "self", ines)
    assert standings(ines, today())[Purpose.PHOTO_WEB].holds == "withdrawn"


def test_what_one_decides_oneself_is_kept(url: str, ines: User, mine: Page) -> None:
    mine.locator("a[href$='/preferences/']").tap()
    mine.locator("[name=pseudonym]").fill("Étoile")
    mine.locator("[name=contact_by]").nth(1).check()
    mine.locator("main form button").tap()
    mine.wait_for_url(f"{url}/compte/")
    ines.refresh_from_db()
    assert (ines.pseudonym, ines.contact_by) == ("Étoile", "call")


def test_the_address_of_the_calendar_is_shown_once_and_gives_a_calendar(url: str, ines: User, mine: Page) -> None:
    ReservationFactory(member=ines, machine__name="Imprimante 1")
    mine.locator("a[href$='/calendrier/']").tap()
    mine.locator("main button.go").tap()
    address = mine.locator(".address").inner_text()
    answer = mine.request.get(address)
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, "text/calendar")
    assert "Imprimante 1" in answer.text()
    mine.goto(f"{url}/compte/calendrier/")
    assert address not in mine.content()
    mine.locator("button[name=close]").tap()
    expect(mine.locator("button[name=close]")).to_have_count(0)
    assert mine.request.get(address).status == 404


def test_all_that_is_known_is_taken_away_in_one_file(ines: User, mine: Page) -> None:
    mine.locator("a[href$='/mes-donnees/']").tap()
    with mine.expect_download() as download:
        mine.locator("form[action$='/export/'] button").tap()
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as file:
        assert "Inès" in file.read("donnees.json").decode()


def test_being_forgotten_asks_for_the_name_and_ends_the_account(url: str, ines: User, mine: Page) -> None:
    mine.goto(f"{url}/compte/mes-donnees/")
    mine.locator("a[href$='/effacer/']").tap()
    mine.locator("[name=username]").fill("quelqu-un")
    mine.locator("main form button").tap()
    expect(mine.locator(".field .errors")).to_be_visible()
    assert User.objects.get(pk=ines.pk).first_name == "Inès"
    mine.locator("[name=username]").fill("inesm")
    mine.locator("main form button").tap()
    mine.wait_for_url(f"{url}/")
    assert User.objects.get(pk=ines.pk).first_name != "Inès"
    type_password(mine, url, "inesm")
    expect(mine.locator("main .errors")).to_be_visible()
    assert mine.url == f"{url}/connexion/"


# --- My child ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def child(url: str) -> User:
    """A child of 13 who is trained, and whose parent signs in but has not yet agreed to the machines."""
    parent = {"account": AdultFactory(username="parent"), "first_name": "Ayşe"}
    person = child_of(parent, username="zoe", first_name="Zoé", birth_date=years_ago(13), papers=False)
    MembershipFactory(person=person)
    signed(person, "account", "guardian"), signed(person, "account", "self")
    return person


@pytest.fixture
def parent(url: str, child: User, no_js: Page) -> Page:
    sign_in(no_js, url, "parent")
    return no_js


def test_a_parent_sees_their_own_child_and_no_other(url: str, child: User, parent: Page) -> None:
    other = child_of({"account": AdultFactory()}, first_name="Canari", birth_date=years_ago(13))
    parent.goto(f"{url}/compte/")
    expect(parent.locator("section[aria-labelledby=children] a")).to_have_text(["Zoé"])
    assert "Canari" not in parent.content()
    for path in ("", "papiers/", "papiers/machines/", "passeport/", "donnees/", "donnees/effacer/"):
        assert parent.goto(f"{url}/compte/enfants/{child.pk}/{path}").status == 200
        assert parent.goto(f"{url}/compte/enfants/{other.pk}/{path}").status == 404


def test_a_parent_agrees_books_in_three_taps_and_gives_back(url: str, child: User, parent: Page) -> None:
    printer = PrinterFactory(slug="imprimante-1", name="Imprimante 1")
    QualificationFactory(member=child, category=printer.category)
    open_lab(14, 18, day=DAY)
    parent.goto(f"{url}/compte/enfants/{child.pk}/papiers/")
    parent.locator("a[href$='/papiers/machines/']").tap()
    parent.locator("button[name=sign]").tap()
    parent.wait_for_url(f"{url}/compte/enfants/{child.pk}/papiers/")
    books_in_three_taps(parent, url, child)
    gives_back(parent, url, child)


def books_in_three_taps(page: Page, url: str, child: User) -> None:
    page.goto(f"{url}/compte/enfants/{child.pk}/")
    page.locator("section[aria-labelledby=coming] summary").tap()
    page.locator("section[aria-labelledby=coming] details a").tap()
    page.locator("a.day", has=page.locator(f"b:text-is('{DAY.day}')")).first.tap()
    picture(page, "child-slots")
    page.locator("a.slot", has_text=re.compile(r"^\s*16\sh\s")).tap()
    page.locator("button.go").tap()
    page.wait_for_url(f"{url}/compte/enfants/{child.pk}/")
    made = Reservation.objects.get()
    assert (made.member, made.created_by.username, made.state) == (child, "parent", State.CONFIRMED)
    expect(page.locator("section[aria-labelledby=coming]")).to_contain_text("Imprimante 1")


def gives_back(page: Page, url: str, child: User) -> None:
    page.locator("section[aria-labelledby=coming] a.stop").tap()
    page.locator("button.stop").tap()
    page.wait_for_url(f"{url}/compte/enfants/{child.pk}/")
    assert Reservation.objects.get().state == State.CANCELLED


def test_without_the_agreement_a_parent_is_told_what_to_sign(url: str, child: User, parent: Page) -> None:
    printer = PrinterFactory(slug="imprimante-1")
    QualificationFactory(member=child, category=printer.category)
    open_lab(14, 18, day=DAY)
    parent.goto(f"{url}/machines/imprimante-1/reserver/?pour={child.pk}&jour={DAY}")
    picture(parent, "child-without-agreement")
    expect(parent.locator("main .why")).to_be_visible()
    assert parent.locator("a.slot").count() == 0


def test_a_parent_books_for_nobody_elses_child(url: str, child: User, parent: Page) -> None:
    other = child_of(first_name="Canari", birth_date=years_ago(13))
    PrinterFactory(slug="imprimante-1")
    booking = ReservationFactory(member=other)
    open_lab(14, 18, day=DAY)
    assert parent.goto(f"{url}/machines/imprimante-1/reserver/?pour={other.pk}").status == 404
    assert parent.goto(f"{url}/reservations/{booking.pk}/annuler/").status == 404
