"""The front desk as it is worked at: a tablet, a keyboard, a queue of people, and somebody who walks away from it."""

import time
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from booking.models import Reservation, State
from desk.lock import SEEN
from members.cards import qr_token
from members.models import ConsentEntry, DuesEntry, Membership, User
from members.services import notify
from place.clock import day_span, today
from place.models import Visit
from tests.e2e.front import at_the_desk, sign_in, worker, years_ago
from tests.e2e.screens import picture, tab_to
from tests.factories.booking import ReservationFactory, open_lab
from tests.factories.machines import PrinterFactory, QualificationFactory
from tests.factories.members import PASSWORD, AdultFactory, CardFactory, MemberFactory, child_of
from tests.factories.workshops import RegistrationFactory, SessionFactory
from workshops.models import Registration

pytestmark = pytest.mark.e2e


@pytest.fixture
def url(site) -> str:
    worker()
    return site.url


@pytest.fixture
def tablet(url: str, browser: Browser) -> Iterator[Page]:
    """The desk's tablet, open on the day."""
    with at_the_desk(browser, url) as page:
        yield page


@pytest.fixture
def plain_tablet(url: str, browser: Browser) -> Iterator[Page]:
    """The desk's tablet without JavaScript."""
    with at_the_desk(browser, url, scripts=False) as page:
        yield page


def person_url(url: str, person: User, page: str = "") -> str:
    return f"{url}/accueil/personnes/{person.pk}/{page}"


# --- Somebody new -----------------------------------------------------------------------------------------------------


def type_in(page: Page, name: str, text: str) -> None:
    tab_to(page, f"[name={name}]")
    page.keyboard.type(text)


def type_day(page: Page, name: str, day: date) -> None:
    """Type a day into its field, in the order that this browser asks for."""
    tab_to(page, f"[name={name}]")
    page.keyboard.type(f"{day:%d%m%Y}")
    if page.locator(f"[name={name}]").input_value() != day.isoformat():
        page.locator(f"[name={name}]").blur()
        page.locator(f"[name={name}]").focus()
        page.keyboard.type(f"{day:%m%d%Y}")


def press_on(page: Page, selector: str, key: str) -> None:
    tab_to(page, selector)
    page.keyboard.press(key)


def type_newcomer(page: Page, birth_date: date) -> None:
    """Fill in the form of somebody new with the keyboard alone, as far as the button."""
    type_in(page, "first_name", "Inès")
    type_in(page, "last_name", "Çelik")
    type_day(page, "birth_date", birth_date)
    type_in(page, "g1_first_name", "Ayşe")
    type_in(page, "g1_last_name", "Çelik")
    type_in(page, "g1_phone", "0639981122")
    press_on(page, "summary", "Enter")
    type_in(page, "g2_first_name", "Paul")
    type_in(page, "g2_last_name", "Martin")
    for box in ("charter_self", "account_self", "account_1", "machines_1"):
        press_on(page, f"[name=sign_{box}]", "Space")
    press_on(page, "[name=kind]", "ArrowDown")
    type_in(page, "due", "15")
    type_in(page, "paid", "15,00")
    press_on(page, "[name=method]", "ArrowDown")


def test_somebody_new_has_a_card_in_under_a_minute_and_signs_in_with_it(url: str, tablet: Page, phone: Page) -> None:
    began = time.monotonic()
    press_on(tablet, "a[href$='/nouveau/']", "Enter")
    tablet.wait_for_url("**/nouveau/")
    type_newcomer(tablet, years_ago(13))
    press_on(tablet, "main form button.go", "Enter")
    tablet.wait_for_url("**/carte/")
    code = tablet.locator(".member-card .code").inner_text()
    assert time.monotonic() - began < 60
    picture(tablet, "card-new")
    person = User.objects.get(first_name="Inès")
    assert rows_of(person) == {"age": 13, "guardians": 2, "agreements": 4, "season": "youth", "dues": [1500, 1500]}
    signs_in_with(phone, url, person.username, code)
    signs_in_by_scan(phone, url, person, code)


def rows_of(person: User) -> dict:
    signed_now = person.consent_entries.filter(act=ConsentEntry.Act.SIGNED, signed_on=today())
    return {
        "age": person.age_on(today()),
        "guardians": person.household.guardians.count(),
        "agreements": signed_now.count(),
        "season": Membership.objects.get(person=person).kind,
        "dues": list(DuesEntry.objects.filter(membership__person=person).values_list("cents", flat=True)),
    }


