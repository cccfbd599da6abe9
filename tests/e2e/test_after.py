"""The end of a session on the tablet: faces, note, certificates, hours; and every new screen without a fault."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from tests.e2e.front import LONG, at_the_desk, sign_in, worker
from tests.e2e.screens import all_faults, faults_of, misfits, picture
from tests.e2e.test_desk_sheets import pages, size
from tests.factories.machines import CategoryFactory, QualificationFactory
from tests.factories.members import AdultFactory, MemberFactory
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory
from tests.services.browser import DESKTOP, PHONE, opened_page
from workshops import kiosk_views
from workshops.models import Attendance, SessionFeedback, WorkshopSession

pytestmark = pytest.mark.e2e
MM = 96 / 25.4


@pytest.fixture
def session(site) -> WorkshopSession:
    desk = worker(roles=["fab_manager"])
    workshop = WorkshopFactory(
        title=f"Formation {LONG}", places=14, kind="training", category=CategoryFactory(name="Découpe laser"), level=1
    )
    QualificationFactory(member=desk, category=workshop.category, level=3)
    session = SessionFactory(workshop=workshop, starts_at=timezone.now() - timedelta(hours=1))
    people = [MemberFactory(first_name=LONG, last_name=LONG), *MemberFactory.create_batch(11)]
    for person in people:
        RegistrationFactory(session=session, member=person)
        Attendance.objects.create(session=session, member=person, arrived_at=session.starts_at)
    for role in ("volunteer", "mentor"):
        Attendance.objects.create(session=session, member=AdultFactory(first_name=LONG), role=role)
    session.person = people[0]
    return session


def test_one_after_the_other_taps_two_faces_and_the_desk_is_shut(site, session, browser: Browser) -> None:
    SessionFactory()
    with at_the_desk(browser, site.url) as page:
        page.goto(f"{site.url}/accueil/seances/{session.pk}/apres/")
        page.locator("form[action$='/avis/'] button").tap()
        for _ in range(2):
            page.locator("[name=liked][value='3']").locator("xpath=ancestor::label").tap()
            page.locator("[name=learnt][value='2']").locator("xpath=ancestor::label").tap()
            picture(page, "kiosk-chosen")
            page.locator("form button.go").tap()
            expect(page.locator("h1")).to_have_text("Merci !")
            picture(page, "kiosk-thanks")
            page.locator("a.btn").tap()
        page.goto(f"{site.url}/accueil/seances/{session.pk}/apres/")
        assert page.url.endswith("/verrou/")
    assert list(SessionFeedback.objects.values_list("question", "face", "count")) == [("learnt", 2, 2), ("liked", 3, 2)]


def test_thanks_go_back_to_the_questions_by_themselves(site, session, tablet_page: Page) -> None:
    tablet_page.clock.install()
    tablet_page.goto(f"{site.url}{kiosk_views.address(session)}?merci")
    tablet_page.clock.run_for(7_000)
    expect(tablet_page.locator("fieldset")).to_have_count(2)


@pytest.fixture
def tablet_page(browser: Browser):
    with opened_page(browser, {"width": 1024, "height": 768}) as page:
        yield page


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_screen_after_a_session_has_a_fault(site, session, browser: Browser, size: dict) -> None:
    with opened_page(browser, size) as page:
        address = f"{site.url}{kiosk_views.address(session)}"
        found = {name: all_faults(page, f"{address}{name}") for name in ("", "?merci")}
        page.goto(address)
        page.locator("form button.go").click()
        found["no face"] = faults_of(page, "refused") + misfits(page)
        sign_in(page, site.url, "accueil")
        person = f"personnes/{session.person.pk}"
        roll = f"seances/{session.pk}"
        for path in (f"{roll}/apres/", f"{roll}/saisie/", f"{roll}/saisie/?q=pre", "heures/", f"{person}/presences/"):
            found[path] = all_faults(page, f"{site.url}/accueil/{path}")
        found["own"] = all_faults(page, f"{site.url}/compte/presences/")
    assert {name: one for name, one in found.items() if one} == {}


def test_the_sheets_of_a_roll_keep_within_the_paper(site, session, browser: Browser) -> None:
    with at_the_desk(browser, site.url) as page:
        page.emulate_media(media="print")
        page.set_viewport_size({"width": int((210 - 28) * MM), "height": 1000})
        for name in ("", "?rempli"):
            page.goto(f"{site.url}/accueil/feuilles/seances/{session.pk}/{name}")
            size(page, "main")
            picture(page, f"sheet{name.strip('?')}")
            assert pages(page, f"roll{name.strip('?')}") <= 2


def test_a_certificate_is_opened_from_the_desk_and_hours_are_confirmed(site, session, browser: Browser) -> None:
    with at_the_desk(browser, site.url, scripts=False) as page:
        page.goto(f"{site.url}/accueil/heures/")
        page.locator("form button.go").first.tap()
        expect(page.get_by_text("2 h confirmées")).to_be_visible()
        page.goto(f"{site.url}/accueil/personnes/{session.person.pk}/presences/")
        answer = page.request.get(f"{site.url}{page.locator('a[href*=attestations]').get_attribute('href')}")
        assert (answer.status, answer.body()[:5]) == (200, b"%PDF-")
