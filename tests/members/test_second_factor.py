"""The second sign-in step: the code app, rescue codes, passkeys, and what is somebody else's."""

import json
import re

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from members.models import AuditEntry, User
from members.second_factor import forget_second_factor
from tests.factories.members import PASSWORD, AdminFactory, MemberFactory, StaffFactory
from tests.members.acts import STEP, CodeApp, is_in, known, passkey_of, sign_in, step

pytestmark = pytest.mark.django_db
SECURITY, APP = "/compte/securite/", "/compte/securite/application/"


@pytest.fixture
def ines() -> User:
    return MemberFactory(username="inesm", email="ines@lab.example")


def rescue_codes(user: User) -> list[str]:
    return Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()


# --- the code app ---


def test_a_code_app_is_switched_on_with_the_code_it_shows(ines: User, app: CodeApp) -> None:
    client = known(ines)
    page = client.get(APP)
    app.secret = page.context["form"].secret
    html = page.content.decode()
    assert "data:image/svg+xml;base64," in html
    assert " ".join(re.findall("....", app.secret)) in html
    assert client.post(APP, {"code": app.code()}).url == reverse("mfa_view_recovery_codes")
    assert set(ines.authenticator_set.values_list("type", flat=True)) == {"totp", "recovery_codes"}


def test_the_address_in_the_picture_names_the_lab(ines: User) -> None:
    assert known(ines).get(APP).context["totp_url"].endswith("issuer=CAN%20Lab")


def test_a_wrong_code_switches_nothing_on(ines: User, app: CodeApp) -> None:
    client = known(ines)
    client.get(APP)
    assert client.post(APP, {"code": "000000"}).status_code == 200
    assert not ines.authenticator_set.exists()


def test_who_asked_for_a_password_by_mail_once_may_still_switch_it_on(ines: User) -> None:
    Client().post("/mot-de-passe-oublie/", {"email": ines.email})
    assert known(ines).get(APP).status_code == 200


def test_signing_in_needs_its_code(client: Client, ines: User, app: CodeApp) -> None:
    app.switch_on(ines)
    assert sign_in(client).url == STEP
    assert not is_in(client)
    assert step(client, app.code()).url == "/reservations/"
    assert is_in(client)


def test_the_step_is_not_reached_without_the_password(client: Client, ines: User, app: CodeApp) -> None:
    app.switch_on(ines)
    assert step(client, app.code()).url == "/connexion/"
    assert not is_in(client)


def test_the_back_office_waits_for_the_second_step_too(client: Client, app: CodeApp) -> None:
    app.switch_on(StaffFactory(username="chef"))
    sign_in(client, "chef")
    assert client.get("/gestion/").status_code == 302


def test_a_code_opens_once(ines: User, app: CodeApp) -> None:
    app.switch_on(ines)
    for opens in (True, False):
        client = Client()
        sign_in(client)
        step(client, app.code())
        assert is_in(client) == opens
    app.wait()
    step(client, app.code())
    assert is_in(client)


@pytest.mark.parametrize("wrong", ["000000", "", "abc", "0" * 500, "é", "12 34"])
def test_a_wrong_code_opens_nothing(client: Client, ines: User, app: CodeApp, wrong: str) -> None:
    app.switch_on(ines)
    sign_in(client)
    assert step(client, wrong).status_code == 200
    assert not is_in(client)


def test_five_wrong_codes_close_the_step_to_the_right_one_too(ines: User, app: CodeApp) -> None:
    app.switch_on(ines)
    for _ in range(5):
        client = Client()
        sign_in(client)
        step(client, "000000")
    answer = step(client, app.code())
    assert "Trop d’essais" in answer.content.decode()
    assert not is_in(client)


def test_a_code_of_somebody_else_opens_nothing(client: Client, ines: User, app: CodeApp) -> None:
    app.switch_on(ines)
    other = CodeApp().switch_on(MemberFactory())
    sign_in(client)
    step(client, other.code())
    assert not is_in(client)


# --- rescue codes ---


def test_a_rescue_code_opens_once(ines: User, app: CodeApp) -> None:
    app.switch_on(ines)
    code = rescue_codes(ines)[3]
    for opens in (True, False):
        client = Client()
        sign_in(client)
        step(client, code)
        assert is_in(client) == opens
    assert len(rescue_codes(ines)) == 9


def test_rescue_codes_are_shown_and_downloaded_after_the_password(ines: User, app: CodeApp) -> None:
    app.switch_on(ines)
    codes, client = rescue_codes(ines), known(ines)
    page = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    text = client.get(reverse("mfa_download_recovery_codes")).content.decode()
    assert [code for code in codes if f"{code[:4]} {code[4:]}" not in page] == []
    assert text.split() == codes


def test_new_rescue_codes_end_the_old_ones(client: Client, ines: User, app: CodeApp) -> None:
    app.switch_on(ines)
    old = rescue_codes(ines)[0]
    known(ines).post(reverse("mfa_generate_recovery_codes"))
    sign_in(client)
    step(client, old)
    assert not is_in(client)


# --- what asks for the password again, and what is somebody else's ---

GUARDED = ["mfa_activate_totp", "mfa_deactivate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes"]


@pytest.mark.parametrize("name", GUARDED)
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_password_is_asked_again_first(client: Client, ines: User, app: CodeApp, name: str, method: str) -> None:
    if name != "mfa_activate_totp":
        app.switch_on(ines)
    client.force_login(ines)
    before = list(ines.authenticator_set.values_list("type", "data"))
    answer = getattr(client, method)(reverse(name))
    assert (answer.status_code, answer.url.partition("?")[0]) == (302, "/connexion/verifier/")
    assert list(ines.authenticator_set.values_list("type", "data")) == before


