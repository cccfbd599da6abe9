"""Who may open what: walks the addresses of the site as each role and reads the checked-in table."""

import csv
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from booking.models import State
from machines.models import Machine, OpenBadge
from machines.services.usage import open_usage
from members import services
from members.cards import qr_token
from members.models import User
from tests.factories.booking import AgreementFactory, ReservationFactory, SeriesFactory, anomaly_of
from tests.factories.cms import ImageFactory, photo_bytes
from tests.factories.faults import FaultFactory
from tests.factories.games import free_quiz, game_of
from tests.factories.iot_bridge import DeviceFactory, PlugFactory, ProposalFactory, RejectedFactory
from tests.factories.machines import MachineFactory, MaterialFactory, OutageFactory, PoolFactory, QualificationFactory
from tests.factories.members import (
    AdminFactory,
    AdultFactory,
    CardFactory,
    GuardianFactory,
    HouseholdFactory,
    MemberFactory,
    StaffFactory,
)
from tests.factories.place import ClosureFactory, DutyShiftFactory, SchoolHolidayFactory, opening_of_a_pattern
from tests.factories.presence import overdue
from tests.factories.quiz import QuestionFactory, SheetFactory, passed_quiz
from tests.factories.upkeep import ConsumableFactory, due_work
from tests.factories.workshops import DayFactory, IdeaFactory, RegistrationFactory, SessionFactory
from workshops.models import Attendance

TABLE = Path(__file__).with_name("access_table.csv")
STAFF = ["desk", "facilitator", "fab_manager", "director", "editor"]
ROLES = ["anonymous", "owner", "guardian", "member", "mentor", *STAFF, "admin"]
CANARY = "Canaricolore"
QUERIES = {"api/v1/machines/<slug>/slots": "?day=2026-11-25"}


def routes() -> list[str]:
    """Return the pattern of every address of the site, each once."""
    return list(dict.fromkeys(_walk(get_resolver(), "")))


