"""The sign-in pages: our words, our frame, one title each."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from members.models import User

ANONYMOUS = [
    "account_login",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
]
SIGNED_IN = ["account_logout", "account_change_password", "account_reauthenticate"]
MAIN = re.compile(r'<main id="main".*?</main>', re.DOTALL)


def main_of(page: str) -> str:
    found = MAIN.search(page)
    assert found
    return found[0]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ANONYMOUS)
def test_a_page_for_somebody_signed_out(client: Client, name: str) -> None:
    page = client.get(reverse(name))
    assert page.status_code == 200
    assert main_of(page.content.decode()).count("<h1>") == 1


@pytest.mark.django_db
@pytest.mark.parametrize("name", SIGNED_IN)
def test_a_page_for_somebody_signed_in(client: Client, name: str) -> None:
    user = User.objects.create_user("yanis", password="une phrase longue")
    client.force_login(user)
    page = client.get(reverse(name))
    assert page.status_code == 200
    body = main_of(page.content.decode())
    assert (body.count("<h1>"), body.count("<button")) == (1, 1)


@pytest.mark.django_db
def test_a_dead_link_offers_a_new_one(client: Client) -> None:
    page = client.get(reverse("account_reset_password_from_key", kwargs={"uidb36": "1", "key": "nothing"}))
    body = main_of(page.content.decode())
    assert reverse("account_reset_password") in body
    assert "<form" not in body


@pytest.mark.django_db
def test_a_wrong_password_is_told_once_and_announced(client: Client) -> None:
    page = client.post(reverse("account_login"), {"login": "nobody", "password": "nothing"})
    body = main_of(page.content.decode())
    assert body.count('<div role="alert"><ul class="errors">') == 1
    assert "nothing" not in body


@pytest.mark.django_db
def test_too_many_tries_get_our_page(client: Client, settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    first, second = (client.post(reverse("account_login"), {"login": "yanis", "password": "nothing"}) for _ in "12")
    assert (first.status_code, second.status_code) == (200, 429)
    assert [template.name for template in second.templates][:2] == ["429.html", "base.html"]
