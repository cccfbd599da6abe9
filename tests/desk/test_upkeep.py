"""Maintenance and stock at the desk: one tap, once, by who may; a fixed number of queries."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from machines.models import Consumable, MaintenanceTask, StockMovement
from machines.services import stock
from machines.services.stock import Cause
from machines.stock_queries import summed
from tests.factories.members import StaffFactory
from tests.factories.upkeep import ConsumableFactory, due_work

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client):
    person = StaffFactory(roles=["desk"])
    client.force_login(person)
    return person


def text(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def bought(amount: int, actor, **fields) -> Consumable:
    spool = ConsumableFactory(**fields)
    stock.move(consumable=spool, why="bought", amount=Decimal(amount), cause=Cause(actor))
    return spool


def test_work_is_done_with_one_tap_from_the_first_screen(client, desk):
    task = due_work()
    assert f"/accueil/entretien/{task.pk}/" in text(client, "/accueil/")
    answer = client.post(f"/accueil/entretien/{task.pk}/")
    assert answer.headers["Location"] == "/accueil/entretien/"
    task.refresh_from_db()
    assert task.done_by == desk
    assert f"/accueil/entretien/{task.pk}/" not in text(client, "/accueil/")


def test_a_second_tap_says_that_it_is_done(client, desk):
    task = due_work()
    client.post(f"/accueil/entretien/{task.pk}/")
    answer = client.post(f"/accueil/entretien/{task.pk}/")
    assert answer.status_code == 422
    assert MaintenanceTask.objects.count() == 1


def test_what_the_work_took_leaves_the_stock(client, desk):
    task, spare = due_work(), bought(3, desk, unit="piece")
    client.post(f"/accueil/entretien/{task.pk}/", {"note": "Neuve", "consumable": spare.pk, "amount": "1"})
    spare.refresh_from_db()
    assert spare.level == 2
    page = text(client, f"/accueil/entretien/{task.pk}/")
    assert "Neuve" in page
    assert spare.name in page


@pytest.mark.parametrize("said", [{"amount": "1"}, {"consumable": "x"}])
def test_half_of_what_was_taken_is_refused(client, desk, said):
    task, spare = due_work(), bought(3, desk)
    sent = {name: spare.pk if value == "x" else value for name, value in said.items()}
    assert client.post(f"/accueil/entretien/{task.pk}/", sent).status_code == 422


def test_more_than_there_is_is_said_beside_the_amount(client, desk):
    spool = bought(3, desk)
    answer = client.post(f"/accueil/stock/{spool.pk}/", {"amount": "4", "why": "used"})
    assert answer.status_code == 422
    assert "Recompte d’abord" in answer.content.decode()


def test_came_in_used_counted_and_thrown_away(client, desk):
    spool = ConsumableFactory()
    for why, amount in (("bought", "1000"), ("used", "12,5"), ("thrown", "100"), ("counted", "900")):
        answer = client.post(f"/accueil/stock/{spool.pk}/", {"amount": amount, "why": why})
        assert answer.headers["Location"] == "/accueil/stock/"
    spool.refresh_from_db()
    assert (spool.level, summed(spool)) == (900, 900)
    assert "+12,5 g" in text(client, f"/accueil/stock/{spool.pk}/")


def test_the_same_form_sent_twice_is_one_movement(client, desk):
    spool = ConsumableFactory()
    for _tap in range(2):
        client.post(f"/accueil/stock/{spool.pk}/", {"amount": "5", "why": "bought", "key": "k" * 32})
    assert StockMovement.objects.get().level == 5


@pytest.mark.parametrize(
    "sent", [{"amount": "5", "why": "corrected"}, {"amount": "-5", "why": "used"}, {"why": "used"}]
)
def test_what_no_button_says_is_refused(client, desk, sent):
    assert client.post(f"/accueil/stock/{ConsumableFactory().pk}/", sent).status_code == 422
    assert not StockMovement.objects.exists()


def test_what_runs_short_is_on_the_first_screen(client, desk):
    spool = bought(3, desk, warn_below=Decimal(10))
    assert f"/accueil/stock/{spool.pk}/" in text(client, "/accueil/")


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


@pytest.mark.parametrize("address", ["/accueil/", "/accueil/entretien/", "/accueil/stock/"])
def test_one_row_and_many_take_the_same_queries(client, desk, address):
    due_work()
    bought(3, desk, warn_below=Decimal(10))
    one = queries(client, address)
    for _more in range(5):
        due_work()
        bought(3, desk, warn_below=Decimal(10))
    assert queries(client, address) == one


def test_a_consumable_takes_the_same_queries_however_often_it_moved(client, desk):
    spool = bought(3, desk)
    one = queries(client, f"/accueil/stock/{spool.pk}/")
    for _more in range(15):
        stock.move(consumable=spool, why="bought", amount=Decimal(1), cause=Cause(desk))
    assert queries(client, f"/accueil/stock/{spool.pk}/") == one
