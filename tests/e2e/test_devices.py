"""The devices and the bridge in the back office: on a phone and a desk, light and dark, and without scripts."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from iot_bridge.models import BridgeLock, BridgeReport, DeviceHealth, DeviceRejection
from machines.models import StartChannel, StartRequest
from tests.e2e.front import LONG
from tests.e2e.screens import NARROW, office_faults, type_password
from tests.factories.cms import site_tree
from tests.factories.iot_bridge import DeviceFactory, PlugFactory, ProposalFactory, RejectedFactory
from tests.factories.machines import MachineFactory
from tests.factories.members import MemberFactory, StaffFactory

pytestmark = pytest.mark.e2e
LIST, BRIDGE = "/gestion/appareils/", "/gestion/passerelle/"


class Scene:
    """A printer nobody has heard, a laser's plug in trouble, a plug that announced itself."""

    def __init__(self, site) -> None:
        self.url, now = site.url, timezone.now()
        site_tree()
        StaffFactory(username="samia")
        self.printer = MachineFactory(name="Imprimante 1")
        DeviceFactory(machine=self.printer)
        state = {"watts": 212.5, "open": {"key": "1", "name": "porte-cles.svg", "progress": 42}}
        self.plug = PlugFactory(machine=MachineFactory(name="Découpeuse laser"), state=state, available=True)
        DeviceHealth.objects.create(device=self.plug, heard_at=now - timedelta(hours=3), clock_offset=-7300)
        DeviceRejection.objects.create(device=self.plug, reason="not UTF-8", times=4, last_at=now)
        ProposalFactory(base="tasmota_B3F2A1", name="Prise de l’établi")
        self.message = RejectedFactory(device=self.plug, payload=b"\xff\x00" * 300)
        names = {"first_name": LONG, "last_name": LONG}
        for codes in ([], ["closed", "qualification_missing", "supervision_missing"]):
            StartRequest.objects.create(
                machine=self.plug.machine,
                member=MemberFactory(**names),
                channel=StartChannel.BADGE,
                granted=not codes,
                codes=codes,
                until=None if codes else now,
            )
        BridgeLock.objects.create(partition=0, holder="x", beat_at=now)
        figures = dict.fromkeys(("received", "committed", "late", "repeated", "unknown", "reconnects"), 4711)
        about = {"connected": True, "backlog": True, "lag_seconds": 0.04, "rejected": {"not UTF-8": 4}}
        BridgeReport.objects.create(partition=0, started_at=now, written_at=now, **figures, **about)

    def sign_in(self, page: Page) -> None:
        type_password(page, self.url, "samia")
        page.wait_for_load_state()

    def screens(self) -> dict[str, str]:
        plug = f"{LIST}{self.plug.pk}/"
        return {
            "devices": LIST,
            "device": plug,
            "device-new": f"{LIST}nouveau/",
            "device-password": f"{plug}mot-de-passe/",
            "bridge": BRIDGE,
            "rejected": f"{BRIDGE}messages/",
            "rejected-message": f"{BRIDGE}messages/{self.message.pk}/",
            "starts": "/gestion/demarrages/",
            "starts-none": f"/gestion/demarrages/?machine={self.printer.pk}",
        }


@pytest.fixture
def scene(site) -> Scene:
    return Scene(site)


@pytest.mark.parametrize("width", ["desktop", 360, 320])
def test_the_screens_can_be_read_by_everybody(scene: Scene, desktop: Page, width) -> None:
    if width != "desktop":
        desktop.set_viewport_size({**NARROW, "width": width})
    scene.sign_in(desktop)
    found = []
    for name, address in scene.screens().items():
        desktop.goto(scene.url + address)
        found += office_faults(desktop, name)
    assert found == []


def test_an_announced_device_is_set_up_and_given_a_password_without_scripts(scene: Scene, browser: Browser) -> None:
    page = browser.new_context(java_script_enabled=False, viewport=NARROW).new_page()
    scene.sign_in(page)
    page.goto(scene.url + LIST)
    page.get_by_role("link", name="Installer").click()
    page.locator("[name=machine]").select_option(label="Imprimante 1")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("link", name="Installer")).to_have_count(0)
    row = page.get_by_role("row").filter(has_text="tasmota_B3F2A1")
    row.get_by_role("link", name="Nouveau mot de passe").click()
    page.get_by_role("button", name="Faire un nouveau mot de passe").click()
    expect(page.locator(".lab-secret").first).to_have_text("tasmota_B3F2A1")
    assert len(page.locator(".lab-secret").nth(1).inner_text()) == 24
    page.context.close()