def signs_in_with(page: Page, url: str, username: str, code: str) -> None:
    page.goto(f"{url}/connexion/")
    page.locator("[name=login]").fill(username)
    page.locator("[name=password]").fill(code)
    page.locator("main form button").first.tap()
    page.wait_for_url(f"{url}/reservations/")
    page.context.clear_cookies()


def signs_in_by_scan(page: Page, url: str, person: User, code: str) -> None:
    page.goto(f"{url}/carte/{qr_token(person.cards.get().nonce)}/")
    page.locator("[name=code]").fill(code)
    page.locator("main form button").tap()
    page.wait_for_url(f"{url}/reservations/")


TYPED = {
    "first_name": "Zoé",
    "last_name": "Nguyễn",
    "birth_date": "2013-05-17",
    "phone": "06 39 98 00 07",
    "g1_first_name": "Linh",
    "g1_last_name": "Nguyễn",
    "g1_phone": "06 39 98 00 08",
    "covered_by": "Caisse des écoles",
    "due": "12,50",
}


def fill(page: Page, **wrong: str) -> None:
    page.locator("summary").last.click()
    for name, text in {**TYPED, **wrong}.items():
        page.locator(f"main [name={name}]").fill(text)
    for box in ("charter_self", "account_1"):
        page.locator(f"[name=sign_{box}]").check()
    page.locator("[name=kind]").select_option("youth")
    page.locator("[name=gender][value=f]").check()


def refused_beside(page: Page, name: str, **wrong: str) -> None:
    """Send the form and see the mistake beside its field, and nothing that was typed lost."""
    page.locator("main form button.go").click()
    expect(page.locator(f".field:has([name={name}]) .errors")).to_be_visible()
    kept = {field: page.locator(f"main [name={field}]").input_value() for field in TYPED}
    assert kept == {**TYPED, **wrong}
    boxes = [page.locator(f"[name=sign_{box}]").is_checked() for box in ("charter_self", "account_1")]
    assert (boxes, page.locator("[name=kind]").input_value()) == ([True, True], "youth")
    assert not User.objects.filter(first_name="Zoé").exists()


def test_without_javascript_a_birth_to_come_is_told_beside_it_and_nothing_is_lost(url: str, plain_tablet: Page) -> None:
    tomorrow = (today() + timedelta(days=1)).isoformat()
    plain_tablet.goto(f"{url}/accueil/nouveau/")
    fill(plain_tablet, birth_date=tomorrow)
    refused_beside(plain_tablet, "birth_date", birth_date=tomorrow)
    plain_tablet.locator("main [name=birth_date]").fill("2013-05-17")
    plain_tablet.locator("main form button.go").click()
    expect(plain_tablet.locator(".member-card .code")).to_be_visible()
    assert User.objects.get(first_name="Zoé").gender == "f"


def test_without_javascript_a_signature_of_a_parent_without_a_name_is_told_beside_it(
    url: str, plain_tablet: Page
) -> None:
    plain_tablet.goto(f"{url}/accueil/nouveau/")
    fill(plain_tablet)
    plain_tablet.locator("[name=sign_machines_2]").check()
    refused_beside(plain_tablet, "g2_first_name")
    assert plain_tablet.locator("[name=sign_machines_2]").is_checked()


# --- Finding, coming, leaving -----------------------------------------------------------------------------------------


def find(page: Page, text: str) -> None:
    page.locator("[name=q]").fill(text)
    page.locator("[name=q]").press("Enter")


def test_a_name_is_found_without_accents_and_comes_with_one_tap(url: str, tablet: Page) -> None:
    ines = MemberFactory(first_name="Inès", last_name="Çelik")
    MemberFactory(first_name="Canari")
    find(tablet, "celik ines")
    expect(tablet.locator("main li.row")).to_have_count(1)
    tablet.locator("li.row button").tap()
    tablet.wait_for_url(person_url(url, ines))
    assert Visit.objects.get().person == ines
    tablet.goto(f"{url}/accueil/")
    expect(tablet.get_by_role("link", name="Inès Ç.", exact=True)).to_be_visible()


