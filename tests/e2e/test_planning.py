"""The week planning as the team uses it: by hand, by keyboard, without JavaScript, two at once."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from booking.models import Reservation
from desk.queries.planning import monday
from place.clock import day_span, local, today
from tests.e2e.front import LONG, sign_in, worker
from tests.e2e.screens import all_faults, faults_of, misfits
from tests.factories.booking import ReservationFactory, close_lab, open_lab
from tests.factories.machines import MachineFactory, OutageFactory
from tests.factories.members import AdultFactory
from tests.factories.place import DutyShiftFactory
from tests.factories.workshops import SessionFactory
from tests.services.browser import DESKTOP, PHONE, opened_page

pytestmark = pytest.mark.e2e
NEXT_WEEK = timedelta(days=7)


def moment(day: int, hour: float) -> datetime:
    """Return an hour of a day of next week, Monday 0."""
    return day_span(monday(today()) + NEXT_WEEK + timedelta(days=day)).start + timedelta(hours=hour)


class Week:
    """Next week: open from Tuesday to Saturday, two machines, one booking that can be moved."""

    def __init__(self, url: str) -> None:
        self.staff = worker()
        self.url = f"{url}/accueil/planning/?jour={monday(today()) + NEXT_WEEK}"
        self.site = url
        self.laser = MachineFactory(name="Laser", step_minutes=30, max_minutes=240)
        self.printer = MachineFactory(name="Mistral", category__name=f"Impression {LONG}")
        for day in range(1, 6):
            open_lab(9, 18, day=moment(day, 0).date())
        DutyShiftFactory(starts_at=moment(1, 9), ends_at=moment(1, 18))
        close_lab(13, 18, day=moment(5, 0).date())
        self.person = AdultFactory(first_name="Inès", last_name="Belcastel")
        times = {"starts_at": moment(1, 10), "ends_at": moment(1, 12)}
        self.booking = ReservationFactory(machine=self.laser, member=self.person, **times)
        ReservationFactory(machine=self.printer, starts_at=moment(1, 14), member=AdultFactory(first_name=LONG))
        SessionFactory(starts_at=moment(2, 14), ends_at=moment(2, 16), workshop__title=f"Bateaux {LONG}")
        OutageFactory(machine=self.printer, starts_at=moment(3, 9), ends_at=moment(3, 18), reason="courroie cassée")

    def hours(self) -> tuple[str, str]:
        self.booking.refresh_from_db()
        return tuple(f"{local(one):%a %H:%M}" for one in (self.booking.starts_at, self.booking.ends_at))


@pytest.fixture
def week(site) -> Week:
    return Week(site.url)


@pytest.fixture
def screen(week: Week, browser: Browser) -> Iterator[Page]:
    """A wide screen on next week."""
    with opened_page(browser, DESKTOP) as page:
        sign_in(page, week.site, "accueil")
        page.said = []
        page.on("console", lambda line: page.said.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.goto(week.url)
        yield page


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_screen_of_the_planning_has_a_fault(week: Week, browser: Browser, size: dict) -> None:
    with opened_page(browser, size) as page:
        sign_in(page, week.site, "accueil")
        paths = [week.url, f"{week.url}&liste=1", f"{week.site}/accueil/planning/{week.booking.pk}/"]
        assert {path: found for path in paths if (found := all_faults(page, path))} == {}


def test_look(week: Week, screen: Page) -> None:
    screen.wait_for_timeout(500)
    print(screen.said)
    print(screen.locator("#grid-table").inner_html()[:6000])
    screen.screenshot(path="/tmp/pics-planning/look.png", full_page=True)
