"""Workshops in the back office: the offer, its prices, its dates, days and ideas, on a phone and a desk."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from place.clock import local
from place.patterns import RuleSpec
from tests.e2e.front import LONG
from tests.e2e.screens import NARROW, office_faults, type_password
from tests.factories.cms import site_tree
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.workshops import DayFactory, IdeaFactory, RegistrationFactory, WorkshopFactory, choice
from tests.services.browser import PHONE, opened_page
from workshops import services
from workshops.models import WorkshopQuestion, WorkshopSession

pytestmark = pytest.mark.e2e


class Scene:
    """A workshop with a long name run by somebody who runs another at the same time, a day, ideas."""

    def __init__(self, site) -> None:
        self.url = site.url
        site_tree()
        self.boss = StaffFactory(username="samia", first_name=LONG)
        self.workshop = WorkshopFactory(
            title="Le quartier en Minecraft, puis en maquette découpée au laser avec les voisins"
        )
        services.price(workshop=self.workshop, cents_by_band={"": 400, "1": 0}, actor=None)
        asked = WorkshopQuestion(text="Quelle taille de tablier ?", purpose="Préparer les tabliers")
        services.ask(workshop=self.workshop, questions=[asked], actor=None)
        self.sessions = self.series(self.workshop)
        self.series(WorkshopFactory(title="Bateaux lumineux"))
        RegistrationFactory(session=self.sessions[1], member=MemberFactory(first_name=LONG))
        self.day = DayFactory(starts_at=timezone.now() + timedelta(days=5))
        choice(self.day.bands.first(), title=self.workshop.title)
        IdeaFactory(text="On le plie, on le lance, on mesure. " * 8)
        services.decide(idea=IdeaFactory(proposed_by=MemberFactory(last_name=LONG)), shown=True, actor=self.boss)

    def series(self, workshop) -> list[WorkshopSession]:
        start = (timezone.now() + timedelta(days=3)).replace(hour=13, minute=0, second=0, microsecond=0)
        series = services.schedule_series(
            workshop=workshop, starts_at=start, ends_at=start + timedelta(hours=2), facilitator=self.boss, actor=None,
            rule=RuleSpec(frequency="weekly", count=4),
        )  # fmt: skip
        return list(series.sessions.order_by("starts_at"))

    def sign_in(self, page: Page) -> None:
        type_password(page, self.url, "samia")
        page.wait_for_load_state()

    def screens(self) -> dict[str, str]:
        session = f"/gestion/seances/{self.sessions[1].pk}/"
        return {
            "sessions": "/gestion/seances/",
            "plan": "/gestion/seances/nouvelle/",
            "move": f"{session}deplacer/",
            "cancel": f"{session}annuler/",
            "runs": f"{session}animation/",
            "terms": f"/gestion/ateliers/{self.workshop.pk}/tarifs/",
            "days": "/gestion/journees/",
            "day": f"/gestion/journees/{self.day.pk}/",
            "day-choice": f"/gestion/journees/{self.day.pk}/atelier/",
            "ideas": "/gestion/idees/",
        }


@pytest.fixture
def scene(site) -> Scene:
    return Scene(site)


@pytest.mark.parametrize("width", ["desktop", 360])
def test_the_screens_can_be_read_by_everybody(scene: Scene, desktop: Page, width) -> None:
    if width != "desktop":
        desktop.set_viewport_size({**NARROW, "width": width})
    scene.sign_in(desktop)
    found = []
    for name, address in scene.screens().items():
        desktop.goto(scene.url + address)
        found += office_faults(desktop, f"offers-{name}")
    assert found == []


def test_the_following_dates_move_without_a_script(scene: Scene, browser: Browser) -> None:
    with opened_page(browser, PHONE, scripts=False) as page:
        scene.sign_in(page)
        page.goto(f"{scene.url}/gestion/seances/{scene.sessions[1].pk}/deplacer/")
        page.locator("input[name=starts]").fill("15:30")
        page.locator("input[name=ends]").fill("17:30")
        page.get_by_label("celle-ci et les suivantes").check()
        page.get_by_role("button", name="Déplacer").click()
        expect(page.get_by_text("Les dates sont déplacées")).to_be_visible()
    hours = [
        local(one.starts_at).strftime("%H:%M")
        for one in WorkshopSession.objects.filter(workshop=scene.workshop, series__isnull=False).order_by("starts_at")
    ]
    assert hours[1:] == ["15:30"] * 3
    assert hours[0] != "15:30"
