"""Who must have a second sign-in step, and what is shut until they do."""

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from members import services
from members.models import User
from tests.factories.members import AdminFactory, MemberFactory, StaffFactory, bearer
from tests.members.acts import CodeApp, known, passkey_of

pytestmark = pytest.mark.django_db
SECURITY = "/compte/securite/"
ROLES = {"member": False, "mentor": False, "facilitator": False, "fab_manager": True, "director": True, "editor": False}
OPEN = [
    SECURITY,
    "/en/compte/securite/",
    "/compte/mot-de-passe/",
    "/deconnexion/",
    "/connexion/verifier/",
    "/compte/securite/cles/",
    "/healthz",
    "/static/css/lab.css",
]


@pytest.fixture
def required(settings):
    settings.MFA_REQUIRED = True
    return settings


def client_of(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def led_to_security(client: Client, path: str, method: str = "get") -> bool:
    answer = getattr(client, method)(path)
    return answer.status_code == 302 and answer.url.endswith(SECURITY)


@pytest.mark.parametrize(("role", "owes"), ROLES.items())
def test_roles_that_manage_members_are_led_to_the_security_page(required, role: str, owes: bool) -> None:
    client = client_of(StaffFactory(roles=[role]))
    assert {led_to_security(client, path) for path in ("/", "/machines/", "/gestion/", "/compte/")} == {owes}


@pytest.mark.parametrize("path", ["/", "/en/compte/", "/gestion/membres/", "/agenda/", "/tableau/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_administrator_too_on_every_page_and_for_every_act(required, path: str, method: str) -> None:
    assert led_to_security(client_of(AdminFactory()), path, method)


@pytest.mark.parametrize("path", OPEN)
def test_what_stays_open(required, path: str) -> None:
    assert client_of(AdminFactory()).get(path).status_code == 200


def test_strangers_are_asked_nothing(required, client: Client) -> None:
    assert not led_to_security(client, "/")


@pytest.mark.parametrize("role", [*ROLES, "admin"])
def test_nobody_is_when_the_lab_does_not_ask_for_it(role: str) -> None:
    user = AdminFactory() if role == "admin" else StaffFactory(roles=[role])
    assert not led_to_security(client_of(user), "/compte/")


def test_the_security_page_says_why(required) -> None:
    told = "avant tout le reste"
    assert told in client_of(AdminFactory()).get(SECURITY).content.decode()
    assert told not in client_of(MemberFactory()).get(SECURITY).content.decode()


def test_a_code_app_or_a_passkey_is_enough_rescue_codes_are_not(required, app: CodeApp) -> None:
    with_app, with_key, with_codes = StaffFactory(), StaffFactory(), StaffFactory()
    app.switch_on(with_app)
    passkey_of(with_key)
    Authenticator.objects.create(user=with_codes, type="recovery_codes", data={"seed": "x", "used_mask": 0})
    passkey_of(MemberFactory())
    led = [led_to_security(client_of(user), "/compte/") for user in (with_app, with_key, with_codes)]
    assert led == [False, False, True]


def test_the_rule_applies_again_at_once_when_the_last_one_is_removed(required, app: CodeApp) -> None:
    chief = StaffFactory()
    app.switch_on(chief)
    client = known(chief)
    assert not led_to_security(client, "/compte/")
    assert client.post(reverse("mfa_deactivate_totp")).url == SECURITY
    assert led_to_security(client, "/compte/")


def test_who_becomes_a_manager_owes_it_at_once(required) -> None:
    member = MemberFactory()
    client = client_of(member)
    assert not led_to_security(client, "/compte/")
    services.set_roles(actor=AdminFactory(), member=member, roles=["fab_manager"])
    assert led_to_security(client, "/compte/")


@pytest.mark.parametrize(("role", "more"), [("member", 0), ("editor", 0), ("fab_manager", 1)])
def test_it_costs_one_query_of_managers_and_none_of_others(settings, app: CodeApp, role: str, more: int) -> None:
    user = StaffFactory(roles=[role])
    app.switch_on(user)
    client = client_of(user)

    def counted(*, required: bool) -> int:
        settings.MFA_REQUIRED = required
        with CaptureQueriesContext(connection) as found:
            assert client.get("/compte/").status_code == 200
        return len(found)

    counted(required=True)
    assert counted(required=True) - counted(required=False) == more


# --- the API ---

MINE = "/api/v1/reservations"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer lab_rien"}], ids=["cookie", "cookie and no token"])
def test_the_api_refuses_the_session_of_who_owes_it(required, headers: dict) -> None:
    answer = client_of(StaffFactory()).get(MINE, headers=headers)
    assert answer.status_code == 403
    problem = answer.json()["problems"][0]
    assert problem["message"] == "Prépare d’abord une deuxième étape de connexion."
    assert problem["next_step"]["url"] == SECURITY


def test_what_strangers_may_read_costs_no_question_about_the_second_step(required, django_assert_num_queries) -> None:
    client = client_of(StaffFactory())
    with django_assert_num_queries(4):
        assert client.get("/api/v1/machines").status_code == 200


def test_the_api_refuses_in_the_language_of_the_caller(required) -> None:
    answer = client_of(StaffFactory()).get(MINE, headers={"Accept-Language": "en"})
    assert answer.json()["problems"][0]["message"] == "Set up a second sign-in step first."


def test_tokens_need_no_second_step(required, client: Client) -> None:
    chief = StaffFactory()
    assert client.get(MINE, headers=bearer(chief)).status_code == 200
    assert client_of(chief).get(MINE, headers=bearer(chief)).status_code == 200


def test_the_api_answers_members_and_whoever_has_the_second_step(required, app: CodeApp) -> None:
    chief = StaffFactory()
    app.switch_on(chief)
    assert [client_of(user).get(MINE).status_code for user in (chief, MemberFactory())] == [200, 200]
