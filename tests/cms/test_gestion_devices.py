"""Devices in the back office: listed with their health, described, given a password, removed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from iot_bridge.models import BridgeLock, BrokerAccount, Device, DeviceHealth, DeviceRejection, Proposal
from tests.factories.iot_bridge import BoxFactory, DeviceFactory, PlugFactory, ProposalFactory
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory

pytestmark = pytest.mark.django_db
LIST = "/gestion/appareils/"
NOW = timezone.now()
PLUG = {
    "kind": "tasmota",
    "base": "plug1",
    "role": "power",
    "active": "on",
    "time_zone": "",
    "start_watts": "150",
    "start_hold_seconds": "5",
    "stop_watts": "120",
    "stop_hold_seconds": "45",
}


def text(response) -> str:
    return response.content.decode()


def heard(device: Device, ago: timedelta, **facts) -> None:
    DeviceHealth.objects.create(device=device, heard_at=NOW - ago, **facts)


@pytest.mark.parametrize("ago", [None, 5, 61])
def test_the_list_does_not_say_that_all_is_well_alone_when_nobody_listens(client, boss, ago):
    heard(PlugFactory(), timedelta())
    if ago is not None:
        BridgeLock.objects.create(partition=0, holder="x", beat_at=timezone.now() - timedelta(seconds=ago))
    assert ("La passerelle ne tourne pas" in text(client.get(LIST))) is (ago != 5)


def test_the_list_tells_how_each_device_is(client, boss):
    DeviceFactory(base="jamais")
    heard(PlugFactory(base="muet"), timedelta(hours=3))
    heard(PlugFactory(base="horloge"), timedelta(), clock_offset=-7300)
    sick = PlugFactory(base="malade")
    heard(sick, timedelta())
    DeviceRejection.objects.create(device=sick, reason="not UTF-8", times=4, last_at=NOW)
    heard(PlugFactory(base="sain"), timedelta())
    PlugFactory(base="coupe", active=False)
    html = text(client.get(LIST))
    for words in ("jamais entendu", "muet depuis 3 heures", "son horloge retarde de 2 heures", "tout va bien"):
        assert words in html
    assert "4 messages inutilisables (not UTF-8)" in html
    assert "pas écouté" in html


def test_the_list_shows_one_machine(client, boss):
    shown = DeviceFactory(base="canari")
    PlugFactory(base="rossignol")
    html = text(client.get(LIST, {"machine": shown.machine_id}))
    assert ("canari" in html, "rossignol" in html) == (True, False)


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_takes_the_same_queries_for_one_device_and_many(client, boss, count, django_assert_num_queries):
    for number in range(count):
        heard(BoxFactory(machine__slug=f"box{number}"), timedelta())
        DeviceRejection.objects.create(device=Device.objects.latest("pk"), reason="x", times=1, last_at=NOW)
        ProposalFactory()
    client.get(LIST)
    with django_assert_num_queries(15):
        client.get(LIST)


def test_a_device_is_added_and_changed(client, boss):
    machine = MachineFactory()
    assert client.post(f"{LIST}nouveau/", {**PLUG, "machine": machine.pk}).url == LIST
    device = Device.objects.get()
    assert (device.source, device.machine, device.role) == ("tasmota:plug1", machine, "power")
    changed = {**PLUG, "machine": machine.pk, "stop_watts": "40"}
    assert client.post(f"{LIST}{device.pk}/", changed).url == LIST
    device.refresh_from_db()
    assert device.stop_watts == 40


def test_the_address_fills_in_a_new_device(client, boss):
    html = text(client.get(f"{LIST}nouveau/", {"kind": "tasmota", "base": "plug9"}))
    assert 'value="plug9"' in html
    assert '<option value="tasmota" selected>' in html


@pytest.mark.parametrize("wrong", [{"base": "a/#"}, {"stop_watts": "200"}, {"base": "taken"}, {"kind": "x"}])
def test_a_description_that_cannot_be_is_told_in_the_form(client, boss, wrong):
    taken = PlugFactory(base="taken")
    response = client.post(f"{LIST}nouveau/", {**PLUG, "machine": taken.machine_id, **wrong})
    assert (response.status_code, bool(response.context["form"].errors)) == (200, True)
    assert Device.objects.count() == 1


def test_the_page_shows_what_was_last_said_as_text(client, boss):
    state = {"open": {"key": "1", "name": "<b>vase</b>", "progress": 42}, "watts": 212.5}
    device = DeviceFactory(state=state, available=True)
    html = text(client.get(f"{LIST}{device.pk}/"))
    assert "&lt;b&gt;vase" in html
    assert "<b>vase" not in html
    assert "42" in html


def test_a_new_password_is_shown_once_and_kept_nowhere(client, boss):
    device = PlugFactory()
    assert "une seule fois" in text(client.get(f"{LIST}{device.pk}/mot-de-passe/"))
    response = client.post(f"{LIST}{device.pk}/mot-de-passe/")
    password = response.context["password"]
    assert password in text(response)
    assert "no-store" in response["Cache-Control"]
    assert BrokerAccount.objects.get().device == device
    for address in (LIST, f"{LIST}{device.pk}/"):
        html = text(client.get(address))
        assert (password in html, "tasmota_laser1" in html) == (False, True)


def test_a_device_is_removed_after_a_yes_and_not_while_it_works(client, boss):
    busy, idle = DeviceFactory(state={"open": {"key": "1"}}), PlugFactory()
    assert client.post(f"{LIST}{idle.pk}/retirer/").url == LIST
    assert "travail est en cours" in text(client.post(f"{LIST}{busy.pk}/retirer/"))
    assert Device.objects.get() == busy


@pytest.mark.parametrize("role", ["member", "desk", "editor", "facilitator"])
def test_others_make_no_password(client, home, role):
    device = PlugFactory()
    client.force_login(AdultFactory(roles=[role]))
    assert client.post(f"{LIST}{device.pk}/mot-de-passe/").status_code == 403
    assert BrokerAccount.objects.count() == 0


# --- Announced by themselves ------------------------------------------------------------------------------------------


def test_a_proposal_leads_to_the_form_filled_in_and_is_gone_once_set_up(client, boss):
    ProposalFactory(base="plug1", name="Prise <b>laser</b>")
    html = text(client.get(LIST))
    assert "Prise &lt;b&gt;laser" in html
    address = f"{LIST}nouveau/?kind=tasmota&amp;base=plug1&amp;role=power"
    assert address in html
    form = text(client.get(address.replace("&amp;", "&")))
    assert 'value="plug1"' in form
    assert '<option value="power" selected>' in form
    client.post(f"{LIST}nouveau/", {**PLUG, "machine": MachineFactory().pk})
    assert (Device.objects.count(), Proposal.objects.count()) == (1, 0)


def test_what_is_known_or_ignored_is_not_proposed_and_what_cannot_be_read_has_no_form(client, boss):
    PlugFactory(base="connue", active=False)
    ProposalFactory(base="connue")
    ignored = ProposalFactory(base="bouilloire")
    assert client.post(f"{LIST}proposes/{ignored.pk}/ignorer/").url == LIST
    ProposalFactory(kind="unheard", base="etrange")
    html = text(client.get(LIST))
    told = [f"{kind}:{base}" in html for kind, base in (("unheard", "etrange"), ("tasmota", "bouilloire"))]
    assert told == [True, False]
    assert ("?kind=unheard" in html, "?kind=tasmota" in html) == (False, False)
