"""Places at workshops: a teenager, a mother, the desk, a partner; without JavaScript, by keyboard, on every screen."""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from cms.services.site import ensure_site
from members.models import Partner
from place.clock import at, today
from place.patterns import RuleSpec
from tests.e2e.front import LONG, at_the_desk, sign_in, worker, years_ago
from tests.e2e.screens import NARROW, all_faults, faults_of, misfits, tab_to, type_password
from tests.factories.machines import CategoryFactory
from tests.factories.members import AdultFactory, MemberFactory, child_of
from tests.factories.workshops import DayFactory, RegistrationFactory, SessionFactory, WorkshopFactory, choice
from tests.services.browser import DESKTOP, opened_page
from workshops import services
from workshops.models import Registration, WorkshopQuestion, WorkshopSession

pytestmark = pytest.mark.e2e


def moment(days: int, hour: int = 14) -> datetime:
    return at(today() + timedelta(days=days), time(hour))


def cycle(**fields) -> list[WorkshopSession]:
    workshop = WorkshopFactory(**{"kind": "cycle", "title": "Robots", "slug": "robots", "places": 3, **fields})
    series = services.schedule_series(
        workshop=workshop, starts_at=moment(5), ends_at=moment(5, 16), rule=RuleSpec(frequency="weekly", count=6),
        actor=None,
    )  # fmt: skip
    return list(series.sessions.order_by("starts_at"))


class Scene:
    """A mother, her child of thirteen, workshops of every kind, a day with a programme; names are long."""

    def __init__(self) -> None:
        self.mother = AdultFactory(username="parent", first_name="Samira", last_name=LONG)
        self.child = child_of(
            {"first_name": "Samira", "account": self.mother},
            username="inesm",
            first_name="Inès-Maximilienne-Guillemette",
            last_name=LONG,
            birth_date=years_ago(13),
        )
        self.partner = Partner.objects.create(name=f"Collège {LONG}")
        self.partner.contacts.add(self.mother)
        self.cycle = cycle(
            title=f"Robots {LONG}", summary="On monte un robot qui suit une ligne.", theme="électronique",
            age_min=11, age_max=17, difficulty="beginner", agreements=["machines", "photo_web"],
            materials="Un carton, un crayon.\nLe reste est là.",
        )  # fmt: skip
        workshop = self.cycle[0].workshop
        services.price(workshop=workshop, cents_by_band={"": 1200, "1": 0, "2": 400}, actor=None)
        question = WorkshopQuestion(text="As-tu une allergie ?", purpose="le goûter", required=True)
        services.ask(workshop=workshop, questions=[question], actor=None)
        self.duo = SessionFactory(workshop=WorkshopFactory(kind="duo", title="Lampe en duo"), starts_at=moment(6))
        self.drop_in = SessionFactory(workshop=WorkshopFactory(kind="drop_in", title="Bidouille"), starts_at=moment(3))
        self.training = SessionFactory(
            workshop=WorkshopFactory(
                kind="training", title="Laser", category=CategoryFactory(name="Laser"), age_min=18
            ),
            starts_at=moment(7),
        )
        self.full = SessionFactory(workshop=WorkshopFactory(title=f"Couture {LONG}", places=1), starts_at=moment(4))
        self.held = RegistrationFactory(
            session=self.full, member=self.child, status="held", held_until=timezone.now() + timedelta(hours=20)
        )
        self.day = DayFactory(slug="journee", starts_at=moment(9, 9), title=f"Journée {LONG}")
        morning, self.afternoon = self.day.bands.all()
        self.choices = [choice(morning, title="Pixels"), choice(morning, title="Bois", age_min=18), choice(morning)]


@pytest.fixture
def scene(site) -> Scene:
    return Scene()


def test_a_teenager_registers_for_a_cycle_and_cancels_without_javascript(site, scene: Scene, no_js: Page) -> None:
    sign_in(no_js, site.url, "inesm")
    no_js.goto(f"{site.url}/seances/{scene.cycle[0].pk}/")
    main = no_js.get_by_role("main")
    expect(main).to_contain_text("12,00")
    expect(main).to_contain_text("Tu peux annuler librement jusqu’au")
    no_js.locator("form[action$='inscription/'] input[type=text]").fill("Non")
    no_js.get_by_role("button", name="S’inscrire aux 6 dates").tap()
    expect(main).to_contain_text("Il manque une signature")
    expect(main).to_contain_text("photos sur le site", ignore_case=True)
    assert Registration.objects.filter(member=scene.child, session__in=scene.cycle, status="pending").count() == 6
    no_js.goto(f"{site.url}/mes-ateliers/")
    expect(main).to_contain_text("encore 6 dates")
    no_js.get_by_role("link", name="Robots").tap()
    no_js.get_by_role("button", name="Annuler mon inscription").tap()
    expect(no_js.get_by_role("status")).to_contain_text("annulée")
    assert not Registration.objects.filter(session__in=scene.cycle).exclude(status="cancelled").exists()


