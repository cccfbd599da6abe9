"""What people of these tests do: sign in, type a code, hold a code app or a passkey."""

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from members.models import User
from tests.factories.members import PASSWORD

STEP = "/connexion/verifier-code/"


class CodeApp:
    """The app on somebody's phone: `code()` is what it shows, `wait()` lets it show the next one."""

    def __init__(self) -> None:
        self.counter, self.secret = 56_000_000, totp.generate_totp_secret()

    def switch_on(self, user: User) -> "CodeApp":
        totp.TOTP.activate(user, self.secret)
        RecoveryCodes.activate(user)
        return self

    def code(self) -> str:
        return totp.format_hotp_value(totp.hotp_value(self.secret, self.counter))

    def wait(self) -> None:
        self.counter += 1


def passkey_of(user: User) -> Authenticator:
    """Give a person a row that counts as a passkey; no device can use it."""
    return Authenticator.objects.create(user=user, type="webauthn", data={"name": "Canari", "credential": {}})


def sign_in(client: Client, username: str = "inesm"):
    return client.post("/connexion/", {"login": username, "password": PASSWORD})


def step(client: Client, code: str):
    return client.post(STEP, {"code": code})


def is_in(client: Client) -> bool:
    return client.get("/reservations/").status_code == 200


def known(user: User) -> Client:
    """Return a client of somebody who has just given the password once more."""
    client = Client()
    client.force_login(user)
    client.post("/connexion/verifier/", {"password": PASSWORD})
    return client