def test_a_scanned_card_opens_the_file_of_its_person(url: str, tablet: Page) -> None:
    card = CardFactory()
    find(tablet, f"{url}/carte/{qr_token(card.nonce)}/")
    tablet.wait_for_url(person_url(url, card.user))


def leave(page: Page, url: str, person: User, how: str, with_whom: str = "") -> None:
    page.goto(person_url(url, person, "depart/"))
    page.locator(f"[name=leaving][value={how}]").check()
    page.locator("[name=with_whom]").select_option(with_whom)
    page.locator("main form button.go").click()


def test_a_child_of_13_does_not_leave_alone_but_with_a_parent(url: str, tablet: Page) -> None:
    child = child_of({"first_name": "Ayşe", "last_name": "Çelik"}, birth_date=years_ago(13))
    Visit.objects.create(person=child, came_at=timezone.now() - timedelta(hours=1))
    for alone in ("freely", "home_alone"):
        leave(tablet, url, child, alone)
        expect(tablet.locator("main .why p")).to_have_count(1)
    picture(tablet, "leave-refused")
    assert Visit.objects.get().left_at is None
    leave(tablet, url, child, "guardian", "Ayşe Çelik")
    tablet.wait_for_url(f"{url}/accueil/")
    left = Visit.objects.get()
    assert (left.left_at is None, left.leaving, left.left_with) == (False, "guardian", "Ayşe Çelik")


def test_somebody_of_16_leaves_freely(url: str, tablet: Page) -> None:
    young = MemberFactory(birth_date=years_ago(16))
    Visit.objects.create(person=young, came_at=timezone.now() - timedelta(hours=1))
    tablet.goto(person_url(url, young))
    tablet.locator("a.go").tap()
    tablet.locator("main form button.go").tap()
    tablet.wait_for_url(f"{url}/accueil/")
    assert Visit.objects.get().leaving == "freely"


def test_an_agreement_taken_back_gives_the_machine_back_and_leaves_the_workshop(url: str, tablet: Page) -> None:
    child = child_of(birth_date=years_ago(13))
    soon = day_span(today()).start + timedelta(days=2, hours=14)
    open_lab(14, 18, day=today() + timedelta(days=2))
    booking = ReservationFactory(member=child, machine=PrinterFactory(), starts_at=soon)
    workshop = RegistrationFactory(member=child, session=SessionFactory(starts_at=soon))
    tablet.goto(person_url(url, child, "papiers/"))
    tablet.locator("a[href*='machines/retirer']").tap()
    picture(tablet, "withdraw")
    tablet.locator("[name=who]").first.check()
    tablet.locator("main form button.go").tap()
    tablet.wait_for_url(person_url(url, child, "papiers/"))
    booking.refresh_from_db(), workshop.refresh_from_db()
    assert (booking.state, workshop.status) == (State.CANCELLED, Registration.Status.CONFIRMED)


def test_the_desk_books_for_somebody_and_cancels_it(url: str, tablet: Page) -> None:
    child, printer = child_of(birth_date=years_ago(13)), PrinterFactory(slug="imprimante-1")
    QualificationFactory(member=child, category=printer.category)
    open_lab(14, 18, day=today() + timedelta(days=2))
    tablet.goto(person_url(url, child))
    tablet.locator("main summary").tap()
    tablet.locator("main details a.row").tap()
    tablet.locator("a.slot").first.tap()
    tablet.locator("button.go").tap()
    tablet.wait_for_url(person_url(url, child))
    assert Reservation.objects.get().member == child
    tablet.locator("a.stop").tap()
    tablet.locator("button.stop").tap()
    tablet.wait_for_url(person_url(url, child))
    assert Reservation.objects.get().state == State.CANCELLED


def test_what_to_say_is_read_and_whom_one_told_leaves_the_list(url: str, tablet: Page) -> None:
    notify(recipient=MemberFactory(), subject="Changement", body="Ton créneau a changé.")
    tablet.goto(f"{url}/accueil/appels/")
    tablet.locator("main summary").tap()
    expect(tablet.get_by_text("Ton créneau a changé.")).to_be_visible()
    tablet.locator("form[action$='/dit/'] button").tap()
    expect(tablet.locator("main .empty")).to_be_visible()


# --- The lock ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def canary(url: str) -> User:
    return MemberFactory(first_name="Canari", last_name="Secret")


