"""The week of the team: what it shows, and how a booking is moved from it by form and by hand."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from booking.models import Kind, Reservation, State
from booking.problems import Refused
from booking.services import move
from desk.queries.grid import Powers, grid_of
from desk.queries.planning import week_of
from desk.queries.sheets import Line, day_plan
from members.models import AuditEntry, Message, User
from place.models import OpeningPeriod
from tests.booking.acts import snapshot
from tests.factories.booking import WEDNESDAY, ReservationFactory, close_lab, wall
from tests.factories.machines import MachineFactory, OutageFactory
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory
from tests.factories.place import DutyShiftFactory
from tests.factories.workshops import SessionFactory

pytestmark = pytest.mark.usefixtures("open_day", "now")
WEEK = "/accueil/planning/"


@pytest.fixture
def booking(db: None) -> Reservation:
    """Inès has the laser from 15 h to 16 h, and the lab is open until 18 h."""
    person = AdultFactory(first_name="Inès", last_name="Belcastel")
    return ReservationFactory(machine=MachineFactory(name="Laser"), member=person, starts_at=wall(15))


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(StaffFactory(roles=["desk"], first_name="Awa"))
    return client


def send(client: Client, booking: Reservation, *, json: bool = False, **fields: Any) -> HttpResponse:
    data = {"day": f"{WEDNESDAY}", "starts": "16:00", "ends": "17:00", "sequence": 0} | fields
    return client.post(f"{WEEK}{booking.pk}/", data, headers={"Accept": "application/json"} if json else {})


def only_looks() -> User:
    """Return somebody who sees the planning and books for nobody."""
    person = AdultFactory()
    person.user_permissions.set(Permission.objects.filter(codename__in=["use_desk", "view_all_reservations"]))
    return person


def fill(booking: Reservation) -> None:
    SessionFactory(starts_at=wall(14), ends_at=wall(16), workshop__title="Bateaux")
    OutageFactory(machine=booking.machine, starts_at=wall(17), ends_at=wall(18), reason="lentille sale")
    DutyShiftFactory(starts_at=wall(14), ends_at=wall(18), person=StaffFactory(first_name="Zoé", last_name="Quint"))
    close_lab(17.5, 18)
    ReservationFactory(machine=booking.machine, member=None, kind=Kind.MAINTENANCE, starts_at=wall(16))


# --- The week ---------------------------------------------------------------------------------------------------------


def test_everything_of_the_week_is_on_it_without_a_script(desk: Client, booking: Reservation) -> None:
    fill(booking)
    shown = desk.get(WEEK).content.decode()
    words = ["Inès B.", "Laser", "Bateaux", "lentille sale", "Zoé Q.", "inventaire", "Open lab", "entretien"]
    assert [word for word in words if word not in shown.partition('id="week-list"')[2]] == []
    assert "Belcastel" not in shown
    assert f'href="{WEEK}{booking.pk}/"' in shown


def test_the_week_takes_the_same_queries_empty_and_full(
    desk: Client, booking: Reservation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(7):
        grid_of(week_of(WEDNESDAY, wall(14.5)), Powers(move=True))
    fill(booking)
    for _ in range(5):
        ReservationFactory(starts_at=wall(15), member=AdultFactory())
    with django_assert_num_queries(7):
        grid = grid_of(week_of(WEDNESDAY, wall(14.5)), Powers(move=True))
    assert len(grid["events"]) == 12


def test_filters_stay_in_the_address(desk: Client, booking: Reservation) -> None:
    other = ReservationFactory(member=AdultFactory(first_name="Léo"), starts_at=wall(15))
    slug = booking.machine.category.slug
    shown = desk.get(f"{WEEK}?jour={WEDNESDAY}&machines={slug}").content.decode()
    assert ("Inès B." in shown, "Léo" in shown) == (True, False)
    assert f"?jour=2026-11-30&amp;machines={slug}" in shown
    assert other.machine.category.slug in shown


@pytest.mark.parametrize("day", ["x", "0001-01-01", "9999-12-31", "2026-02-30", "", "1900-01-01"])
def test_what_is_no_day_is_no_fault(desk: Client, day: str) -> None:
    for page in (WEEK, "/accueil/feuilles/jour/"):
        assert desk.get(page, {"jour": day, "machines": "nothing"}).status_code == 200


def test_a_booking_past_midnight_is_in_both_days_and_once_in_the_grid(booking: Reservation) -> None:
    ReservationFactory(machine=booking.machine, starts_at=wall(23), ends_at=wall(25))
    week = week_of(WEDNESDAY, wall(14.5))
    assert [len(day.taken) for day in week.days] == [0, 0, 2, 1, 0, 0, 0]
    grid = grid_of(week, Powers(move=True))
    assert (len([one for one in grid["events"] if one["id"].startswith("r")]), grid["from"], grid["to"]) == (2, 0, 24)


def test_the_grid_shows_open_hours_and_hides_days_without_life(booking: Reservation) -> None:
    grid = grid_of(week_of(WEDNESDAY, wall(14.5)), Powers(move=True))
    assert (grid["from"], grid["to"], grid["hidden"]) == (14, 18, [1, 2, 4, 5, 6, 0])
    OpeningPeriod.objects.all().delete()
    Reservation.objects.all().delete()
    grid = grid_of(week_of(WEDNESDAY, wall(14.5)), Powers(move=True))
    assert (grid["from"], grid["to"], grid["hidden"], grid["events"]) == (9, 19, [], [])


@pytest.mark.parametrize(
    ("fields", "movable"),
    [
        ({}, True),
        ({"state": State.TO_CONFIRM}, True),
        ({"state": State.HELD}, False),
        ({"state": State.CHECKED_IN}, False),
        ({"kind": Kind.WORKSHOP, "member": None}, False),
        ({"starts_at": wall(14)}, False),
    ],
)
def test_only_what_can_still_be_moved_is_offered(fields: dict, movable: bool) -> None:
    ReservationFactory(**({"starts_at": wall(16)} | fields))
    (event,) = [
        one for one in grid_of(week_of(WEDNESDAY, wall(14.5)), Powers(move=True))["events"] if one["id"].startswith("r")
    ]
    assert event["editable"] is movable


# --- Moving -----------------------------------------------------------------------------------------------------------


def test_a_form_moves_a_booking_through_the_one_writer(desk: Client, booking: Reservation) -> None:
    answer = send(desk, booking)
    assert (answer.status_code, answer.url) == (302, f"{WEEK}?jour={WEDNESDAY}")
    booking.refresh_from_db()
    assert (booking.starts_at, booking.ends_at, booking.sequence) == (wall(16), wall(17), 1)
    assert AuditEntry.objects.filter(action="reservation.moved").count() == 1
    assert Message.objects.filter(recipient=booking.member).count() == 1  # who has it is told


@pytest.mark.parametrize("json", [False, True])
def test_a_booking_goes_to_another_machine(desk: Client, booking: Reservation, json: bool) -> None:
    other = MachineFactory(name="Mistral")
    answer = send(desk, booking, json=json, machine=other.slug, starts="15:00", ends="16:00")
    booking.refresh_from_db()
    assert (booking.machine, booking.sequence, booking.starts_at) == (other, 1, wall(15))
    if json:
        assert answer.json()["resourceIds"] == [f"m{other.pk}"]
        assert "Mistral" in answer.json()["said"]


def test_a_move_to_a_taken_machine_is_refused_and_the_old_one_stands(desk: Client, booking: Reservation) -> None:
    before, other = snapshot(booking), MachineFactory()
    ReservationFactory(machine=other, starts_at=wall(16))
    answer = send(desk, booking, json=True, machine=other.slug)
    assert (answer.status_code, snapshot(booking)) == (409, before)
    assert answer.json()["resourceIds"] == [f"m{booking.machine_id}"]
    assert all("machine=" in one["url"] for one in answer.json()["others"])


def test_the_grid_is_told_where_it_stands(desk: Client, booking: Reservation) -> None:
    told = send(desk, booking, json=True)
    assert told.status_code == 200
    place = {"start": "2026-11-25T16:00:00", "end": "2026-11-25T17:00:00", "sequence": 1}
    assert place.items() <= told.json().items()
    assert "16" in told.json()["said"]


@pytest.mark.parametrize("json", [False, True])
def test_a_refused_move_leaves_the_booking_as_it_was(desk: Client, booking: Reservation, json: bool) -> None:
    before = snapshot(booking)
    ReservationFactory(machine=booking.machine, starts_at=wall(16))
    answer = send(desk, booking, json=json)
    assert (answer.status_code, snapshot(booking)) == (409, before)
    if json:
        told = answer.json()
        assert (told["start"], told["sequence"]) == ("2026-11-25T15:00:00", 0)
        assert told["reasons"]
        assert all(f"{WEEK}{booking.pk}/?day=" in other["url"] for other in told["others"])
    closed = send(desk, booking, json=json, starts="19:00", ends="20:00")
    assert (closed.status_code, snapshot(booking)) == (422, before)


def test_a_move_past_midnight_is_told_to_end_the_same_day(desk: Client, booking: Reservation) -> None:
    (reason,) = send(desk, booking, json=True, ends="").json()["reasons"]
    assert "même jour" in reason


@pytest.mark.parametrize("json", [False, True])
def test_a_stale_move_is_refused(desk: Client, booking: Reservation, json: bool) -> None:
    assert send(desk, booking).status_code == 302
    before = snapshot(booking)
    answer = send(desk, booking, json=json, starts="14:30", ends="15:30")
    assert (answer.status_code, snapshot(booking)) == (409, before)
    if json:
        assert (answer.json()["start"], answer.json()["sequence"]) == ("2026-11-25T16:00:00", 1)
    else:
        assert 'name="sequence" value="1"' in answer.content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"day": "x"},
        {"starts": ""},
        {"ends": "15:00", "starts": "16:00"},
        {"sequence": "x"},
        {"sequence": "-1"},
        {"sequence": "9" * 30},
        {"day": "0001-01-01"},
        {"day": "9999-12-31"},
        {"machine": "nothing"},
    ],
)
def test_what_is_malformed_is_said_and_never_a_fault(desk: Client, booking: Reservation, fields: dict) -> None:
    before = snapshot(booking)
    assert {send(desk, booking, json=json, **fields).status_code for json in (False, True)} <= {409, 422}
    assert snapshot(booking) == before


def test_forged_fields_change_nothing(desk: Client, booking: Reservation) -> None:
    other, before = MemberFactory(), snapshot(booking)
    forged = {
        "member": other.pk,
        "state": "done",
        "price": "0",
        "level": "3",
        "kind": "workshop",
    }
    forged |= {"kind": "workshop", "waive": "overlap", "waive_reason": "x", "accompanied": "1"}
    forged |= {"trial": "1", "created_by": other.pk}
    assert send(desk, booking, **forged).status_code == 302
    changed = {name for name, value in snapshot(booking).items() if value != before[name]}
    assert changed == {"starts_at", "ends_at", "blocked_from", "blocked_until", "sequence"}


def test_who_only_looks_moves_nothing(client: Client, booking: Reservation) -> None:
    client.force_login(only_looks())
    before, page = snapshot(booking), client.get(f"{WEEK}{booking.pk}/")
    assert (page.status_code, 'name="starts"' in page.content.decode()) == (200, False)
    assert '"editable": true' not in client.get(WEEK).content.decode()
    assert send(client, booking, json=True).status_code == 403
    assert snapshot(booking) == before


@pytest.mark.parametrize("roles", [[], ["member"], ["mentor"], ["editor"]])
def test_others_see_and_move_nothing(client: Client, booking: Reservation, roles: list[str]) -> None:
    client.force_login(AdultFactory(roles=roles))
    before = snapshot(booking)
    found = [client.get(WEEK), client.get(f"{WEEK}{booking.pk}/"), send(client, booking, json=True)]
    assert [answer.status_code for answer in found] == [403, 403, 403]
    assert snapshot(booking) == before


def test_a_shut_desk_moves_nothing(desk: Client, booking: Reservation, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.get(WEEK)
    monkeypatch.setattr("django.utils.timezone.now", lambda: wall(14.75))
    before = snapshot(booking)
    assert send(desk, booking, json=True).url == "/accueil/verrou/"
    assert snapshot(booking) == before


def test_what_is_over_or_belongs_to_a_workshop_is_refused(desk: Client) -> None:
    for fields in ({"starts_at": wall(14)}, {"kind": Kind.WORKSHOP, "member": None}, {"state": State.CANCELLED}):
        row = ReservationFactory(**({"starts_at": wall(16)} | fields))
        assert 'name="starts"' not in desk.get(f"{WEEK}{row.pk}/").content.decode()
        assert send(desk, row, json=True).status_code == 422


def test_the_service_says_that_somebody_was_faster(booking: Reservation) -> None:
    with pytest.raises(Refused) as caught:
        move(actor=StaffFactory(), reservation=booking, sequence=3, starts_at=wall(16), ends_at=wall(17))
    assert caught.value.codes == ["changed"]


# --- The sheet of a day -----------------------------------------------------------------------------------------------


def test_a_sheet_says_what_is_to_be_known(
    now: datetime, booking: Reservation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    old = ReservationFactory(member=booking.member, starts_at=wall(-24), state=State.DONE)
    young = ReservationFactory(machine=old.machine, starts_at=wall(16), accompanied=True)
    with django_assert_num_queries(6):
        plan = day_plan(WEDNESDAY)
    assert [[(one.reservation.pk, one.young, one.first_time) for one in lines] for lines in plan.machines] == [
        [(booking.pk, False, False)],
        [(young.pk, True, True)],
    ]
    assert isinstance(plan.machines[0][0], Line)


def test_the_sheet_of_another_day_is_asked_for_by_its_date(desk: Client, booking: Reservation) -> None:
    assert "Inès B." in desk.get("/accueil/feuilles/jour/").content.decode()
    shown = desk.get("/accueil/feuilles/jour/?jour=2026-11-26").content.decode()
    assert ("Inès B." in shown, "26 novembre" in shown) == (False, True)
