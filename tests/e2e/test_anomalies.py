"""Planned against real as people meet it: “I have finished” on a phone, two taps at the desk, figures in the office."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from booking.ledger_models import Anomaly, AnomalyKind
from booking.models import Reservation, State
from booking.services import reconcile
from machines.models import Machine
from machines.services.usage import close_usage, open_usage
from place.services import arrive
from tests.e2e.front import LONG, sign_in, worker
from tests.e2e.screens import NARROW, all_faults, picture, tab_to, too_wide, type_password
from tests.factories.booking import ReservationFactory, anomaly_of
from tests.factories.cms import site_tree
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory
from tests.services.browser import DESKTOP, PHONE, opened_page

pytestmark = pytest.mark.e2e


class Scene:
    """A printer that worked an hour for nobody, a stay beyond a booking, everybody who was there, one under way."""

    def __init__(self, site) -> None:
        self.url, now = site.url, timezone.now()
        site_tree()
        desk = worker()
        StaffFactory(username="leo", roles=["facilitator"])
        self.lina = AdultFactory(username="lina", first_name="Lina", last_name="Morel")
        long_one = MemberFactory(first_name=LONG, last_name=LONG)
        for person in (self.lina, long_one):
            arrive(actor=desk, person=person, at=now - timedelta(hours=3))
        self.printer = MachineFactory(name="Imprimante 2", no_show_minutes=30)
        self.use(self.printer, 120, 60)
        past = ReservationFactory(
            machine=MachineFactory(name=f"Découpe {LONG}"), member=long_one,
            starts_at=now - timedelta(hours=4), ends_at=now - timedelta(hours=3),
        )  # fmt: skip
        self.use(past.machine, 240, 60)
        Reservation.objects.filter(pk=past.pk).update(state=State.DONE)
        reconcile(now)
        self.stray = Anomaly.objects.get(kind=AnomalyKind.UNBOOKED)
        start, end = now - timedelta(minutes=50), now + timedelta(hours=2)
        times = {"starts_at": start, "ends_at": end, "arrived_at": start, "state": State.CHECKED_IN}
        self.now = ReservationFactory(machine=self.printer, member=self.lina, **times)

    def use(self, machine: Machine, began: int, ended: int) -> None:
        """Let a machine work from so many minutes ago to so many minutes ago."""
        now = timezone.now()
        use = open_usage(machine, source="t", natural_key=f"{began}", started_at=now - timedelta(minutes=began))
        close_usage(use, ended_at=now - timedelta(minutes=ended), outcome="completed")


@pytest.fixture
def scene(site) -> Scene:
    return Scene(site)


def test_i_have_finished_on_a_phone_without_javascript(scene: Scene, no_js: Page) -> None:
    type_password(no_js, scene.url, "lina")
    picture(no_js, "finish-before")
    no_js.get_by_role("button", name="J’ai fini").tap()
    expect(no_js.locator("main")).not_to_contain_text("J’ai fini")
    expect(no_js.locator("body")).to_contain_text("le reste du temps est libre")
    picture(no_js, "finish-after")
    assert Reservation.objects.get(pk=scene.now.pk).ends_at < scene.now.ends_at


def test_a_stray_print_gets_its_name_in_two_taps_without_javascript(scene: Scene, no_js: Page) -> None:
    type_password(no_js, scene.url, "accueil")
    no_js.goto(f"{scene.url}/accueil/")
    no_js.get_by_role("link", name="C’était qui ? Imprimante 2").tap()
    picture(no_js, "anomaly-who")
    no_js.get_by_role("button", name="Lina Morel").tap()
    expect(no_js.locator("body")).to_contain_text("C’est noté, merci.")
    expect(no_js.locator("main")).not_to_contain_text("C’était qui ?")
    scene.stray.refresh_from_db()
    assert (scene.stray.answer, scene.stray.usage_session.member) == ("member", scene.lina)
    no_js.get_by_role("button", name="On en a parlé avec la personne").tap()
    expect(no_js.locator("main")).not_to_contain_text("Ce que disent les machines")


def test_the_answer_with_the_keyboard_alone_and_enter_in_the_note_says_nothing(scene: Scene, desktop: Page) -> None:
    sign_in(desktop, scene.url, "accueil")
    desktop.goto(f"{scene.url}/accueil/anomalies/{scene.stray.pk}/")
    tab_to(desktop, "[name=note]")
    desktop.keyboard.type("essai de buse")
    desktop.keyboard.press("Enter")
    scene.stray.refresh_from_db()
    assert scene.stray.state == "open"
    tab_to(desktop, "[name=answer][value=team]")
    desktop.keyboard.press("Enter")
    desktop.wait_for_url(f"{scene.url}/accueil/")
    scene.stray.refresh_from_db()
    assert (scene.stray.answer, scene.stray.note) == ("team", "essai de buse")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_page_of_it_has_an_accessibility_fault(scene: Scene, browser: Browser, size: dict) -> None:
    said = {"state": "qualified", "answer": "nothing", "answered_at": timezone.now(), "note": LONG}
    answered = anomaly_of(scene.stray.usage_session, "lost_end", answered_by=scene.lina, **said)
    over_run = Anomaly.objects.get(kind=AnomalyKind.OVER_RUN)
    pages = ["", "anomalies/", *(f"anomalies/{one.pk}/" for one in (scene.stray, over_run, answered))]
    pages += [f"anomalies/{scene.stray.pk}/?q=nobody", f"personnes/{scene.lina.pk}/"]
    with opened_page(browser, size) as page:
        sign_in(page, scene.url, "accueil")
        found = {path: all_faults(page, f"{scene.url}/accueil/{path}") for path in pages}
        found["finish"] = all_faults(page, f"{scene.url}/reservations/")
    assert {path: one for path, one in found.items() if one} == {}


def test_nothing_of_it_scrolls_sideways_on_a_very_small_phone(scene: Scene, browser: Browser) -> None:
    with opened_page(browser, NARROW) as page:
        sign_in(page, scene.url, "accueil")
        paths = ["", "anomalies/", f"anomalies/{scene.stray.pk}/"]
        assert [path for path in paths if too_wide(page, f"{scene.url}/accueil/{path}")] == []


def test_the_office_answers_and_reads_the_hours(scene: Scene, desktop: Page) -> None:
    sign_in(desktop, scene.url, "leo")
    desktop.goto(f"{scene.url}/gestion/")
    desktop.get_by_role("link", name="2 choses que disent les machines").click()
    picture(desktop, "anomaly-list")
    desktop.locator(f"a[href='/gestion/anomalies/{scene.stray.pk}/']").click()
    picture(desktop, "anomaly-answer")
    desktop.locator("[name=answer][value=member]").check()
    desktop.locator("[name=member]").fill("lina")
    desktop.locator(".lab-screen button[type=submit]").click()
    expect(desktop.locator("body")).to_contain_text("C’est noté, merci.")
    for path in ("heures", "prevu-reel"):
        desktop.goto(f"{scene.url}/gestion/{path}/")
        picture(desktop, f"office-{path}")
        expect(desktop.locator("body")).to_contain_text("Découpe")
