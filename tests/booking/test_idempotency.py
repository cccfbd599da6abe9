"""A request sent twice is carried out once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from booking.models import IdempotencyKey, Reservation
from booking.services import forget_keys
from tests.factories.booking import ReservationFactory, open_lab, wall
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory, bearer

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def lab(now):
    open_lab()
    return MachineFactory(slug="imprimante-1")


def post(client, member, key: str | None, start: float = 14, end: float = 15):
    body = {"machine": "imprimante-1", "starts_at": wall(start).isoformat(), "ends_at": wall(end).isoformat()}
    headers = bearer(member) | ({} if key is None else {"Idempotency-Key": key})
    return client.post("/api/v1/reservations", body, content_type="application/json", headers=headers)


def test_the_same_request_under_a_key_is_one_booking_answered_alike(client, lab) -> None:
    member = AdultFactory()
    first, again = post(client, member, "k1"), post(client, member, "k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert Reservation.objects.count() == 1


def test_without_a_key_the_second_request_is_refused(client, lab) -> None:
    member = AdultFactory()
    assert [post(client, member, None).status_code for _number in range(2)] == [201, 409]


def test_a_key_is_for_one_request(client, lab) -> None:
    member = AdultFactory()
    post(client, member, "k1")
    assert post(client, member, "k1", 16, 17).status_code == 422
    assert Reservation.objects.count() == 1


def test_a_key_is_one_s_own(client, lab) -> None:
    assert post(client, AdultFactory(), "k1").status_code == 201
    assert post(client, AdultFactory(), "k1").status_code == 409


def test_a_refusal_may_be_tried_again(client, lab) -> None:
    member, other = AdultFactory(), ReservationFactory(machine=lab)
    assert post(client, member, "k1").status_code == 409
    other.delete()
    assert post(client, member, "k1").status_code == 201


@pytest.mark.parametrize("key", ["", "é", "a" * 201, "two words"])
def test_a_malformed_key_is_refused(client, lab, key: str) -> None:
    assert post(client, AdultFactory(), key).status_code == 422
    assert Reservation.objects.count() == 0


def test_keys_are_forgotten_after_a_day(client, lab) -> None:
    post(client, AdultFactory(), "k1")
    assert forget_keys(timezone.now() + timedelta(hours=23)) == 0
    IdempotencyKey.objects.update(created_at=wall(9) - timedelta(hours=25))
    assert forget_keys(wall(9)) == 1


def test_a_form_sent_twice_is_one_booking_and_no_refusal(client, lab) -> None:
    member = AdultFactory()
    client.force_login(member)
    address = reverse("booking:confirm", args=[lab.slug])
    body = {"debut": wall(14).isoformat(), "fin": wall(15).isoformat()}
    body["cle"] = client.get(address, body).context["key"]
    answers = [client.post(address, body) for _number in range(2)]
    assert [(answer.status_code, answer.url) for answer in answers] == [(302, reverse("booking:mine"))] * 2
    assert Reservation.objects.count() == 1


def test_a_form_without_its_token_still_books(client, lab) -> None:
    client.force_login(AdultFactory())
    body = {"debut": wall(14).isoformat(), "fin": wall(15).isoformat(), "cle": "<script>"}
    assert client.post(reverse("booking:confirm", args=[lab.slug]), body).status_code == 302
    assert (Reservation.objects.count(), IdempotencyKey.objects.count()) == (1, 0)


@pytest.mark.parallel
def test_ten_taps_at_once_are_one_booking(committed_db, site) -> None:
    day = timezone.localdate() + timedelta(days=7)
    open_lab(8, 20, day=day)
    MachineFactory(slug="imprimante-1")
    headers = bearer(AdultFactory()) | {"Idempotency-Key": "tap"}
    body = {"machine": "imprimante-1", "starts_at": wall(9, day).isoformat(), "ends_at": wall(10, day).isoformat()}
    connection.close()

    def tap(_number: int) -> requests.Response:
        return requests.post(f"{site.url}/api/v1/reservations", json=body, headers=headers, timeout=60)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(tap, range(10)))
    assert Counter(answer.status_code for answer in answers) == {201: 10}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Reservation.objects.count() == 1
