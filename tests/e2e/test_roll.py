"""The roll as it is called: a tablet, twelve children, a network that goes and comes back, another tablet."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from desk import roll as acts
from desk.lock import SEEN
from members.services import households
from place.models import Visit
from tests.e2e.front import LONG, at_the_desk, sign_in, worker
from tests.e2e.screens import all_faults, faults_of, misfits, picture, tab_to
from tests.factories.members import PASSWORD, AdultFactory, MemberFactory, child_of
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory
from tests.services.browser import DESKTOP, PHONE, opened_page
from workshops import services
from workshops.models import Attendance, WorkshopSession

pytestmark = pytest.mark.e2e


@pytest.fixture
def session(site) -> WorkshopSession:
    """A session that has begun: twelve children, one grown-up for eight."""
    start = timezone.now() - timedelta(minutes=2)
    desk = worker()
    workshop = WorkshopFactory(title="Bateaux lumineux", places=14, minors_per_adult=8, agreements=["machines"])
    session = SessionFactory(workshop=workshop, starts_at=start, ends_at=start + timedelta(hours=2))
    services.name_facilitator(
        session=session, facilitator=AdultFactory(first_name="Samia", last_name="Haddad"), actor=None
    )
    for number in range(12):
        child = child_of({"first_name": "Ana", "last_name": f"Roche{number}"}, papers=number != 3)
        RegistrationFactory(session=session, member=child)
    households.let_fetch(actor=desk, household=child.household, name="Mamie Rose", phone="06 39 98 00 02")
    session.desk = desk
    return session


@pytest.fixture
def tablet(site, session, browser: Browser) -> Iterator[Page]:
    with at_the_desk(browser, site.url) as page:
        page.goto(f"{site.url}/accueil/seances/{session.pk}/appel/")
        yield page


def present(page: Page) -> list:
    return page.locator("#registered").locator("xpath=ancestor::section").locator("button[value=present]").all()


def states(session: WorkshopSession) -> list[str]:
    return list(session.attendances.order_by("member_id").values_list("state", flat=True))


def waiting(page: Page):
    return page.locator("#waiting")


def all_sent(page: Page) -> None:
    expect(waiting(page)).to_be_hidden(timeout=20_000)


def test_a_roll_of_twelve_is_called_with_taps_alone_in_under_a_minute(session, tablet: Page) -> None:
    began = time.monotonic()
    tablet.locator("a[href$='/feuilles/']").first.wait_for()
    for number, button in enumerate(present(tablet)):
        (tablet.locator("button[value=absent]").nth(number) if number in (2, 7) else button).tap()
    all_sent(tablet)
    took = time.monotonic() - began
    assert took < 60
    assert sorted(states(session)) == ["absent"] * 2 + ["present"] * 10
    assert Visit.objects.filter(left_at=None).count() == 10
    assert tablet.locator("[data-watch=missing]").inner_text() == "2"
    expect(tablet.get_by_text("pas assez d’adultes")).to_be_visible()
    tablet.locator("[data-group=helpers] button[value=present]").tap()
    expect(tablet.locator("[data-watch=missing]")).to_have_text("1")
    picture(tablet, "roll-called")


def test_all_with_one_tap_then_one_corrected(session, tablet: Page) -> None:
    tablet.locator("button[value=all]").tap()
    tablet.locator("button[value=excused]").nth(4).tap()
    all_sent(tablet)
    assert sorted(states(session)) == ["excused"] + ["present"] * 11


def test_a_cut_in_the_middle_loses_nothing_and_keeps_the_order(site, session, tablet: Page) -> None:
    present(tablet)[0].tap()
    all_sent(tablet)
    tablet.context.set_offline(True)
    for number in (1, 2):
        present(tablet)[number].tap()
    tablet.locator("button[value=absent]").nth(0).tap()
    tablet.locator("button[value=absent]").nth(1).tap()
    expect(waiting(tablet)).to_contain_text("4 gestes en attente")
    expect(tablet.locator("[data-watch=minors]")).to_have_text("1")
    tablet.locator("[name=people]").fill("3")
    tablet.locator("button[value=count]").tap()
    expect(tablet.locator("[data-watch=minors]")).to_have_text("4")
    tablet.locator("[name=q]").fill("ana")
    tablet.keyboard.press("Enter")
    expect(tablet.locator("#cannot-find")).to_be_visible()
    picture(tablet, "roll-offline")
    assert states(session) == ["present"]
    time.sleep(2)
    tablet.context.set_offline(False)
    all_sent(tablet)
    rows = {row.member_id: row for row in Attendance.objects.all()}
    ordered = [rows.get(line.member_id) for line in session.registrations.order_by("member__first_name")[:3]]
    assert [row.state for row in ordered] == ["absent", "absent", "present"]
    assert rows[None].people == 3
    assert all(row.recorded_at - row.arrived_at > timedelta(seconds=1) for row in (ordered[2], rows[None]))


def test_taps_kept_on_a_page_that_was_closed_are_sent_when_it_opens_again(site, session, tablet: Page) -> None:
    tablet.context.set_offline(True)
    for button in present(tablet)[:3]:
        button.tap()
    tablet.context.set_offline(False)
    tablet.goto("about:blank")
    tablet.goto(f"{site.url}/accueil/seances/{session.pk}/appel/")
    all_sent(tablet)
    assert states(session) == ["present"] * 3


def test_two_tablets_that_disagree_are_asked_beside_the_person(session, tablet: Page) -> None:
    first, second = (row.member for row in session.registrations.order_by("member__first_name")[:2])
    tablet.context.set_offline(True)
    for button in present(tablet)[:2]:
        button.tap()
    for person in (first, second):
        acts.call(session=session, person=person, state="excused", actor=session.desk)
    tablet.context.set_offline(False)
    clashes = tablet.locator(".clash")
    expect(clashes).to_have_count(2, timeout=20_000)
    assert faults_of(tablet, "clash") + misfits(tablet) == []
    expect(tablet.locator(f"#p-{first.pk} .clash")).to_contain_text("excusé")
    expect(waiting(tablet)).to_contain_text("2 gestes")
    tablet.locator(f"#p-{first.pk} .clash button").tap()
    tablet.locator(f"#p-{second.pk} .clash a").tap()
    all_sent(tablet)
    expect(clashes).to_have_count(0)
    assert dict(Attendance.objects.values_list("member", "state")) == {first.pk: "present", second.pk: "excused"}


def long_unused(page: Page) -> None:
    """Let the server think that no hand was on the desk for a minute."""
    key = next(one["value"] for one in page.context.cookies() if one["name"] == "sessionid")
    store = SessionStore(key)
    store[SEEN] = timezone.now().timestamp() - 61
    store.save()


def unlock(page: Page) -> None:
    page.wait_for_url("**/verrou/**")
    page.locator("[name=secret]").fill(PASSWORD)
    page.locator("form button.go").first.tap()
    page.wait_for_url("**/appel/")


def test_a_desk_that_shuts_during_a_cut_hides_everybody_and_loses_nothing(site, session, tablet: Page) -> None:
    tablet.clock.install()
    tablet.reload()
    tablet.context.set_offline(True)
    for button in present(tablet)[:2]:
        button.tap()
    long_unused(tablet)
    tablet.clock.run_for(61_000)
    expect(tablet.locator("#no-network")).to_be_visible()
    assert tablet.locator("main").is_hidden()
    picture(tablet, "roll-shut-offline")
    tablet.context.set_offline(False)
    tablet.clock.run_for(4_000)
    tablet.wait_for_url("**/verrou/**")
    assert states(session) == []
    unlock(tablet)
    tablet.clock.run_for(1_000)
    all_sent(tablet)
    assert states(session) == ["present"] * 2


def test_a_desk_shut_on_the_server_is_opened_before_what_was_kept_is_sent(session, tablet: Page) -> None:
    long_unused(tablet)
    present(tablet)[0].tap()
    unlock(tablet)
    all_sent(tablet)
    assert states(session) == ["present"]


def test_a_child_leaves_with_one_tap_with_who_may_fetch(session, tablet: Page) -> None:
    child = session.registrations.last().member
    line = tablet.locator(f"#p-{child.pk}")
    line.locator("button[value=present]").tap()
    all_sent(tablet)
    line.locator("summary").tap()
    picture(tablet, "roll-leaves")
    line.get_by_role("button", name="Mamie Rose").tap()
    all_sent(tablet)
    assert Visit.objects.get(person=child).left_with == "Mamie Rose"
    assert Attendance.objects.get(member=child).left_with == "Mamie Rose"


def test_the_roll_is_called_without_javascript(site, session, browser: Browser) -> None:
    passer = MemberFactory(first_name="Zoé", last_name="Passante")
    with at_the_desk(browser, site.url, scripts=False) as page:
        page.locator("a[href$='/appel/']").tap()
        page.locator("button[value=absent]").nth(1).tap()
        page.locator("button[value=all]").tap()
        page.locator("[name=q]").fill("zoe")
        page.locator("[data-find] button").tap()
        page.get_by_role("button", name="participe").tap()
        page.locator("[name=people]").fill("2")
        page.locator("button[value=count]").tap()
        expect(page.locator("#walk-ins")).to_contain_text("2 personnes")
        assert sorted(states(session)) == ["absent"] + ["present"] * 13
        acts.call(session=session, person=passer, state="excused", actor=session.desk)
        page.locator(f"#p-{passer.pk} button[value=absent]").tap()
        expect(page.locator(f"#p-{passer.pk} .clash")).to_be_visible()
        page.locator(f"#p-{passer.pk} .clash button").tap()
        expect(page.locator(f"#p-{passer.pk} .clash")).to_have_count(0)
    assert Attendance.objects.get(member=passer).state == "absent"


def test_the_roll_is_called_with_the_keyboard(session, tablet: Page) -> None:
    tab_to(tablet, "[data-group=registered] button[value=present]")
    tablet.keyboard.press("Enter")
    all_sent(tablet)
    assert tablet.evaluate("document.activeElement.value") == "present"
    tablet.keyboard.press("Tab")
    tablet.keyboard.press("Space")
    all_sent(tablet)
    assert states(session) == ["absent"]


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_roll_has_no_fault_with_long_names_nor_empty(site, session, browser: Browser, size: dict) -> None:
    child = child_of({"first_name": LONG, "last_name": LONG}, first_name=LONG, last_name=LONG, papers=False)
    RegistrationFactory(session=session, member=child)
    RegistrationFactory(session=session, status="waitlisted")
    acts.call(session=session, person=child, state="present", actor=session.desk)
    acts.call(session=session, person=MemberFactory(first_name=LONG), state="present", actor=session.desk)
    services.count_walk_ins(session=session, people=4, band="12-14", gender="f", actor=session.desk)
    empty = SessionFactory(workshop=WorkshopFactory(title="Vide"), starts_at=session.starts_at)
    with opened_page(browser, size) as page:
        sign_in(page, site.url, "accueil")
        page.goto(f"{site.url}/accueil/seances/{session.pk}/appel/")
        page.locator(f"#p-{child.pk} summary").click()
        assert faults_of(page, "open") + misfits(page) == []
        assert all_faults(page, f"{site.url}/accueil/seances/{session.pk}/appel/?q=ana") == []
        assert all_faults(page, f"{site.url}/accueil/seances/{empty.pk}/appel/") == []
        page.set_viewport_size({"width": 320, "height": 640})
        page.goto(f"{site.url}/accueil/seances/{session.pk}/appel/")
        assert misfits(page) == []