def _walk(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for found in resolver.url_patterns:
        route = prefix + str(found.pattern)
        if isinstance(found, URLPattern):
            yield route
        else:
            yield from _walk(found, route)


def table() -> dict[str, dict[str, int]]:
    """Return the expected status of GET for each of our addresses and each role."""
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return {row.pop("route"): {role: int(status) for role, status in row.items()} for row in csv.DictReader(lines)}


class World:
    """One row of every kind, all belonging to one person whose names and address sing."""

    def __init__(self) -> None:
        now = timezone.now()
        soon = {"starts_at": now + timedelta(days=2), "ends_at": now + timedelta(days=2, hours=1)}
        self.owner = MemberFactory(first_name=CANARY, last_name=CANARY, email=f"{CANARY}@lab.example".lower())
        machine: Machine = MachineFactory(slug="machine-a", category__slug="machine-a")
        agreement, series = AgreementFactory(), SeriesFactory()
        held = {"machine": machine, "member": self.owner, "series": series, "state": State.TO_CONFIRM}
        booking = ReservationFactory(**held, **soon)
        session = SessionFactory()
        self.attended = Attendance.objects.create(session=session, member=self.owner).session_id
        helped = {"session": SessionFactory(), "member": self.owner, "role": "mentor", "hours_confirmed_at": now}
        Attendance.objects.create(**helped)
        game = game_of()
        day, idea = DayFactory(slug="machine-a"), IdeaFactory(proposed_by=self.owner)
        registration = RegistrationFactory(session=session, member=self.owner)
        use = open_usage(machine, source="test", natural_key="1", started_at=now - timedelta(hours=1))
        odd = anomaly_of(use)
        check = overdue(MachineFactory(presence_minutes=2), member=self.owner, key="2")
        work, spool = due_work(), ConsumableFactory()
        request = services.ask_to_join(first_name=CANARY, last_name=CANARY, birth_date=now.date())
        told = services.notify(recipient=AdultFactory(first_name=CANARY), subject="x", body="x")
        question, sheet = QuestionFactory(category=machine.category), SheetFactory(category=machine.category)
        quiz = passed_quiz(self.owner, category=machine.category)
        parent, household = AdultFactory(), HouseholdFactory()
        GuardianFactory(household=household, account=parent, first_name=CANARY, phone="06 39 98 77 66")
        User.objects.filter(pk=self.owner.pk).update(household=household)
        self.owner.refresh_from_db()
        report = FaultFactory(machine=machine, reported_by=self.owner, photo=photo_bytes())
        qualification = QualificationFactory(member=self.owner, category=machine.category)
        self.words = {
            "slug": "machine-a",
            "kind": "membres",
            "file_format": "csv",
            "purpose": "photo_web",
            "secret": services.renew_calendar_secret(person=self.owner),
            "token": qr_token(CardFactory(user=self.owner).nonce),
            "key": str(
                OpenBadge.objects.create(qualification=qualification, level=1, salt="s", recipient_hash="h").key
            ),
            "uidb36": "x",
        }
        self.values = {
            "compte/enfants/": self.owner.pk,
            "compte/badges/": qualification.pk,
            "badges/": 1,
            "accueil/personnes/": self.owner.pk,
            "accueil/reservations/": booking.pk,
            "accueil/planning/": booking.pk,
            "accueil/appels/": told.pk,
            "accueil/anomalies/": odd.pk,
            "gestion/anomalies/": odd.pk,
            "accueil/feuilles/seances/": session.pk,
            "accueil/seances/": session.pk,
            "accueil/quiz/libres/": free_quiz().pk,
            "accueil/quiz/": game.pk,
            "quiz/": int(game.pin),
            "gestion/service/": DutyShiftFactory().pk,
            "gestion/photos/": ImageFactory().pk,
            "gestion/questions/exporter/": machine.category_id,
            "gestion/questions/": question.pk,
            "gestion/quiz/feuilles/": sheet.pk,
            "gestion/quiz/resultats/": quiz.pk,
            "compte/quiz/": quiz.pk,
            "gestion/pannes/": OutageFactory(machine=machine).pk,
            "gestion/signalements/": report.pk,
            "gestion/passerelle/messages/": RejectedFactory(device=None).pk,
            "gestion/appareils/proposes/": ProposalFactory().pk,
            "gestion/appareils/": PlugFactory().pk,
            "gestion/imprimantes/": DeviceFactory(kind="bambu", base="01S00A000000001").pk,
            "accueil/presences/": check.pk,
            "accueil/entretien/": work.pk,
            "gestion/entretien/": work.pk,
            "gestion/plans-entretien/": work.plan_id,
            "accueil/stock/": spool.pk,
            "gestion/consommables/": spool.pk,
            "machines/": report.pk,
            "gestion/habilitations/": qualification.pk,
            "gestion/utilisations/": use.pk,
            "gestion/ouvertures/": opening_of_a_pattern().pk,
            "gestion/vacances/": SchoolHolidayFactory().pk,
            "gestion/fermetures/": ClosureFactory(**soon).pk,
            "gestion/partenaires/": agreement.partner_id,
            "gestion/conventions/": agreement.pk,
            "groupes/series/": series.pk,
            "gestion/materiaux/": MaterialFactory(machine=machine).pk,
            "gestion/seances/": session.pk,
            "gestion/ateliers/": session.workshop_id,
            "gestion/journees/": day.pk,
            "gestion/idees/": idea.pk,
            "gestion/inscriptions/": registration.pk,
            "gestion/membres/": self.owner.pk,
            "gestion/demandes/": request.pk,
            "gestion/messages/": told.pk,
            "gestion/reservations/": booking.pk,
            "gestion/categories/": machine.category_id,
            "gestion/pools/": PoolFactory().pk,
            "gestion/machines/": machine.pk,
            "gestion/workshops/": session.workshop_id,
            "api/v1/reservations/": booking.pk,
            "api/v1/workshop-sessions/": session.pk,
            "api/v1/registrations/": registration.pk,
            "reservations/": booking.pk,
            "seances/": session.pk,
            "idees/": idea.pk,
            "inscriptions/": registration.pk,
        }
        self.people = {
            "owner": self.owner,
            "guardian": parent,
            "member": AdultFactory(),
            "mentor": AdultFactory(roles=["mentor"]),
            **{role: StaffFactory(roles=[role]) for role in STAFF},
            "admin": AdminFactory(),
        }

    def client(self, role: str, **options: bool) -> Client:
        client = Client(raise_request_exception=False, **options)
        if role != "anonymous":
            client.force_login(self.person(role))
        return client

    def person(self, role: str) -> User:
        return self.people[role]

    def address(self, route: str) -> str:
        """Return an address of a pattern, with the numbers and names of this world's rows."""
        key = next((value for prefix, value in self.values.items() if route.startswith(prefix)), 1)
        plain = route
        plain = plain.replace("(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)", "1-x-y")
        plain = plain.replace(r"(\d+)", "1").replace("(.*)", "x").replace(r"((?:[\w\-]+/)*)", "").replace(".*", "x")
        compared = r"(?P<pk>\d+)/revisions/compare/(?P<revision_id_a>live|earliest|\d+)"
        plain = plain.replace(
            compared + r"\.\.\.(?P<revision_id_b>live|latest|\d+)", "1/revisions/compare/live...latest"
        )
        plain = plain.replace("attestations/<int:session>", f"attestations/{self.attended}")
        plain = re.sub(r"<int:\w+>|<str:pk>", str(key), plain)
        plain = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: self.words.get(found[1], "x"), plain)
        return "/" + re.sub(r"[\^$]", "", plain) + QUERIES.get(route, "")
