"""Passkeys with an authenticator that Chromium plays, and every screen of the second step as people see it."""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from members.models import User
from tests.e2e.screens import NARROW, faults_of, picture, too_wide, type_password, violations
from tests.factories.members import PASSWORD, MemberFactory, StaffFactory
from tests.members.acts import CodeApp
from tests.services.browser import DESKTOP, PHONE, opened_page

pytestmark = pytest.mark.e2e
SECURITY = [
    "mfa_index",
    "mfa_activate_totp",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
]
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Device:
    """The phone's own lock, as Chromium plays it; `lock` makes it refuse."""

    def __init__(self, page: Page) -> None:
        self.cdp = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable")
        self.key = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]

    def lock(self) -> None:
        self.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self.key, "isUserVerified": False})


@pytest.fixture
def url(site, settings) -> str:
    """The site as `localhost`: a browser gives no passkey to a bare address, nor the site one without HTTPS."""
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    return site.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def ines(url: str) -> User:
    return MemberFactory(username="inesm")


@pytest.fixture
def errors(phone: Page) -> Iterator[list[str]]:
    """What the console complains of: the content security policy, scripts that fail; not the icon browsers guess."""
    found: list[str] = []

    def listen(told: ConsoleMessage) -> None:
        if told.type == "error" and not told.location["url"].endswith("/favicon.ico"):
            found.append(told.text)

    phone.on("console", listen)
    phone.on("pageerror", lambda error: found.append(str(error)))
    yield found
    assert found == []


def sign_in(page: Page, url: str, username: str = "inesm") -> None:
    type_password(page, url, username)
    page.wait_for_url(f"{url}/reservations/")


def add_passkey(page: Page, url: str, name: str = "Mon téléphone", *, alone: bool = True) -> None:
    """Add a first passkey and arrive at the rescue codes."""
    ask_for_passkey(page, url, name, alone=alone)
    page.wait_for_url("**" + reverse("mfa_view_recovery_codes"))
    expect(page.locator("main code.key")).to_have_count(10)


def ask_for_passkey(page: Page, url: str, name: str = "Mon téléphone", *, alone: bool = True) -> None:
    """Give the password once more, then press the button that the device answers."""
    page.goto(url + reverse("mfa_add_webauthn"))
    if page.locator("[name=password]").count():
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("main form button").click()
    page.locator("[name=name]").fill(name)
    page.locator("[name=passwordless]").set_checked(alone)
    picture(page, "passkey-add")
    page.locator("#passkey_button").click()


def sign_out(page: Page, url: str) -> None:
    page.goto(f"{url}/deconnexion/")
    page.locator("main form button").click()
    page.wait_for_url(f"{url}/")


def test_a_passkey_is_added_and_signs_in_alone(url: str, ines: User, phone: Page, errors: list[str]) -> None:
    Device(phone)
    sign_in(phone, url)
    add_passkey(phone, url)
    sign_out(phone, url)
    phone.goto(f"{url}/connexion/?next=/compte/")
    picture(phone, "login-passkey")
    phone.locator("#passkey_button").click()
    phone.wait_for_url(f"{url}/compte/")
    assert ines.authenticator_set.get(type="webauthn").last_used_at is not None


def test_a_passkey_is_the_second_step_after_a_password(url: str, ines: User, phone: Page, errors: list[str]) -> None:
    Device(phone)
    sign_in(phone, url)
    add_passkey(phone, url, alone=False)
    sign_out(phone, url)
    type_password(phone, url, "inesm")
    phone.wait_for_url("**/connexion/verifier-code/")
    assert faults_of(phone) == []
    phone.locator("#passkey_button").click()
    phone.wait_for_url(f"{url}/reservations/")


def test_a_passkey_stands_for_the_password_when_one_is_asked_again(url: str, ines: User, phone: Page) -> None:
    Device(phone)
    sign_in(phone, url)
    add_passkey(phone, url)
    assert violations(phone, url + reverse("mfa_reauthenticate_webauthn") + "?next=/compte/") == []
    phone.locator("#passkey_button").click()
    phone.wait_for_url(f"{url}/compte/")


def test_a_device_that_refuses_is_told_and_nothing_is_added(url: str, ines: User, phone: Page) -> None:
    device = Device(phone)
    sign_in(phone, url)
    device.lock()
    ask_for_passkey(phone, url)
    expect(phone.locator("main [data-passkey-failed]")).to_be_visible()
    picture(phone, "passkey-refused")
    assert not ines.authenticator_set.exists()


