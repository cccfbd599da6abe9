"""Sign in, sign out, passwords: what a stranger may learn and what an attacker may try."""

import re

import pytest
from django.core import mail
from django.test import Client

from members import services
from tests.factories.members import PASSWORD, AdminFactory, MemberFactory, StaffFactory

pytestmark = pytest.mark.django_db
LOGIN, RESET, CHANGE = "/connexion/", "/mot-de-passe-oublie/", "/compte/mot-de-passe/"


@pytest.fixture
def ines():
    return MemberFactory(username="inesm", email="ines@lab.example")


def sign_in(client: Client, login: str = "inesm", password: str = PASSWORD, **extra):
    return client.post(LOGIN, {"login": login, "password": password}, **extra)


def is_in(client: Client) -> bool:
    return client.get("/reservations/").status_code == 200


@pytest.mark.parametrize("login", ["inesm", "INESM", "ines@lab.example", "Ines@LAB.example", " inesm "])
def test_one_signs_in_by_name_or_address(client: Client, ines, login: str) -> None:
    assert sign_in(client, login).url == "/reservations/"
    assert is_in(client)


@pytest.mark.parametrize(("login", "password"), [("inesm", "faux"), ("inesm", ""), ("personne", PASSWORD), ("", "")])
def test_a_wrong_password_lets_nobody_in(client: Client, ines, login: str, password: str) -> None:
    assert sign_in(client, login, password).status_code == 200
    assert not is_in(client)


def test_known_and_unknown_names_are_refused_alike(ines) -> None:
    def answer(login: str) -> tuple[int, str]:
        found = sign_in(Client(), login, "faux")
        html = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", found.content.decode())
        return found.status_code, html.replace(login, "…")

    assert answer("inesm") == answer("personne")


def test_a_closed_account_cannot_sign_in_and_its_session_ends(client: Client, ines) -> None:
    sign_in(client)
    services.deactivate_member(actor=StaffFactory(), member=ines, reason="départ")
    assert not is_in(client)
    sign_in(client)
    assert not is_in(client)


# --- throttle ---


def test_five_wrong_passwords_close_the_account_for_a_while_to_the_right_one_too(client: Client, ines) -> None:
    for _ in range(5):
        sign_in(client, password="faux")
    assert not sign_in(client).headers.get("Location")
    assert not is_in(client)


def test_other_accounts_stay_open(client: Client, ines) -> None:
    MemberFactory(username="karim")
    for _ in range(6):
        sign_in(client, password="faux")
    sign_in(client, "karim")
    assert is_in(client)


def test_writing_the_name_otherwise_gives_no_more_tries(ines) -> None:
    spellings = ["inesm", "INESM", "Inesm", "iNesm", " inesm", "inesm "]
    for spelling in spellings:
        sign_in(Client(), spelling, "faux")
    client = Client()
    sign_in(client, "inEsm")
    assert not is_in(client)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-Ip", "Forwarded", "Client-Ip"])
def test_a_forged_address_gives_no_more_tries(ines, header: str) -> None:
    MemberFactory(username="karim")
    for number in range(40):
        sign_in(Client(), f"personne{number}", "faux", headers={header: f"203.0.113.{number}"})
    client = Client()
    sign_in(client, "karim", headers={header: "198.51.100.7"})
    assert not is_in(client)


def test_many_tries_from_one_address_do_not_close_another(ines) -> None:
    for number in range(40):
        sign_in(Client(REMOTE_ADDR="203.0.113.9"), f"personne{number}", "faux")
    client = Client(REMOTE_ADDR="198.51.100.7")
    sign_in(client)
    assert is_in(client)


# --- next ---


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "\t//evil.example",
        "http:///evil.example",
    ],
)
def test_one_stays_on_the_site(client: Client, ines, target: str) -> None:
    answer = client.post(f"{LOGIN}?next={target}", {"login": "inesm", "password": PASSWORD, "next": target})
    assert (answer.status_code, answer.url) == (302, "/reservations/")


def test_one_goes_where_one_was_going(client: Client, ines) -> None:
    page = "/machines/imprimante-1/reserver/?jour=2026-11-25"
    assert client.post(LOGIN, {"login": "inesm", "password": PASSWORD, "next": page}).url == page


# --- sessions ---


def test_signing_out_takes_a_post_and_ends_the_session(client: Client, ines) -> None:
    sign_in(client)
    cookie = client.cookies["sessionid"].value
    client.get("/deconnexion/")
    assert is_in(client)
    client.post("/deconnexion/")
    thief = Client()
    thief.cookies["sessionid"] = cookie
    assert (is_in(client), is_in(thief)) == (False, False)


