"""From a free time of the planning to the screen that fills it."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from desk.queries.adding import OFFERS, proposed
from desk.queries.grid import Powers, grid_of
from desk.queries.planning import week_of
from place.models import OpeningKind, OpeningPeriod
from place.patterns import Frequency, RuleSpec
from place.services import plan_openings
from tests.factories.booking import WEDNESDAY, ReservationFactory, wall
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory, StaffFactory
from tests.factories.workshops import SessionFactory

pytestmark = pytest.mark.usefixtures("open_day", "now")
WEEK, ADD = "/accueil/planning/", "/accueil/planning/ajouter/"
TIME = {"day": f"{WEDNESDAY}", "starts": "15:00", "ends": "16:30"}


def as_role(client: Client, role: str) -> Client:
    client.force_login(StaffFactory(roles=[role], first_name="Awa"))
    return client


def offered(client: Client, **query: str) -> list[str]:
    return [one["url"] for one in client.get(ADD, TIME | query).context["offers"]]


def test_each_day_of_the_week_leads_to_it_without_a_script(client: Client) -> None:
    shown = as_role(client, "desk").get(WEEK).content.decode()
    assert shown.partition('id="week-list"')[2].count(f'href="{ADD}?day=') == 7
    assert f'"add": "{ADD}"' in shown


def test_a_machine_of_the_grid_says_which_one_it_is(open_day: None) -> None:
    machine = MachineFactory()
    rows = grid_of(week_of(WEDNESDAY, wall(14.5)), Powers(move=True))["rows"]
    assert rows[1]["extendedProps"] == {"slug": machine.slug}


def test_who_may_add_nothing_is_offered_nothing(client: Client) -> None:
    person = AdultFactory()
    person.user_permissions.set(Permission.objects.filter(codename__in=["use_desk", "view_all_reservations"]))
    client.force_login(person)
    assert ADD not in client.get(WEEK).content.decode()
    assert client.get(ADD).status_code == 403


@pytest.mark.parametrize(("role", "count"), [("desk", 0), ("facilitator", 1), ("fab_manager", len(OFFERS))])
def test_the_offers_are_those_that_open(client: Client, role: str, count: int) -> None:
    as_role(client, role)
    found = offered(client, machine=MachineFactory().slug)
    assert len(found) == count
    assert {client.get(url).status_code for url in found} <= {200}


def test_the_screens_come_filled_in(client: Client) -> None:
    as_role(client, "fab_manager")
    machine = MachineFactory()
    found = {urlsplit(url).path: parse_qs(urlsplit(url).query) for url in offered(client, machine=machine.slug)}
    asked = {name: [value] for name, value in TIME.items()}
    days = {"first_day": asked["day"], "last_day": asked["day"], "starts": ["15:00"], "ends": ["16:30"]}
    assert found["/gestion/ouvertures/nouvelle/"] == asked
    assert found["/gestion/reservations/nouvelle/"] == asked | {"machine": [machine.slug]}
    assert found["/gestion/fermetures/nouvelle/"] == days
    assert found["/gestion/pannes/nouvelle/"] == days | {"machine": [str(machine.pk)]}
    for url in offered(client, machine=machine.slug):
        initial = client.get(url).context["form"]
        assert f"{initial['starts'].value()}".startswith("15:00")


def test_a_booking_for_somebody_goes_on_to_the_page_that_judges_it(client: Client) -> None:
    as_role(client, "desk")
    machine, person = MachineFactory(name="Laser"), AdultFactory(first_name="Inès", last_name="Belcastel")
    (found,) = client.get(ADD, TIME | {"machine": machine.slug, "q": "inè"}).context["people"]
    assert found["person"] == person
    page = client.get(found["url"])
    assert page.status_code == 200
    assert parse_qs(urlsplit(found["url"]).query)["pour"] == [str(person.pk)]


def test_a_name_without_a_machine_is_asked_for_it(client: Client) -> None:
    form = as_role(client, "desk").get(ADD, TIME | {"q": "Inès"}).context["form"]
    assert list(form.errors) == ["machine"]


def test_only_a_day_or_an_hour_is_enough(client: Client) -> None:
    as_role(client, "desk")
    for query, hours in (({}, ("14:00", "15:00")), ({"starts": "16:30"}, ("16:30", "17:30"))):
        form = client.get(ADD, {"day": f"{WEDNESDAY}"} | query).context["form"]
        assert (form["starts"].value(), form["ends"].value()) == hours


def test_a_day_without_openings_begins_at_the_usual_hour(client: Client) -> None:
    assert proposed(wall(48).date())["starts"] == "09:00"


@pytest.mark.parametrize("query", [{"day": "x"}, {"starts": "25:00"}, {"machine": "x"}, {"day": "9999-12-31"}, {}])
def test_what_is_malformed_is_said_and_never_a_fault(client: Client, query: dict) -> None:
    page = as_role(client, "desk").get(ADD, {"q": "Inès"} | query)
    assert page.status_code == 200


def test_it_takes_the_same_queries_for_one_and_for_many(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    as_role(client, "desk")
    machine = MachineFactory()
    AdultFactory(first_name="Inès")
    query = TIME | {"machine": machine.slug, "q": "Inès"}
    client.get(ADD, query)
    with django_assert_num_queries(11):
        client.get(ADD, query)
    for _ in range(5):
        AdultFactory(first_name="Inès")
        MachineFactory()
    with django_assert_num_queries(11):
        client.get(ADD, query)


# --- Openings and sessions, dragged -----------------------------------------------------------------------------------


def dragged(client: Client, start: str) -> dict:
    """Return the event of the grid whose name begins so, and its screen asked as a drop asks it."""
    events = client.get(WEEK).context["grid"]["events"]
    return next((one for one in events if one["id"].startswith(start)), {})


@pytest.fixture
def evening(open_day: None) -> OpeningPeriod:
    """Every Wednesday from 19 h to 21 h, with a booking in it."""
    rule = RuleSpec(frequency=Frequency.WEEKLY)
    times = {"starts_at": wall(19), "ends_at": wall(21), "rule": rule}
    series = plan_openings(kind=OpeningKind.OPEN_LAB, label="Soirée", actor=None, **times)
    ReservationFactory(member=AdultFactory(first_name="Inès"), starts_at=wall(19), ends_at=wall(20))
    return series.periods.order_by("starts_at")[0]


def test_an_opening_to_come_is_dropped_on_the_screen_that_asks_how_far(client: Client, evening: OpeningPeriod) -> None:
    as_role(client, "fab_manager")
    event = dragged(client, f"p{evening.pk}")
    assert (event["editable"], event["resourceIds"]) == (True, ["lab"])
    screen, moved = event["extendedProps"]["drop"], TIME | {"starts": "20:00", "ends": "22:00"}
    assert screen in client.get(WEEK).content.decode().partition('id="week-list"')[2]  # also without a script
    form = client.get(screen, moved).context["form"]
    assert (form["starts"].value(), form["ends"].value(), "scope" in form.fields) == ("20:00", "22:00", True)
    for scope in ("this", "following", "all"):
        shown = client.post(screen, moved | {"scope": scope})
        assert [hit.reservation.member.first_name for hit in shown.context["fates"].hits.values()] == ["Inès"]
    evening.refresh_from_db()
    assert evening.starts_at == wall(19)  # nothing is saved before the answer


def test_a_session_is_dropped_on_the_screen_that_moves_it(client: Client) -> None:
    session = SessionFactory(starts_at=wall(16), ends_at=wall(17))
    as_role(client, "fab_manager")
    event = dragged(client, "s")
    assert event["extendedProps"]["drop"] == f"/gestion/seances/{session.pk}/deplacer/"
    assert client.get(event["extendedProps"]["drop"], TIME).context["form"]["starts"].value() == "15:00"


def test_what_has_begun_or_is_not_theirs_stays_where_it_is(client: Client) -> None:
    SessionFactory(starts_at=wall(14), ends_at=wall(17))
    as_role(client, "fab_manager")
    assert (dragged(client, "s")["editable"], dragged(client, "p")["editable"]) == (False, False)  # it is 14 h 30
    SessionFactory(starts_at=wall(16), ends_at=wall(17))
    as_role(client, "desk")
    grid = client.get(WEEK).context["grid"]["events"]
    assert [one for one in grid if one["id"].startswith("p")] == []
    assert [one["editable"] for one in grid if one["id"].startswith("s")] == [False, False]
    assert "/gestion/" not in client.get(WEEK).content.decode().partition('id="week-list"')[2].partition("</main>")[0]
