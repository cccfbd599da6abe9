"""Signing in with a code sent by e-mail: who gets one, how often one may try, what a stranger learns."""

import re
import time
from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client

from members import services
from members.models import User
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory
from tests.members.acts import CodeApp, is_in

pytestmark = pytest.mark.django_db
ASK, TYPE = "/connexion/code/", "/connexion/code/verifier/"
KNOWN, UNKNOWN = "ines@lab.example", "personne@lab.example"


@pytest.fixture
def ines() -> User:
    return MemberFactory(username="inesm", email=KNOWN)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let so many seconds pass since the start of the test, for codes and throttles."""

    start = time.time()

    def pass_by(seconds: int) -> None:
        monkeypatch.setattr(time, "time", lambda: start + seconds)

    return pass_by


def ask(client: Client, address: str = KNOWN, **extra):
    return client.post(ASK, {"email": address}, **extra)


def sent_code() -> str:
    return re.search(r"\b[0-9]{6}\b", mail.outbox[-1].body)[0]


def wrong_code() -> str:
    return f"{(int(sent_code()) + 1) % 1_000_000:06}" if mail.outbox else "123456"


def type_code(client: Client, code: str):
    return client.post(TYPE, {"code": code})


def test_the_code_of_the_mail_signs_in(client: Client, ines: User) -> None:
    assert ask(client).url == TYPE
    assert not is_in(client)
    assert type_code(client, sent_code()).url == "/reservations/"
    assert is_in(client)


def test_one_goes_where_one_was_going(client: Client, ines: User) -> None:
    asked = client.post(f"{ASK}?next=/compte/", {"email": KNOWN, "next": "/compte/"})
    assert client.post(asked.url, {"code": sent_code(), "next": "/compte/"}).url == "/compte/"


def test_the_mail_says_what_the_code_is_for_and_keeps_it_out_of_the_subject(client: Client, ines: User) -> None:
    ask(client)
    message = mail.outbox[0]
    assert (message.to, message.subject) == ([KNOWN], "Ton code de connexion")
    assert "dix minutes" in message.body


def test_a_code_works_once_and_in_the_browser_that_asked(client: Client, ines: User) -> None:
    ask(client)
    thief = Client()
    type_code(thief, sent_code())
    type_code(client, sent_code())
    type_code(thief, sent_code())
    assert (is_in(client), is_in(thief)) == (True, False)


def test_the_third_wrong_code_ends_it_to_the_right_one_too(client: Client, ines: User) -> None:
    ask(client)
    answers = [type_code(client, wrong_code()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 302]
    assert answers[-1].url == ASK
    type_code(client, sent_code())
    assert not is_in(client)


def test_two_wrong_codes_do_not(client: Client, ines: User) -> None:
    ask(client)
    for _ in range(2):
        type_code(client, wrong_code())
    type_code(client, sent_code())
    assert is_in(client)


@pytest.mark.parametrize(("seconds", "opens"), [(590, True), (610, False)])
def test_a_code_works_for_ten_minutes(client: Client, ines: User, later, seconds: int, opens: bool) -> None:
    ask(client)
    later(seconds)
    type_code(client, sent_code())
    assert is_in(client) == opens


# --- what a stranger learns ---


def seen(address: str) -> list[tuple[int, str, str]]:
    """Everything a browser sees from the asking to the end of the tries, the address itself left out."""
    client = Client()
    answers = [ask(client, address), client.get(TYPE), *(type_code(client, "x") for _ in range(3)), client.get(ASK)]
    return [
        (answer.status_code, answer.headers.get("Location", ""), plain(answer.content.decode(), address))
        for answer in answers
    ]


def plain(html: str, address: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", html).replace(address, "…")


def test_an_unknown_address_gets_the_same_pages_and_no_mail(ines: User) -> None:
    assert seen(KNOWN) == seen(UNKNOWN)
    assert [message.to for message in mail.outbox] == [[KNOWN]]


def test_a_closed_account_gets_no_code(client: Client, ines: User) -> None:
    services.deactivate_member(actor=StaffFactory(), member=ines, reason="départ")
    assert ask(client).url == TYPE
    assert mail.outbox == []


def test_an_account_closed_after_the_mail_stays_closed(client: Client, ines: User) -> None:
    ask(client)
    services.deactivate_member(actor=StaffFactory(), member=ines, reason="départ")
    type_code(client, sent_code())
    assert not is_in(client)


def test_an_address_that_the_desk_replaced_opens_nothing(client: Client, ines: User) -> None:
    """Also after a forgotten password was asked for at the old one."""
    client.post("/mot-de-passe-oublie/", {"email": KNOWN})
    services.update_member(actor=StaffFactory(), member=ines, email="nouveau@lab.example")
    mail.outbox.clear()
    ask(client)
    client.post("/mot-de-passe-oublie/", {"email": KNOWN})
    assert mail.outbox == []


def test_an_address_passed_on_opens_the_account_of_whoever_has_it_now(client: Client, ines: User) -> None:
    ask(client)
    type_code(client, sent_code())
    services.update_member(actor=StaffFactory(), member=ines, email="")
    nora = AdultFactory(username="nora", email=KNOWN)
    other = Client()
    ask(other)
    type_code(other, sent_code())
    assert other.get("/compte/").context["user"] == nora


@pytest.mark.parametrize("address", ["", "inesm", "a\x00@b.fr", "a" * 400 + "@b.fr", "a@b.fr\nBcc: c@d.fr"])
def test_what_is_no_address_is_shown_again(client: Client, ines: User, address: str) -> None:
    assert ask(client, address).status_code == 200
    assert mail.outbox == []


@pytest.mark.parametrize("path", [ASK, "/connexion/"])
def test_somebody_without_an_address_is_told_to_come_to_the_desk(client: Client, path: str) -> None:
    assert "Passe à l’accueil" in client.get(path).content.decode()


def test_the_sign_in_page_leads_to_the_code(client: Client) -> None:
    page = client.get("/connexion/?next=/compte/").content.decode()
    assert f'href="{ASK}?next=%2Fcompte%2F"' in page
    assert "Recevoir un code par e-mail" in page


def test_one_may_leave_for_another_way_in(client: Client, ines: User) -> None:
    ask(client)
    assert client.get("/connexion/").url == TYPE
    assert client.post("/deconnexion/", {"next": "/connexion/"}).url == "/connexion/"
    assert client.get("/connexion/").status_code == 200


# --- throttle ---


def test_three_codes_in_ten_minutes_for_an_address_however_it_is_written(ines: User) -> None:
    for spelling in (KNOWN, KNOWN.upper(), KNOWN.title(), f" {KNOWN}"):
        ask(Client(), spelling)
    assert len(mail.outbox) == 3


def test_the_fourth_is_refused_in_words_and_unknown_addresses_are_refused_alike(ines: User) -> None:
    def fourth(address: str) -> tuple[int, str]:
        answer = [ask(Client(), address) for _ in range(4)][-1]
        return answer.status_code, plain(answer.content.decode(), address)

    assert fourth(KNOWN) == fourth(UNKNOWN)
    assert "Trop d’essais" in fourth(KNOWN)[1]


def test_ten_codes_a_day_for_an_address(ines: User, later) -> None:
    for number in range(20):
        later(number * 660)
        ask(Client(), REMOTE_ADDR=f"203.0.113.{number}")
    assert len(mail.outbox) == 10


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-Ip", "Forwarded"])
def test_many_addresses_asked_from_one_place_are_throttled_whatever_it_claims(ines: User, header: str) -> None:
    for number in range(20):
        ask(Client(), f"personne{number}@lab.example", headers={header: f"203.0.113.{number}"})
    assert ask(Client(), headers={header: "198.51.100.7"}).status_code == 200
    assert mail.outbox == []


def test_behind_a_trusted_proxy_the_visitor_is_counted_not_the_proxy(ines: User, settings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(21):
        ask(Client(), f"personne{number}@lab.example", headers={"X-Forwarded-For": "203.0.113.9"})
    ask(Client(), headers={"X-Forwarded-For": "198.51.100.7"})
    assert len(mail.outbox) == 1


def test_codes_typed_from_one_place_are_throttled_however_many_were_asked(ines: User) -> None:
    client = Client()
    statuses = [type_code(client, "123456").status_code for _ in range(31)]
    assert (statuses[-2], statuses[-1]) == (302, 429)


# --- with a second step ---


def test_a_code_by_mail_does_not_replace_the_second_step(client: Client, ines: User, app: CodeApp) -> None:
    app.switch_on(ines)
    ask(client)
    assert type_code(client, sent_code()).url == "/connexion/verifier-code/"
    assert not is_in(client)
    client.post("/connexion/verifier-code/", {"code": app.code()})
    assert is_in(client)
