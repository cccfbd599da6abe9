"""The public calendar of a machine: right, stable, cheap, and without a person."""

from datetime import UTC, date, timedelta

import pytest
from django.utils import timezone
from icalendar import Calendar

from booking.models import Kind, State
from booking.services import cancel, move
from tests.factories.booking import ReservationFactory, open_lab, wall
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
ADDRESS = "/machines/imprimante-1/calendar.ics"


@pytest.fixture
def printer():
    open_lab()
    return MachineFactory(slug="imprimante-1", name="Imprimante « " + "très " * 9 + "longue », n° 1")


def events(client) -> dict[str, dict]:
    calendar = Calendar.from_ical(client.get(ADDRESS).content)
    return {str(event["UID"]).partition("@")[0]: event for event in calendar.walk("VEVENT")}


def test_it_says_when_and_never_who(client, printer) -> None:
    member = AdultFactory(first_name="Canaricolore", last_name="Canaricolore", username="canari", email="canari@x.fr")
    ReservationFactory(machine=printer, member=member, waive_reason="Canaricolore", cancel_reason="canari")
    ReservationFactory(machine=printer, member=None, kind=Kind.WORKSHOP, starts_at=wall(16))
    content = client.get(ADDRESS).content.decode().replace("\r\n ", "")
    assert "canari" not in content.lower()
    assert {str(event["SUMMARY"]) for event in events(client).values()} == {"pris", "atelier"}
    assert all(len(line.encode()) <= 75 for line in client.get(ADDRESS).content.decode().split("\r\n"))


def test_times_are_utc_on_both_sides_of_the_clock_change(client, printer) -> None:
    before = ReservationFactory(machine=printer, starts_at=wall(14, date(2027, 3, 27)))
    after = ReservationFactory(machine=printer, starts_at=wall(14, date(2027, 3, 28)))
    found = events(client)
    starts = [found[f"reservation-{row.pk}"]["DTSTART"].dt for row in (before, after)]
    assert [start.hour for start in starts] == [13, 12]
    assert all(start.tzinfo == UTC or start.utcoffset() == timedelta(0) for start in starts)


def test_a_change_keeps_its_name_and_a_cancelled_time_says_so(client, printer) -> None:
    row = ReservationFactory(machine=printer, member=AdultFactory())
    key = f"reservation-{row.pk}"
    first = events(client)[key]
    move(actor=row.member, reservation=row, starts_at=wall(16), ends_at=wall(17))
    moved = events(client)[key]
    assert (moved["SEQUENCE"], moved["DTSTART"].dt) == (first["SEQUENCE"] + 1, wall(16))
    cancel(actor=row.member, reservation=row)
    gone = events(client)[key]
    assert (gone["STATUS"], gone["SEQUENCE"]) == ("CANCELLED", first["SEQUENCE"] + 2)


@pytest.mark.parametrize(
    ("state", "told"), [(State.HELD, "TENTATIVE"), (State.TO_CONFIRM, "TENTATIVE"), (State.NO_SHOW, "CANCELLED")]
)
def test_states_in_words_of_the_standard(client, printer, state: str, told: str) -> None:
    ReservationFactory(machine=printer, state=state)
    (event,) = events(client).values()
    assert event["STATUS"] == told


def test_what_is_up_to_date_is_not_sent_again(client, printer) -> None:
    row = ReservationFactory(machine=printer)
    first = client.get(ADDRESS)
    assert client.get(ADDRESS, headers={"If-None-Match": first["ETag"]}).status_code == 304
    cancel(actor=row.member, reservation=row)
    assert client.get(ADDRESS, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_many_bookings_cost_no_more_queries(client, printer, django_assert_num_queries) -> None:
    for number in range(12):
        ReservationFactory(machine=printer, starts_at=wall(8 + number))
    with django_assert_num_queries(2):
        assert len(events(client)) == 12


def test_a_machine_out_of_service_has_no_calendar_and_other_machines_are_not_in_it(client, printer) -> None:
    ReservationFactory(machine=MachineFactory(slug="autre"), starts_at=timezone.now() + timedelta(hours=1))
    assert events(client) == {}
    MachineFactory(slug="vieille", in_service=False)
    assert client.get("/machines/vieille/calendar.ics").status_code == 404


def test_the_poster_leads_to_the_machine_s_page(client, printer) -> None:
    page = client.get("/machines/imprimante-1/affiche/")
    assert page.context["address"].endswith("/machines/imprimante-1/")
    assert "<svg" in page.content.decode()
