"""What the machines tell, on the desk: in two taps, once, by who may."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from booking.ledger_models import Anomaly
from booking.models import Reservation, State
from booking.services import reconcile
from machines.models import Machine
from machines.services.usage import close_usage, open_usage
from place.services import arrive
from tests.factories.booking import ReservationFactory
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory, StaffFactory

pytestmark = pytest.mark.django_db


def stray(machine: Machine | None = None, key: str = "1") -> Anomaly:
    """Return an hour of use that nobody had booked, noticed."""
    machine, now = machine or MachineFactory(), timezone.now()
    use = open_usage(machine, source=f"t{machine.pk}-{key}", natural_key=key, started_at=now - timedelta(hours=2))
    close_usage(use, ended_at=now - timedelta(hours=1), outcome="completed")
    reconcile(now)
    return Anomaly.objects.get(usage_session=use)


@pytest.fixture
def desk(client: Client):
    person = StaffFactory(roles=["desk"])
    client.force_login(person)
    return person


def page_of(anomaly: Anomaly) -> str:
    return f"/accueil/anomalies/{anomaly.pk}/"


@pytest.mark.usefixtures("desk")
def test_a_stray_print_gets_its_name_in_two_taps(client: Client) -> None:
    lina = AdultFactory(first_name="Lina", last_name="Morel")
    arrive(actor=StaffFactory(), person=lina, at=timezone.now() - timedelta(hours=3))
    anomaly = stray()
    assert page_of(anomaly) in client.get("/accueil/").content.decode()
    page = client.get(page_of(anomaly)).content.decode()
    assert f'name="member" value="{lina.pk}">Lina Morel' in page
    answer = client.post(page_of(anomaly), {"member": lina.pk, "note": ""})
    assert answer.headers["Location"] == "/accueil/"
    anomaly.refresh_from_db()
    assert (anomaly.answer, anomaly.usage_session.member) == ("member", lina)
    assert page_of(anomaly) not in client.get("/accueil/").content.decode()


@pytest.mark.usefixtures("desk")
def test_somebody_else_is_found_by_name(client: Client) -> None:
    AdultFactory(first_name="Zoé", last_name="Quintaval")
    assert "Zoé Quintaval" in client.get(page_of(stray()) + "?q=quint").content.decode()


@pytest.mark.usefixtures("desk")
def test_the_frequent_answer_is_one_tap_on_the_first_screen(client: Client) -> None:
    now = timezone.now()
    row = ReservationFactory(
        starts_at=now - timedelta(hours=3), ends_at=now - timedelta(hours=2), state=State.CONFIRMED
    )
    use = open_usage(row.machine, source="t", natural_key="1", started_at=row.starts_at)
    close_usage(use, ended_at=now - timedelta(hours=1), outcome="completed")
    reconcile(now)
    page = client.get("/accueil/").content.decode()
    assert 'name="answer" value="spoken"' in page
    client.post(page_of(Anomaly.objects.get()), {"answer": "spoken"})
    assert Anomaly.objects.get().answer == "spoken"


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("sent", "status"), [({}, 409), ({"answer": "corrected"}, 409), ({"answer": "x"}, 422), ({"member": "0"}, 422)]
)
def test_a_wrong_answer_is_explained(client: Client, sent: dict, status: int) -> None:
    anomaly = stray()
    assert client.post(page_of(anomaly), sent).status_code == status
    anomaly.refresh_from_db()
    assert anomaly.state == "open"


@pytest.mark.usefixtures("desk")
def test_who_comes_second_reads_what_was_said(client: Client) -> None:
    anomaly = stray()
    client.post(page_of(anomaly), {"answer": "team", "note": "essai de buse"})
    answer = client.post(page_of(anomaly), {"answer": "nothing"})
    assert (answer.status_code, "essai de buse" in answer.content.decode()) == (409, True)
    assert 'name="answer"' not in answer.content.decode()


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("address", ["/accueil/", "/accueil/anomalies/"])
def test_many_cost_no_more_queries_than_one(client: Client, django_assert_num_queries, address: str) -> None:
    stray()
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for number in range(8):
        stray(key=str(number))
    with django_assert_num_queries(len(one)):
        client.get(address)


def under_way(**fields) -> Reservation:
    now = timezone.now()
    times = {"starts_at": now - timedelta(minutes=50), "ends_at": now + timedelta(hours=2)}
    return ReservationFactory(**times, state=State.CHECKED_IN, arrived_at=now - timedelta(minutes=50), **fields)


@pytest.mark.usefixtures("desk")
def test_the_desk_says_for_somebody_that_they_have_finished(client: Client) -> None:
    row = under_way()
    for address in ("/accueil/", f"/accueil/personnes/{row.member_id}/"):
        assert f"/reservations/{row.pk}/fini/" in client.get(address).content.decode()
    answer = client.post(f"/reservations/{row.pk}/fini/")
    assert answer.headers["Location"] == f"/accueil/personnes/{row.member_id}/"
    assert Reservation.objects.get().ends_at < row.ends_at
    assert f"/reservations/{row.pk}/fini/" not in client.get("/accueil/").content.decode()


def test_one_says_oneself_that_one_has_finished(client: Client) -> None:
    row = under_way(member=AdultFactory())
    client.force_login(row.member)
    assert f"/reservations/{row.pk}/fini/" in client.get("/reservations/").content.decode()
    assert client.post(f"/reservations/{row.pk}/fini/").headers["Location"] == "/reservations/"
    page = client.get("/reservations/").content.decode()
    assert (f"/reservations/{row.pk}/fini/" in page, Reservation.objects.get().sequence) == (False, 1)
    client.post(f"/reservations/{row.pk}/fini/")
    assert Reservation.objects.get().sequence == 1
    client.force_login(AdultFactory())
    assert client.post(f"/reservations/{row.pk}/fini/").status_code == 404
