"""Desk cards: a QR and six digits that open one account, and shut after five wrong tries."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connections, transaction
from django.test import Client, override_settings

from members import cards
from members.models import AccessCard, AuditEntry
from members.queries import card_of_token
from members.services import issue_card, print_card_again, revoke_card, try_code, unlock_card
from tests.factories.members import AdminFactory, CardFactory, MemberFactory, StaffFactory

WRONG = "000000"


@pytest.fixture
def desk(db):
    return StaffFactory(roles=["desk"])


def wrong_code(card: AccessCard) -> str:
    return f"{(int(cards.code(card.nonce)) + 1) % 10**6:06}"


def sign_in(client: Client, name: str, code: str):
    return client.post("/connexion/", {"login": name, "password": code})


def test_the_database_holds_neither_the_code_nor_the_qr(desk) -> None:
    card = issue_card(actor=desk, person=MemberFactory())
    stored = str(AccessCard.objects.filter(pk=card.pk).values().get())
    assert cards.qr_token(card.nonce) not in stored
    assert re.fullmatch(r"\d{6}", cards.code(card.nonce))
    assert card_of_token(cards.qr_token(card.nonce)) == card


@pytest.mark.django_db
def test_a_card_printed_again_is_the_same_and_logged(desk) -> None:
    card = issue_card(actor=desk, person=MemberFactory())
    before = cards.code(card.nonce)
    assert cards.code(print_card_again(actor=desk, card=AccessCard.objects.get()).nonce) == before
    assert AuditEntry.objects.filter(action="card.printed", actor=desk).count() == 1


def test_name_and_code_sign_in_without_an_e_mail(desk, client: Client) -> None:
    member = MemberFactory(email="", phone="")
    card = issue_card(actor=desk, person=member)
    code = cards.code(card.nonce)
    assert sign_in(client, member.username.upper(), f"{code[:3]} {code[3:]}").url == "/reservations/"


def test_the_qr_and_the_code_sign_in(desk, client: Client) -> None:
    card = issue_card(actor=desk, person=MemberFactory())
    url = f"/carte/{cards.qr_token(card.nonce)}/"
    assert client.get(url).status_code == 200
    assert client.post(url, {"code": wrong_code(card)}).status_code == 403
    assert client.post(url, {"code": cards.code(card.nonce)}).url == "/reservations/"


def test_a_qr_that_was_never_printed_looks_like_any_other(desk, client: Client) -> None:
    card = issue_card(actor=desk, person=MemberFactory(first_name="Canari"))
    real, none = f"/carte/{cards.qr_token(card.nonce)}/", f"/carte/{'0' * 40}/"
    shown = [
        re.sub(r"csrfmiddlewaretoken.*?>|/carte/\w+/", "", client.get(url).content.decode()) for url in (real, none)
    ]
    assert shown[0] == shown[1]
    assert "Canari" not in shown[0]
    answers = [client.post(url, {"code": wrong_code(card)}) for url in (real, none)]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert len({str(answer.context["form"].errors["code"]) for answer in answers}) == 1


def test_five_wrong_codes_shut_the_card_until_the_desk_opens_it(desk, client: Client) -> None:
    card = issue_card(actor=desk, person=MemberFactory())
    assert [try_code(card, wrong_code(card)) for _try in range(5)] == [False] * 5
    assert try_code(card, cards.code(card.nonce)) is False
    assert sign_in(client, card.user.username, cards.code(card.nonce)).status_code == 200
    unlock_card(actor=desk, card=card)
    assert try_code(card, cards.code(card.nonce)) is True
    assert AccessCard.objects.get().failures == 0


def test_the_right_code_forgets_the_wrong_ones_before_it(desk) -> None:
    card = issue_card(actor=desk, person=MemberFactory())
    tries = [wrong_code(card)] * 4 + [cards.code(card.nonce)] + [wrong_code(card)] * 4 + [cards.code(card.nonce)]
    assert [try_code(card, code) for code in tries].count(True) == 2


def test_the_answer_is_the_same_for_no_account_no_card_a_shut_card_and_a_wrong_code(desk, client: Client) -> None:
    card, bare = issue_card(actor=desk, person=MemberFactory()), MemberFactory()
    shut = CardFactory(failures=5)
    names = [("personne", WRONG), (bare.username, WRONG), (card.user.username, wrong_code(card))]
    names.append((shut.user.username, cards.code(shut.nonce)))
    said = [sign_in(client, *pair).context["form"].errors.as_text() for pair in names]
    assert len(set(said)) == 1


def test_a_new_card_ends_the_old_one_and_what_it_opened(desk, client: Client) -> None:
    member = MemberFactory()
    old = issue_card(actor=desk, person=member)
    sign_in(client, member.username, cards.code(old.nonce))
    assert client.get("/reservations/").status_code == 200
    issue_card(actor=desk, person=member)
    assert client.get("/reservations/").status_code == 302
    assert (try_code(old, cards.code(old.nonce)), card_of_token(cards.qr_token(old.nonce))) == (False, None)


def test_a_revoked_card_opens_nothing(desk, client: Client) -> None:
    card = issue_card(actor=desk, person=MemberFactory())
    revoke_card(actor=desk, person=card.user)
    assert sign_in(client, card.user.username, cards.code(card.nonce)).status_code == 200
    assert client.post(f"/carte/{cards.qr_token(card.nonce)}/", {"code": cards.code(card.nonce)}).status_code == 403


def test_nobody_makes_a_card_for_themselves_or_for_somebody_above(desk) -> None:
    for person in (desk, AdminFactory(), StaffFactory(roles=["fab_manager"])):
        with pytest.raises(PermissionDenied):
            issue_card(actor=desk, person=person)
    assert not AccessCard.objects.exists()


def test_a_rotated_secret_key_still_knows_the_codes(desk, settings) -> None:
    card = issue_card(actor=desk, person=MemberFactory())
    code = cards.code(card.nonce)
    with override_settings(SECRET_KEY="another one", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        assert cards.is_code(card.nonce, code)
    with override_settings(SECRET_KEY="another one"):
        assert not cards.is_code(card.nonce, code)


@pytest.mark.django_db
def test_the_database_allows_one_live_card_a_person() -> None:
    card = CardFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        CardFactory(user=card.user)


@pytest.mark.parallel
def test_forty_wrong_codes_at_once_are_judged_five_times(committed_db, monkeypatch: pytest.MonkeyPatch) -> None:
    card, judged = CardFactory(), []
    real = cards.is_code
    monkeypatch.setattr(cards, "is_code", lambda nonce, text: judged.append(text) or real(nonce, text))

    def attempt(_number: int) -> bool:
        try:
            return try_code(card, wrong_code(card))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert not any(pool.map(attempt, range(40)))
    assert len(judged) == cards.MOST_FAILURES