def idle(page: Page, seconds: int = 61) -> None:
    """Let the desk's session be that old, as the server sees it."""
    key = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "sessionid")
    session = SessionStore(session_key=key)
    session[SEEN] = timezone.now().timestamp() - seconds
    session.save()


def unlock(page: Page, secret: str = PASSWORD) -> None:
    page.locator("[name=secret]").fill(secret)
    page.locator("main form button.go").click()


def test_after_a_minute_every_page_asks_who_is_there(url: str, tablet: Page, canary: User) -> None:
    for path in ("", "nouveau/", "feuilles/jour/", f"personnes/{canary.pk}/", f"personnes/{canary.pk}/papiers/"):
        idle(tablet)
        tablet.goto(f"{url}/accueil/{path}")
        assert tablet.url == f"{url}/accueil/verrou/"
        assert "Canari" not in tablet.content()
        unlock(tablet)
        tablet.wait_for_url(f"{url}/accueil/{path}")


def test_a_page_left_alone_hides_itself_and_back_shows_nobody(url: str, tablet: Page, canary: User) -> None:
    tablet.clock.install()
    tablet.goto(person_url(url, canary))
    expect(tablet.locator("h1")).to_have_text("Canari Secret")
    tablet.clock.fast_forward(59_000)
    assert tablet.url == person_url(url, canary)
    tablet.clock.fast_forward(3_000)
    tablet.wait_for_url("**/accueil/verrou/**")
    tablet.go_back()
    tablet.wait_for_url("**/accueil/verrou/**")
    assert "Canari" not in tablet.content()
    unlock(tablet)
    tablet.wait_for_url(f"{url}/accueil/**")
    assert "/verrou/" not in tablet.url


def test_a_hand_on_the_page_keeps_the_desk_open(url: str, tablet: Page, canary: User) -> None:
    tablet.clock.install()
    tablet.goto(person_url(url, canary))
    for _ in range(3):
        tablet.clock.fast_forward(40_000)
        with tablet.expect_response("**/accueil/veille/") as answer:
            tablet.keyboard.press("Shift")
        assert answer.value.status == 204
    assert tablet.url == person_url(url, canary)


def test_a_wrong_secret_opens_nothing_and_the_right_one_leads_back(url: str, tablet: Page, canary: User) -> None:
    idle(tablet)
    tablet.goto(f"{url}/accueil/?q=canari")
    unlock(tablet, "x")
    expect(tablet.locator(".errors")).to_be_visible()
    tablet.goto(person_url(url, canary))
    assert "Canari" not in tablet.content()
    unlock(tablet)
    tablet.wait_for_url(person_url(url, canary))


def test_what_was_sent_while_the_desk_was_shut_is_sent_again(url: str, tablet: Page) -> None:
    tablet.goto(f"{url}/accueil/nouveau/")
    fill(tablet)
    idle(tablet)
    tablet.locator("main form button.go").click()
    tablet.wait_for_url(f"{url}/accueil/verrou/")
    assert ("Nguyễn" in tablet.content(), User.objects.filter(first_name="Zoé").exists()) == (False, False)
    unlock(tablet)
    tablet.locator("main form button.go").wait_for()
    picture(tablet, "resume")
    tablet.locator("main form button.go").click()
    expect(tablet.locator(".member-card .code")).to_be_visible()
    assert User.objects.get(first_name="Zoé").household.guardians.count() == 1


def test_a_page_brought_back_from_memory_is_asked_for_again(url: str, tablet: Page, canary: User) -> None:
    tablet.goto(person_url(url, canary))
    idle(tablet)
    tablet.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    tablet.wait_for_url(f"{url}/accueil/verrou/")
    assert "Canari" not in tablet.content()


def test_somebody_else_signs_in_at_a_shut_desk(url: str, tablet: Page) -> None:
    worker(username="relais")
    tablet.goto(f"{url}/accueil/verrou/")
    tablet.locator("main form[action$='/deconnexion/'] button").click()
    tablet.wait_for_url(f"{url}/**")
    sign_in(tablet, url, "relais")
    tablet.goto(f"{url}/accueil/")
    assert tablet.url == f"{url}/accueil/"


def test_a_member_has_no_desk(url: str, phone: Page) -> None:
    AdultFactory(username="zoe")
    sign_in(phone, url, "zoe")
    assert [phone.goto(f"{url}/accueil/{path}").status for path in ("", "verrou/", "nouveau/")] == [403, 403, 403]