def test_an_account_that_was_closed_is_not_opened_by_its_passkey(url: str, ines: User, phone: Page) -> None:
    Device(phone)
    sign_in(phone, url)
    add_passkey(phone, url)
    sign_out(phone, url)
    User.objects.filter(pk=ines.pk).update(is_active=False)
    phone.goto(f"{url}/connexion/")
    phone.locator("#passkey_button").click()
    phone.wait_for_url(f"{url}/compte/inactif/")


def test_a_passkey_is_renamed_and_removed(url: str, ines: User, phone: Page) -> None:
    Device(phone)
    sign_in(phone, url)
    add_passkey(phone, url)
    assert violations(phone, url + reverse("mfa_list_webauthn")) == []
    phone.get_by_role("link", name="Renommer").click()
    assert faults_of(phone) == []
    phone.locator("[name=name]").fill("Vieux téléphone")
    phone.locator("main form button").click()
    expect(phone.locator("main")).to_contain_text("Vieux téléphone")
    phone.get_by_role("link", name="Enlever").click()
    assert faults_of(phone) == []
    phone.locator("button.stop").click()
    phone.wait_for_url("**" + reverse("mfa_list_webauthn"))
    assert not ines.authenticator_set.exists()


def test_without_javascript_nothing_of_passkeys_is_offered(url: str, ines: User, no_js: Page) -> None:
    no_js.goto(f"{url}/connexion/")
    expect(no_js.locator("#passkey_button")).to_be_hidden()
    sign_in(no_js, url)
    no_js.goto(url + reverse("mfa_add_webauthn"))
    no_js.locator("[name=password]").fill(PASSWORD)
    no_js.locator("main form button").click()
    expect(no_js.locator("#passkey_button")).to_be_hidden()
    expect(no_js.locator("main [data-no-passkey]")).to_be_visible()


def test_who_manages_members_is_led_to_the_second_step(url: str, settings, phone: Page) -> None:
    StaffFactory(username="chef")
    settings.MFA_REQUIRED = True
    Device(phone)
    type_password(phone, url, "chef")
    phone.wait_for_url("**" + reverse("mfa_index"))
    assert faults_of(phone) == []
    add_passkey(phone, url)
    phone.goto(f"{url}/gestion/membres/")
    assert phone.url == f"{url}/gestion/membres/"


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_page_of_the_second_step_has_an_accessibility_fault(
    url: str, ines: User, browser: Browser, size: dict
) -> None:
    with opened_page(browser, size) as page:
        faults = faults_of_the_code_by_mail(page, url)
        Device(page)
        sign_in(page, url)
        add_passkey(page, url)
        faults += [fault for path in addresses(ines) for fault in violations(page, url + path)]
        sign_out(page, url)
        type_password(page, url, "inesm")
        page.wait_for_url("**/connexion/verifier-code/")
        faults += faults_of(page)
    assert faults == []


def faults_of_the_code_by_mail(page: Page, url: str) -> list[str]:
    faults = violations(page, f"{url}/connexion/code/")
    page.locator("[name=email]").fill("personne@lab.example")
    page.locator("main form button").click()
    page.wait_for_url("**/connexion/code/verifier/")
    faults += faults_of(page)
    page.context.clear_cookies()
    return faults


def addresses(user: User) -> Iterator[str]:
    """Yield every page of somebody who has a passkey, then what a code app adds."""
    key = user.authenticator_set.get(type="webauthn")
    yield from map(reverse, SECURITY)
    yield from (reverse(name, kwargs={"pk": key.pk}) for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"))
    yield from map(reverse, ("mfa_reauthenticate", "mfa_reauthenticate_webauthn", "account_reauthenticate"))
    CodeApp().switch_on(user)
    yield from map(reverse, ("mfa_index", "mfa_deactivate_totp"))


def test_no_page_of_the_second_step_scrolls_sideways_on_a_very_small_phone(
    url: str, ines: User, browser: Browser
) -> None:
    with opened_page(browser, NARROW) as page:
        Device(page)
        wide = [path for path in ("/connexion/", "/connexion/code/") if too_wide(page, url + path)]
        sign_in(page, url)
        add_passkey(page, url, "Un nom de clé beaucoup plus long que le petit écran de ce téléphone")
        wide += [name for name in SECURITY if too_wide(page, url + reverse(name))]
    assert wide == []