@pytest.mark.parametrize("name", ["mfa_view_recovery_codes", "mfa_download_recovery_codes"])
def test_rescue_codes_are_not_shown_before_that(client: Client, ines: User, app: CodeApp, name: str) -> None:
    app.switch_on(ines)
    client.force_login(ines)
    assert client.get(reverse(name)).url.startswith("/connexion/verifier/?")


@pytest.mark.parametrize("name", ["mfa_edit_webauthn", "mfa_remove_webauthn"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_passkey_of_somebody_else_is_not_there(ines: User, name: str, method: str) -> None:
    theirs = passkey_of(MemberFactory())
    client = known(ines)
    answer = getattr(client, method)(reverse(name, kwargs={"pk": theirs.pk}), {"name": "à moi"})
    assert answer.status_code == 404
    theirs.refresh_from_db()
    assert theirs.data["name"] == "Canari"


def test_lists_show_one_s_own_keys_with_the_same_number_of_queries(ines: User) -> None:
    passkey_of(MemberFactory())
    client = known(ines)

    def counted() -> tuple[int, int]:
        with CaptureQueriesContext(
            connection,
        ) as found:
            page = client.get(reverse("mfa_list_webauthn")).content.decode()
        return len(found), page.count("Canari</b>")

    passkey_of(ines)
    client.get(reverse("mfa_list_webauthn"))
    few, one = counted()
    for _ in range(8):
        passkey_of(ines)
    many, nine = counted()
    assert (few, one, nine) == (many, 1, 9)


@pytest.mark.parametrize("path", [SECURITY, APP, "/compte/securite/cles/", "/compte/securite/codes/"])
def test_pages_of_the_second_step_are_not_kept_by_browsers(ines: User, app: CodeApp, path: str) -> None:
    if path != APP:
        app.switch_on(ines)
    assert "no-store" in known(ines).get(path).headers["Cache-Control"]


JUNK = ["", "x", "null", "[]", "{}", "1", '"x"', '{"response": 1}', '{"response": {"userHandle": "é"}}']
FORGED = {
    "id": "AAAA",
    "rawId": "AAAA",
    "type": "public-key",
    "response": {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AAAA", "userHandle": "MQ"},
}


@pytest.mark.parametrize("junk", [*JUNK, json.dumps(FORGED)])
def test_a_forged_passkey_opens_nothing_and_breaks_nothing(client: Client, ines: User, junk: str) -> None:
    client.get("/connexion/cle/", headers={"Accept": "application/json"})
    assert client.post("/connexion/cle/", {"credential": junk}).url == "/connexion/"
    assert not is_in(client)


@pytest.mark.parametrize("junk", [*JUNK, json.dumps(FORGED)])
def test_a_forged_passkey_is_no_second_step(client: Client, ines: User, app: CodeApp, junk: str) -> None:
    app.switch_on(ines)
    sign_in(client)
    client.get(STEP)
    assert client.post(STEP, {"credential": junk}).status_code == 200
    assert not is_in(client)


@pytest.mark.parametrize("junk", [*JUNK, json.dumps(FORGED)])
def test_a_forged_passkey_is_not_added(ines: User, junk: str) -> None:
    client = known(ines)
    client.get(reverse("mfa_add_webauthn"))
    assert client.post(reverse("mfa_add_webauthn"), {"credential": junk, "name": "x"}).status_code == 200
    assert not ines.authenticator_set.exists()


# --- sessions ---


def test_a_new_password_ends_the_other_sessions_of_an_account_with_a_second_step(ines: User, app: CodeApp) -> None:
    app.switch_on(ines)
    here, elsewhere = Client(), Client()
    for client in (elsewhere, here):
        sign_in(client)
        step(client, app.code())
        app.wait()
    fresh = "escabeau-violet-7"
    here.post("/compte/mot-de-passe/", {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh})
    assert (is_in(here), is_in(elsewhere)) == (True, False)


# --- a lost phone ---


def test_the_desk_forgets_the_second_step_of_somebody_whose_phone_is_lost(client: Client, ines: User, app) -> None:
    app.switch_on(ines)
    theirs = passkey_of(MemberFactory())
    forget_second_factor(actor=StaffFactory(), member=ines)
    assert sign_in(client).url == "/reservations/"
    assert list(Authenticator.objects.all()) == [theirs]
    assert AuditEntry.objects.filter(action="member.second_factor_forgotten", subject=f"user:{ines.pk}").exists()


@pytest.mark.parametrize("actor", [["facilitator"], ["member"], ["fab_manager"]])
def test_nobody_forgets_it_for_an_account_above_theirs(app: CodeApp, actor: list[str]) -> None:
    director = StaffFactory(roles=["director"])
    app.switch_on(director)
    with pytest.raises(PermissionDenied):
        forget_second_factor(actor=StaffFactory(roles=actor), member=director)
    assert director.authenticator_set.count() == 2


def test_the_command_does_it_for_an_administrator(app: CodeApp) -> None:
    admin = AdminFactory(username="chef")
    app.switch_on(admin)
    call_command("forget_second_factor", "CHEF")
    assert not admin.authenticator_set.exists()
    with pytest.raises(CommandError, match="Nobody signs in as 'personne'"):
        call_command("forget_second_factor", "personne")