def test_a_mother_says_yes_for_her_child_by_keyboard(site, scene: Scene, desktop: Page) -> None:
    sign_in(desktop, site.url, "parent")
    desktop.goto(f"{site.url}/compte/enfants/{scene.child.pk}/ateliers/")
    tab_to(desktop, "form[action$='accepter/'] button")
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_role("status")).to_contain_text("Inès")
    scene.held.refresh_from_db()
    assert scene.held.status == "confirmed"


def test_a_grown_up_registers_the_group_they_answer_for(site, scene: Scene, no_js: Page) -> None:
    sign_in(no_js, site.url, "parent")
    no_js.goto(f"{site.url}/seances/{scene.cycle[0].pk}/")
    no_js.get_by_role("link", name=scene.partner.name).tap()
    no_js.locator("[name=seats]").fill("3")
    no_js.locator("form[action*='groupe='] button").tap()
    expect(no_js.get_by_role("main")).to_contain_text("3 places")
    scene.cycle[0].refresh_from_db()
    assert scene.cycle[0].seats_taken == 3


def test_the_desk_registers_a_duo_that_called(site, scene: Scene, browser: Browser) -> None:
    worker()
    with at_the_desk(browser, site.url, scripts=False) as page:
        page.goto(f"{site.url}/accueil/personnes/{scene.child.pk}/inscrire/")
        page.get_by_role("link", name="Lampe en duo").tap()
        page.locator("[name=companion]").fill("Mamie Rose")
        page.get_by_text("téléphone", exact=True).tap()
        page.locator("main form button.go").tap()
        expect(page.get_by_role("status").first).to_contain_text("inscrit")
    made = scene.duo.registrations.get()
    assert (made.companion, made.seats, made.channel) == ("Mamie Rose", 2, "phone")


def test_a_day_is_chosen_part_by_part_without_javascript(site, scene: Scene, no_js: Page) -> None:
    sign_in(no_js, site.url, "inesm")
    no_js.goto(f"{site.url}/journees/journee/")
    expect(no_js.locator(f"input[value='{scene.choices[1].pk}']")).to_be_disabled()
    no_js.get_by_text("Pixels").tap()
    no_js.locator("main button.go").tap()
    expect(no_js.get_by_role("main")).to_contain_text("Tu as ta place à cette journée")
    assert Registration.objects.get(member=scene.child, session=scene.choices[0]).status == "confirmed"


SIZES = {"narrow": NARROW, "desktop": DESKTOP}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_no_screen_has_a_fault_with_long_names(site, scene: Scene, browser: Browser, size: dict) -> None:
    ensure_site()
    worker()
    RegistrationFactory(session=scene.duo, member=scene.mother, companion=LONG, seats=2)
    past = SessionFactory(starts_at=moment(1))
    RegistrationFactory(session=past, member=scene.mother)
    WorkshopSession.objects.filter(pk=past.pk).update(starts_at=moment(-3), ends_at=moment(-3, 16))
    own, waits = Registration.objects.get(member=scene.mother, session=scene.duo), f"?pour={scene.child.pk}"
    sessions = [scene.cycle[0], scene.duo, scene.drop_in, scene.training, scene.full]
    public = [f"/seances/{one.pk}/" for one in sessions] + ["/journees/journee/", "/ateliers/robots/"]
    signed_in = [
        *public,
        f"/seances/{scene.full.pk}/{waits}",
        f"/seances/{scene.cycle[0].pk}/{waits}",
        "/mes-ateliers/",
    ]
    signed_in += [f"/journees/journee/{waits}", f"/inscriptions/{own.pk}/annuler/"]
    signed_in += [
        f"/seances/{scene.cycle[0].pk}/?groupe={scene.partner.pk}",
        f"/compte/enfants/{scene.child.pk}/ateliers/",
    ]
    desk = f"/accueil/personnes/{scene.child.pk}/inscrire/"
    at_desk = [desk, f"{desk}?seance={scene.cycle[0].pk}", f"{desk}?seance={scene.duo.pk}", f"{desk}?journee=journee"]
    with opened_page(browser, size) as page:
        found = faults(page, site.url, public)
        sign_in(page, site.url, "parent")
        found |= faults(page, site.url, signed_in)
        page.goto(f"{site.url}/seances/{scene.cycle[0].pk}/{waits}")
        page.locator("form[action*='inscription/']").evaluate("form => { form.noValidate = true; }")
        page.locator("form[action*='inscription/'] button").click()
        page.locator(".errors").wait_for()
        found["refused"] = faults_of(page, "refused") + misfits(page)
        page.context.clear_cookies()
        type_password(page, site.url, "accueil")
        page.wait_for_url(f"{site.url}/reservations/")
        found |= faults(page, site.url, at_desk)
    assert {path: one for path, one in found.items() if one} == {}


def test_empty_lists_have_no_fault(site, browser: Browser) -> None:
    MemberFactory(username="zoe")
    with opened_page(browser, NARROW) as page:
        sign_in(page, site.url, "zoe")
        assert all_faults(page, f"{site.url}/mes-ateliers/") == []


def faults(page: Page, url: str, paths: list[str]) -> dict[str, list[str]]:
    return {path: all_faults(page, url + path) for path in paths}
