"""The lab of the desk's tests: who works there, a family with long names, and everything that a day brings."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import Browser, Page

from booking.models import State
from members import services
from members.models import User
from members.services import households, memberships
from place.clock import day_span, today
from place.models import Visit
from tests.e2e.screens import type_password
from tests.factories.booking import ReservationFactory, open_lab
from tests.factories.machines import CategoryFactory, PrinterFactory, QualificationFactory
from tests.factories.members import AdultFactory, CardFactory, StaffFactory, child_of, signed
from tests.factories.place import DutyShiftFactory
from tests.factories.quiz import passed_quiz
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory
from tests.services.browser import TABLET, opened_page

LONG = "Maximilienne-Guillemette-Bérengère-Anne-Sophie-Emmanuelle-Éloïse"
BUSY = "la-grande-imprimante"


def years_ago(years: int, days: int = 30) -> date:
    """Return the birth date of somebody who is that old for some days already."""
    day = today() - timedelta(days=days)
    return day.replace(year=day.year - years, day=min(day.day, 28))


def sign_in(page: Page, url: str, username: str) -> None:
    type_password(page, url, username)
    page.wait_for_url(f"{url}/reservations/")


def worker(**fields: Any) -> User:
    """Return somebody who works at the desk and keeps papers and dues."""
    return StaffFactory(**{"username": "accueil", "first_name": "Awa", "roles": ["desk"], **fields})


@contextmanager
def at_the_desk(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """Open the desk's tablet, signed in."""
    with opened_page(browser, TABLET, **options) as page:
        sign_in(page, url, "accueil")
        page.goto(f"{url}/accueil/")
        yield page


class Family:
    """A child of thirteen with long names, two guardians (the first signs in), and something of everything."""

    def __init__(self) -> None:
        self.parent = AdultFactory(username="parent", first_name=LONG, last_name="Nguyễn")
        parents = ({"first_name": LONG, "last_name": LONG, "account": self.parent}, {"first_name": "Ana"})
        names = {"username": "inesm", "first_name": LONG, "last_name": LONG}
        self.child = child_of(*parents, **names, birth_date=years_ago(13), phone="06 39 98 00 01", papers=False)
        for purpose, by in (("machines", "guardian"), ("account", "guardian"), ("account", "self")):
            signed(self.child, purpose, by)
        signed(self.child, "photo_web", signed_on=today())
        signed(self.child, "photo_lab", act="refused", signed_on=today())
        self.card = CardFactory(user=self.child)
        self.desk = worker()
        self._allow(self.desk)
        self._fill_day()

    def _allow(self, desk: User) -> None:
        person, household = self.child, self.child.household
        households.let_fetch(actor=desk, household=household, name=LONG, phone="06 39 98 00 02")
        season = memberships.enrol(actor=desk, person=person, kind="youth", band="1", channel="desk")
        for kind, cents, how in (
            ("due", 2500, {}),
            ("paid", 500, {"method": "cash"}),
            ("covered", 100, {"covered_by": LONG}),
        ):
            memberships.add_dues(actor=desk, membership=season, kind=kind, cents=cents, **how)
        services.notify(recipient=person, subject=f"Ton créneau a changé, {LONG}", body=f"{LONG}\n{LONG}")
        self.category = CategoryFactory(name=f"Découpe laser {LONG}")
        QualificationFactory(member=person, category=self.category, expires_on=today() + timedelta(days=90))
        QualificationFactory(member=person, category__name="Couture", expires_on=today() - timedelta(days=9))
        QualificationFactory(member=desk, category=self.category, level=3)
        passed_quiz(person, category=self.category)

    def _fill_day(self) -> None:
        now, day = timezone.now(), day_span(today())
        open_lab(0, 24, day=today())
        DutyShiftFactory()
        machine = PrinterFactory(name=f"Imprimante {LONG}", slug=BUSY, category=self.category)
        for hours, state in ((2, State.CONFIRMED), (30, State.TO_CONFIRM), (49, State.CONFIRMED)):
            ReservationFactory(
                machine=machine, member=self.child, starts_at=day.start + timedelta(hours=hours), state=state
            )
        workshop = WorkshopFactory(title=f"Bateaux {LONG}", slug="bateaux", places=16)
        self.session = SessionFactory(workshop=workshop, starts_at=day.start + timedelta(hours=20))
        self.coming = SessionFactory(workshop=workshop, starts_at=day.start + timedelta(hours=40))
        for session in (self.session, self.coming):
            RegistrationFactory(session=session, member=self.child)
        SessionFactory(workshop=workshop, starts_at=day.start + timedelta(hours=64))
        Visit.objects.create(person=self.child, came_at=now - timedelta(minutes=5))
