"""The pages of the house itself."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test import Client, RequestFactory

from fablab import views
from iot_bridge.models import BridgeReport
from iot_bridge.queries import Beats
from members.models import User


@pytest.fixture
def fresh_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views.bridge, "bridge_beats", lambda _now: Beats(timedelta(seconds=59)))


def test_healthz_needs_no_database(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.usefixtures("db", "fresh_bridge")
def test_ready_when_database_migrations_and_bridge_are(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "problems": {}})


@pytest.mark.usefixtures("db", "fresh_bridge")
def test_a_missing_broker_is_named_and_visitors_still_come(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views.bridge, "bridge_reports", lambda _of: [BridgeReport(connected=False)])
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["notices"]) == (200, {"broker": "the bridge has no broker"})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("beats", "problem"),
    [
        (Beats(None), "the bridge has never run"),
        (Beats(timedelta(seconds=60)), "last heartbeat 60 s ago"),
        (Beats(timedelta(), (1, 2), 3), "partition 1, 2 of 3 has never run"),
    ],
)
def test_a_silent_bridge_is_named(client: Client, monkeypatch: pytest.MonkeyPatch, beats: Beats, problem: str) -> None:
    monkeypatch.setattr(views.bridge, "bridge_beats", lambda _now: beats)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["problems"]) == (503, {"bridge": problem})


@pytest.mark.usefixtures("db", "fresh_bridge")
def test_a_missing_migration_is_named(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'workshops'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert set(answer.json()["problems"]) == {"migrations"}


def test_a_database_that_does_not_answer_is_named(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise DatabaseError("secret-host:5432 refused")

    monkeypatch.setattr(views, "CHECKS", {"database": broken})
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["problems"] == {"database": "the database does not answer"}


@pytest.mark.django_db
def test_the_style_guide_is_for_staff(client: Client) -> None:
    assert client.get("/styleguide/").status_code == 404
    client.force_login(User.objects.create_user("yanis"))
    assert client.get("/styleguide/").status_code == 404
    client.force_login(User.objects.create_user("samia", is_staff=True))
    assert client.get("/styleguide/").status_code == 200


@pytest.mark.django_db
def test_builders_see_the_style_guide_without_signing_in(client: Client, settings) -> None:
    settings.DEBUG = True
    assert client.get("/styleguide/").status_code == 200


@pytest.mark.django_db
def test_a_wrong_address_gets_the_menu_and_a_way_on(client: Client) -> None:
    page = client.get("/rien-ici/")
    assert page.status_code == 404
    assert [template.name for template in page.templates][:2] == ["404.html", "base.html"]


def test_the_broken_page_needs_no_database() -> None:
    page = views.server_error(RequestFactory().get("/"))
    assert page.status_code == 500
    assert page.content.count(b"<h1>") == 1
