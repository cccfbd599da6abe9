"""Each screen × each role: who may open it, and what the menu shows them."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cms.gestion import urls
from machines.models import UsageSession
from machines.services.usage import open_usage
from members.models import JoinRequest, Message
from members.services import notify
from tests.factories.booking import AgreementFactory, PartnerFactory, ReservationFactory, anomaly_of
from tests.factories.cms import ImageFactory, photo_bytes
from tests.factories.faults import FaultFactory
from tests.factories.iot_bridge import BoxFactory, DeviceFactory, PlugFactory, ProposalFactory, RejectedFactory
from tests.factories.machines import (
    CategoryFactory,
    MachineFactory,
    MaterialFactory,
    OutageFactory,
    PoolFactory,
    QualificationFactory,
)
from tests.factories.members import AdminFactory, AdultFactory, MemberFactory, StaffFactory
from tests.factories.place import (
    ClosureFactory,
    DutyShiftFactory,
    OpeningPeriodFactory,
    SchoolHolidayFactory,
    opening_of_a_pattern,
)
from tests.factories.quiz import QuestionFactory, SheetFactory, passed_quiz
from tests.factories.upkeep import ConsumableFactory, PlanFactory, due_work
from tests.factories.workshops import DayFactory, IdeaFactory, RegistrationFactory, SessionFactory, WorkshopFactory

pytestmark = pytest.mark.django_db

FACILITATOR_SCREENS = {
    "lab_faults",
    "lab_fault_triage",
    "lab_fault_photo",
    "lab_anomalies",
    "lab_anomaly_answer",
    "lab_ledger",
    "lab_hours",
    "lab_hours_export",
    "lab_uses",
    "lab_use_attribute",
    "lab_use_material",
    "lab_meters",
    "lab_tasks",
    "lab_task_done",
    "lab_plan_done",
    "lab_consumables",
    "lab_movements",
    "lab_movements_export",
    "lab_sessions",
    "lab_registrations",
    "lab_session_register",
    "lab_registration_cancel",
    "lab_reservations",
    "lab_reservation_book",
    "lab_reservation_move",
    "lab_reservation_cancel",
    "lab_reservation_confirm",
    "lab_reservation_excuse",
    "lab_questions",
    "lab_question_export",
    "lab_quiz_sheet_make",
    "lab_quiz_sheet",
    "lab_quiz_record",
    "lab_quiz_result",
    "lab_data",
    "lab_export:utilisations",
}
DIRECTOR_SCREENS = {"lab_texts", "lab_text_publish"}
ROWS = ("lab_machines", "lab_categories", "lab_workshops", "lab_pools")
ROW_SCREENS = {f"{name}:{view}" for name in ROWS for view in ("index", "add", "edit", "history", "usage")}
KINDS = ("membres", "machines", "utilisations", "ateliers", "seances", "inscriptions", "presences")


@pytest.fixture
def screens(home) -> dict[str, str]:
    """Return the address of every screen of ours, on rows that exist; the planning is a door to a screen elsewhere."""
    found = {}
    for pattern in urls.urlpatterns:
        if pattern.name == "lab_planning":
            continue
        if pattern.name in {"lab_import", "lab_export"}:
            extra = {"file_format": "csv"} if pattern.name == "lab_export" else {}
            found |= {f"{pattern.name}:{kind}": reverse(pattern.name, kwargs={"kind": kind, **extra}) for kind in KINDS}
        elif pattern.name in {"lab_hours_export", "lab_movements_export"}:
            found[pattern.name] = reverse(pattern.name, args=["csv"])
        elif "<int:pk>" in str(pattern.pattern):
            found[pattern.name] = reverse(pattern.name, args=[row_for(pattern.name).pk])
        else:
            found[pattern.name] = reverse(pattern.name)
    for name, row in zip(ROWS, (MachineFactory(), CategoryFactory(), WorkshopFactory(), PoolFactory()), strict=True):
        found |= {f"{name}:{view}": reverse(f"{name}:{view}") for view in ("index", "add")}
        found |= {f"{name}:{view}": reverse(f"{name}:{view}", args=[row.pk]) for view in ("edit", "history", "usage")}
    return found


def row_for(name: str):
    makers = {
        "lab_outage": OutageFactory,
        "lab_fault": lambda: FaultFactory(photo=photo_bytes()),
        "lab_device_calibrate": lambda: PlugFactory(base="seuils"),
        "lab_device_link": lambda: DeviceFactory(kind="bambu", base="01S00A000000001"),
        "lab_device": BoxFactory,
        "lab_proposal": ProposalFactory,
        "lab_rejected": RejectedFactory,
        "lab_qualification": QualificationFactory,
        "lab_question_export": CategoryFactory,
        "lab_question": QuestionFactory,
        "lab_quiz_sheet": SheetFactory,
        "lab_quiz_result": lambda: passed_quiz(MemberFactory()),
        "lab_use": usage_session,
        "lab_task": due_work,
        "lab_plan": PlanFactory,
        "lab_consumable": ConsumableFactory,
        "lab_anomaly": lambda: anomaly_of(usage_session()),
        "lab_opening_pattern": opening_of_a_pattern,
        "lab_opening": OpeningPeriodFactory,
        "lab_holiday": SchoolHolidayFactory,
        "lab_closure": ClosureFactory,
        "lab_material": MaterialFactory,
        "lab_partner": PartnerFactory,
        "lab_agreement": AgreementFactory,
        "lab_workshop_terms": WorkshopFactory,
        "lab_day_": DayFactory,
        "lab_idea_": IdeaFactory,
        "lab_session": SessionFactory,
        "lab_registrations": SessionFactory,
        "lab_registration_": RegistrationFactory,
        "lab_member": MemberFactory,
        "lab_join": join_request,
        "lab_message": lambda: notify(recipient=MemberFactory(), subject="Demain", body="On ferme."),
        "lab_reservation": ReservationFactory,
        "lab_duty": DutyShiftFactory,
        "lab_picture": ImageFactory,
    }
    return next(make for start, make in makers.items() if name.startswith(start))()


def usage_session() -> UsageSession:
    start = timezone.now() - timedelta(hours=1)
    return open_usage(MachineFactory(), source="test", natural_key="1", started_at=start)


def join_request() -> JoinRequest:
    return JoinRequest.objects.create(first_name="Milo", last_name="Andrieu", birth_date=date(2012, 3, 3))


def answers(client, screens: dict[str, str]) -> dict[str, int]:
    return {name: client.get(address).status_code for name, address in screens.items()}


def opened(client, screens: dict[str, str]) -> set[str]:
    given = answers(client, screens)
    assert set(given.values()) <= {200, 403}
    return {name for name, status in given.items() if status == 200}


def test_a_fab_manager_opens_every_screen(client, screens):
    client.force_login(StaffFactory())
    assert opened(client, screens) == set(screens) - DIRECTOR_SCREENS


def test_a_director_opens_every_screen(client, screens):
    client.force_login(StaffFactory(roles=["director"]))
    assert opened(client, screens) == set(screens)


def test_a_facilitator_opens_what_the_day_needs(client, screens):
    client.force_login(StaffFactory(roles=["facilitator"]))
    assert opened(client, screens) == FACILITATOR_SCREENS


@pytest.mark.parametrize("role", ["editor", "member"])
def test_other_roles_open_none(client, screens, role):
    client.force_login(AdultFactory(roles=[role]))
    assert opened(client, screens) == set()


@pytest.mark.parametrize("role", ["editor", "facilitator"])
def test_posting_is_refused_like_looking(client, screens, role):
    client.force_login(AdultFactory(roles=[role]))
    closed = set(screens) - (FACILITATOR_SCREENS if role == "facilitator" else set())
    given = {name: client.post(screens[name], {"reason": "x", "token": "x"}).status_code for name in closed}
    assert set(given.values()) == {403}, given


def test_strangers_are_asked_to_sign_in(client, screens):
    given = {client.get(address).headers.get("Location", "").partition("?")[0] for address in screens.values()}
    assert given == {"/connexion/"}


def test_a_signed_in_member_gets_a_plain_no_not_a_circle_of_redirections(client, home):
    client.force_login(MemberFactory())
    response = client.get("/gestion/", follow=True)
    assert response.status_code == 403
    assert response.redirect_chain == []


@pytest.mark.parametrize("name", ROWS)
def test_nobody_deletes_what_history_points_to(client, screens, name):
    for person in (StaffFactory(), AdminFactory()):
        client.force_login(person)
        assert client.post(screens[f"{name}:edit"].replace("edit", "delete")).status_code == 403


@pytest.mark.parametrize("address", ["/gestion/users/", "/gestion/groups/", "/gestion/sites/", "/gestion/users/new/"])
def test_wagtails_own_users_and_groups_stay_closed_to_a_fab_manager(client, home, address):
    client.force_login(StaffFactory())
    assert client.get(address).status_code != 200
    client.force_login(AdminFactory())
    assert client.get(address).status_code == 200


def menu_of(client) -> str:
    return client.get("/gestion/").content.decode()


def test_the_menu_shows_only_what_opens(client, home):
    client.force_login(StaffFactory(roles=["facilitator"]))
    page = menu_of(client)
    assert "/gestion/reservations/" in page
    assert "/gestion/membres/" not in page
    assert "/gestion/ouvertures/" not in page
    client.force_login(StaffFactory())
    page = menu_of(client)
    assert "/gestion/membres/" in page
    assert "/gestion/users/" not in page


@pytest.mark.parametrize("role", ["facilitator", "fab_manager", "director", "editor"])
def test_the_planning_is_a_door_for_who_may_go_through_it(client, home, role):
    client.force_login(StaffFactory(roles=[role]))
    allowed, door = role != "editor", client.get("/gestion/planning/?jour=2026-11-25")
    assert ("/gestion/planning/" in menu_of(client)) == allowed
    assert door.status_code == (302 if allowed else 403)
    if allowed:
        assert door.url == "/accueil/planning/?jour=2026-11-25"
        assert client.get(door.url).status_code == 200


def test_the_day_shows_names_only_to_who_may_see_them(client, home):
    now = timezone.now()
    ReservationFactory(
        member=MemberFactory(first_name="Inès", last_name="Belkacem"),
        starts_at=now,
        ends_at=now + timedelta(minutes=1),
    )
    join_request()
    client.force_login(StaffFactory())
    page = menu_of(client)
    assert "Inès B." in page
    assert "Milo Andrieu" in page
    client.force_login(StaffFactory(roles=["editor"]))
    page = menu_of(client)
    assert "Inès" not in page
    assert "Milo" not in page


def test_nothing_is_fetched_from_outside(client, home):
    client.force_login(StaffFactory())
    page = menu_of(client)
    assert "gravatar" not in page
    assert not re.findall(r'<(?:link|script|img|iframe)[^>]+(?:href|src)="(?:https?:)?//', page)


def test_typed_names_are_shown_as_text(client, home):
    evil = '<img src=x onerror="alert(1)">'
    MemberFactory(first_name=evil, last_name="{{ 7|add:7 }}", username="mechant")
    JoinRequest.objects.create(first_name=evil, last_name="x", birth_date=date(2012, 3, 3), message=evil)
    notify(recipient=MemberFactory(first_name=evil), subject=evil, body=evil)
    client.force_login(StaffFactory())
    for name in ("lab_members", "lab_join_requests", "lab_messages", "wagtailadmin_home"):
        page = client.get(reverse(name)).content.decode()
        assert "onerror" in page
        assert evil not in page


def test_waiting_calls_are_counted_for_the_desk(client, home):
    notify(recipient=MemberFactory(), subject="Demain", body="On ferme.")
    client.force_login(StaffFactory())
    assert Message.objects.get().via == Message.Via.CALL
    assert "via=call&amp;state=waiting" in menu_of(client)
