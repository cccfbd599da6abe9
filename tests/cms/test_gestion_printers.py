"""How a printer in the network is reached: the code is never shown, the certificate is compared by a person."""

import pytest
from django.urls import reverse

from iot_bridge.models import PrinterLink
from members.models import AuditEntry
from tests.factories.iot_bridge import DeviceFactory
from tests.factories.members import StaffFactory

pytestmark = pytest.mark.django_db
SEEN = "ab" * 32


@pytest.fixture
def page(client):
    client.force_login(StaffFactory(roles=["fab_manager"]))
    return reverse("lab_device_link", args=[DeviceFactory(kind="bambu", base="01S00A000000001").pk])


def fill(client, page, **fields):
    return client.post(page, {"host": "192.0.2.7", "access_code": "12345678", "fingerprint": "", **fields})


def test_the_code_is_kept_and_never_shown_nor_logged(client, page):
    assert fill(client, page).status_code == 302
    assert fill(client, page, access_code="", host="192.0.2.8").status_code == 302
    assert PrinterLink.objects.values_list("host", "access_code").get() == ("192.0.2.8", "12345678")
    assert "12345678" not in client.get(page).content.decode()
    assert "12345678" not in str(list(AuditEntry.objects.values()))


def test_a_first_link_needs_its_code(client, page):
    assert fill(client, page, access_code="").status_code == 200
    assert not PrinterLink.objects.exists()


def test_the_fingerprint_that_was_seen_is_shown_until_one_is_noted(client, page):
    fill(client, page)
    PrinterLink.objects.update(seen_fingerprint=SEEN)
    assert SEEN in client.get(page).content.decode()
    fill(client, page, access_code="", fingerprint=":".join(["AB"] * 32))
    assert PrinterLink.objects.get().fingerprint == SEEN
    fill(client, page, access_code="", host="192.0.2.9", fingerprint=SEEN)
    assert PrinterLink.objects.get().seen_fingerprint == ""


@pytest.mark.parametrize("wrong", ["abc", "g" * 64])
def test_what_is_no_fingerprint_is_refused(client, page, wrong):
    assert fill(client, page, fingerprint=wrong).status_code == 200
    assert not PrinterLink.objects.exists()


def test_a_device_of_another_kind_has_no_such_page(client, page):
    assert client.get(reverse("lab_device_link", args=[DeviceFactory().pk])).status_code == 404
