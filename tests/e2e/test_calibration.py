"""The thresholds of a plug in the back office: on a phone and a desk, light and dark, and without scripts."""

import json

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from iot_bridge.messages import Message
from iot_bridge.models import Device
from iot_bridge.services import Ingest
from tests.e2e.screens import NARROW, office_faults, type_password
from tests.factories.cms import site_tree
from tests.factories.iot_bridge import PlugFactory
from tests.factories.machines import MachineFactory
from tests.factories.members import StaffFactory

pytestmark = pytest.mark.e2e
JOB = [96] * 20 + [200, 260, 410, 300, 230, 390] * 4
DAY = [8] * 60 + JOB * 3 + [96] * 20


@pytest.fixture
def plug(site) -> Device:
    """A laser that cut three times between rests of its chiller."""
    site_tree()
    StaffFactory(username="samia")
    found = PlugFactory(machine=MachineFactory(name="Découpeuse laser"), start_watts=60, stop_watts=50)
    began = timezone.now().timestamp() - 10 * len(DAY)
    readings = [json.dumps({"ENERGY": {"Power": watts}}).encode() for watts in DAY]
    topic = "tele/tasmota_laser1/SENSOR"
    Ingest().ingest([Message(topic, told, began + 10 * number) for number, told in enumerate(readings)])
    return found


def opened(page: Page, site, plug: Device) -> None:
    type_password(page, site.url, "samia")
    page.wait_for_load_state()
    page.goto(f"{site.url}/gestion/appareils/{plug.pk}/seuils/")


@pytest.mark.parametrize("width", ["desktop", 360, 320])
def test_the_screen_can_be_read_by_everybody(site, plug: Device, desktop: Page, width) -> None:
    if width != "desktop":
        desktop.set_viewport_size({**NARROW, "width": width})
    opened(desktop, site, plug)
    desktop.locator("details summary").filter(has_text="tableau").click()
    assert office_faults(desktop, f"thresholds-{width}") == []


def test_thresholds_are_tried_and_saved_without_scripts(site, plug: Device, browser: Browser) -> None:
    page = browser.new_context(java_script_enabled=False, viewport=NARROW).new_page()
    opened(page, site, plug)
    tried = page.get_by_role("region", name="Seuils du formulaire")
    expect(tried).to_contain_text("3 utilisations")
    page.locator("[name=start_watts]").fill("300")
    page.get_by_role("button", name="Essayer sans enregistrer").click()
    expect(tried).to_contain_text("À partir de 300 W")
    plug.refresh_from_db()
    assert plug.start_watts == 60
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    page.wait_for_url("**/gestion/appareils/")
    plug.refresh_from_db()
    assert plug.start_watts == 300
    page.context.close()
