"""Partners, what was agreed with them, and what machines may take: as the back office writes them."""

from datetime import time

import pytest
from django.urls import reverse

from booking.group_models import Agreement
from machines.models import Allowed, MachineMaterial
from members.models import Partner
from tests.cms.acts import post
from tests.factories.booking import AgreementFactory, PartnerFactory
from tests.factories.machines import MachineFactory, MaterialFactory, PoolFactory
from tests.factories.members import AdultFactory

pytestmark = pytest.mark.django_db


def test_a_partner_gets_the_people_who_act_for_it_and_others_later(client, boss):
    odile, yves = AdultFactory(username="odile"), AdultFactory(username="yves")
    assert post(client, "lab_partner_add", {"name": "Club", "contact_1": "odile", "active": "on"}).status_code == 302
    partner = Partner.objects.get()
    assert (list(partner.contacts.all()), partner.active) == ([odile], True)
    assert post(client, "lab_partner_edit", {"name": "Club 2", "contact_1": "yves"}, partner.pk).status_code == 302
    partner.refresh_from_db()
    assert (partner.name, list(partner.contacts.all()), partner.active) == ("Club 2", [yves], False)


def test_two_partners_of_one_name_are_one_too_many(client, boss):
    PartnerFactory(name="Club")
    assert "name" in post(client, "lab_partner_add", {"name": "Club"}).context["form"].errors
    assert Partner.objects.count() == 1


def agreement_form(partner: Partner, **changes) -> dict:
    said = {"partner": partner.pk, "title": "Saison", "first_day": "2026-09-01", "last_day": "2027-07-01"}
    said |= {"most_machines": 2, "most_people": 8, "weekly_minutes": 0}
    return said | {"weekday_1": 2, "starts_1": "14:00", "ends_1": "16:00"} | changes


def test_an_agreement_has_its_times_of_the_week_and_machines(client, boss):
    machine, partner = MachineFactory(), PartnerFactory()
    form = agreement_form(partner, machines=[machine.pk], weekday_2=5, starts_2="10:00", ends_2="12:00")
    assert post(client, "lab_agreement_add", form).status_code == 302
    found = Agreement.objects.get()
    assert list(found.machines.all()) == [machine]
    times = [(slot.weekday, slot.starts, slot.ends) for slot in found.slots.all()]
    assert times == [(2, time(14), time(16)), (5, time(10), time(12))]


def test_a_change_of_an_agreement_begins_with_what_it_says(client, boss):
    found = AgreementFactory(title="Saison")
    found.slots.exclude(weekday=2).delete()
    page = client.get(reverse("lab_agreement_edit", args=[found.pk])).context["form"]
    assert (page.initial["title"], page.initial["weekday_1"], page.initial["starts_1"]) == ("Saison", 2, "14:00")
    assert post(client, "lab_agreement_edit", agreement_form(found.partner, title="Autre"), found.pk).status_code == 302
    found.refresh_from_db()
    assert (found.title, [slot.ends for slot in found.slots.all()]) == ("Autre", [time(16)])


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("weekday_1", {"starts_1": ""}),
        ("ends_1", {"ends_1": "13:00"}),
        ("__all__", {"weekday_1": "", "starts_1": "", "ends_1": ""}),
        ("__all__", {"last_day": "2026-08-01"}),
    ],
)
def test_an_agreement_that_makes_no_sense_is_explained_and_not_stored(client, boss, field, changes):
    answer = post(client, "lab_agreement_add", agreement_form(PartnerFactory(), **changes))
    assert field in answer.context["form"].errors
    assert not Agreement.objects.exists()


def test_a_material_is_added_changed_and_taken_off_the_list(client, boss):
    machine = MachineFactory()
    said = {"machine": machine.pk, "name": "MDF", "allowed": Allowed.ASK, "note": "", "display_order": 10}
    assert post(client, "lab_material_add", said).status_code == 302
    row = MachineMaterial.objects.get()
    assert post(client, "lab_material_edit", said | {"allowed": Allowed.NO}, row.pk).status_code == 302
    row.refresh_from_db()
    assert row.allowed == Allowed.NO
    assert post(client, "lab_material_remove", {}, row.pk).status_code == 302
    assert not MachineMaterial.objects.exists()


def test_a_machine_has_a_material_once(client, boss):
    row = MaterialFactory(name="MDF")
    said = {"machine": row.machine_id, "name": "mdf", "allowed": Allowed.YES, "display_order": 10}
    assert post(client, "lab_material_add", said).context["form"].errors
    assert MachineMaterial.objects.count() == 1


def test_a_kind_of_machines_is_named_and_renamed(client, boss):
    pool = PoolFactory(name="Ender")
    assert post(client, "lab_pools:edit", {"name": "Ender-3"}, pool.pk).status_code == 302
    pool.refresh_from_db()
    assert pool.name == "Ender-3"