def test_sessions_elsewhere_die_when_the_password_changes(client: Client, ines) -> None:
    elsewhere = Client()
    sign_in(elsewhere)
    sign_in(client)
    fresh = "escabeau-violet-7"
    answer = client.post(CHANGE, {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh})
    assert answer.status_code == 302
    assert (is_in(client), is_in(elsewhere)) == (True, False)


def test_sessions_die_when_the_desk_renews_the_password(client: Client, ines) -> None:
    sign_in(client)
    services.renew_password(actor=AdminFactory(), member=ines)
    assert not is_in(client)


@pytest.mark.parametrize(
    "form",
    [
        {"oldpassword": "faux", "password1": "escabeau-violet-7", "password2": "escabeau-violet-7"},
        {"oldpassword": PASSWORD, "password1": "escabeau-violet-7", "password2": "autre"},
        {"oldpassword": PASSWORD, "password1": "inesm", "password2": "inesm"},
        {"oldpassword": PASSWORD, "password1": "password", "password2": "password"},
    ],
)
def test_a_new_password_is_checked(client: Client, ines, form: dict) -> None:
    sign_in(client)
    assert client.post(CHANGE, form).status_code == 200
    ines.refresh_from_db()
    assert ines.check_password(PASSWORD)


def test_cookies_are_out_of_reach_of_scripts(client: Client, ines) -> None:
    sign_in(client)
    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.parametrize("path", ["/reservations/", "/compte/", CHANGE])
def test_private_pages_are_not_kept_by_browsers(client: Client, ines, path: str) -> None:
    client.force_login(ines)
    assert "no-store" in client.get(path).headers["Cache-Control"]


# --- forgotten passwords ---


def ask(address: str, **extra) -> tuple[int, str, str]:
    answer = Client(**extra).post(RESET, {"email": address})
    html = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
    return answer.status_code, answer.headers.get("Location", ""), html.replace(address, "…")


def test_asking_for_a_password_does_not_tell_whether_an_address_is_known(ines) -> None:
    assert ask("ines@lab.example") == ask("personne@lab.example")
    assert [message.to for message in mail.outbox] == [["ines@lab.example"]]


def link() -> str:
    return re.search(r"https?://[^/\s]+(/mot-de-passe-oublie/\S+)", mail.outbox[0].body)[1]


def test_a_forgotten_password_is_replaced_by_mail_once(client: Client, ines) -> None:
    ask("ines@lab.example")
    form, fresh = client.get(link(), follow=True), "escabeau-violet-7"
    client.post(form.redirect_chain[-1][0], {"password1": fresh, "password2": fresh})
    ines.refresh_from_db()
    assert ines.check_password(fresh)
    again = Client().get(link(), follow=True)
    assert "password1" not in again.content.decode()


def test_a_forged_link_changes_nothing(client: Client, ines) -> None:
    ask("ines@lab.example")
    forged = re.sub(r"-[^-]+/$", "-abcdef/", link())
    assert "password1" not in client.get(forged, follow=True).content.decode()


def test_a_forged_host_never_reaches_a_mail(ines) -> None:
    answer = Client().post(RESET, {"email": "ines@lab.example"}, headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert mail.outbox == []


# --- joining ---


def join(client: Client, **more):
    values = {"first_name": "Zoë", "last_name": "Çelik", "birth_date": "2012-03-04"}
    return client.post("/adherer/", {**values, **more})


def test_a_newcomer_asks_to_join_and_gets_no_account(client: Client) -> None:
    from members.models import JoinRequest, User

    assert join(client).url == "/adherer/merci/"
    assert (JoinRequest.objects.get().first_name, User.objects.filter(first_name="Zoë").count()) == ("Zoë", 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"birth_date": "2999-01-01"},
        {"birth_date": "hier"},
        {"first_name": ""},
        {"first_name": "a\x00b"},
        {"email": "x"},
    ],
)
def test_a_wrong_request_is_shown_again(client: Client, wrong: dict) -> None:
    assert join(client, **wrong).status_code == 400


def test_hidden_fields_change_nothing(client: Client) -> None:
    from members.models import JoinRequest

    join(client, state="accepted", decided_by="1", member="1", channel="desk", is_staff="1")
    made = JoinRequest.objects.get()
    assert (made.state, made.decided_by, made.member, made.channel) == ("pending", None, None, "online")


@pytest.mark.parametrize("path", ["/inscription/", "/adherer/"])
def test_there_is_no_open_sign_up(client: Client, path: str) -> None:
    from members.models import User

    client.post(path, {"username": "moi", "password1": "escabeau-7", "password2": "escabeau-7", "email": "a@b.fr"})
    assert not User.objects.filter(username="moi").exists()
