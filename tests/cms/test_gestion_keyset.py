"""Long lists are read page by page: whoever follows the links sees every row once."""

import re

import pytest
from django.urls import reverse

from cms.gestion import views
from tests.factories.machines import MachineFactory, MaterialFactory
from tests.factories.members import StaffFactory
from tests.factories.upkeep import PlanFactory

pytestmark = pytest.mark.django_db
LISTS = {"lab_materials": MaterialFactory, "lab_plans": PlanFactory}


@pytest.mark.parametrize("name", LISTS)
def test_lists_in_the_order_of_machines_go_on_over_pages(client, monkeypatch, name):
    monkeypatch.setattr(views, "PAGE_SIZE", 1)
    later, earlier = MachineFactory(display_order=2), MachineFactory(display_order=1)
    rows = [
        LISTS[name](machine=machine, name=f"row {number}") for number, machine in enumerate((later, earlier, later))
    ]
    client.force_login(StaffFactory(roles=["fab_manager"]))
    query, seen = "?", []
    while query:
        page = client.get(reverse(name) + query)
        assert page.status_code == 200
        seen += re.findall(r"row \d", page.content.decode())
        query = page.context_data["next_url"]
    assert sorted(set(seen)) == sorted(row.name for row in rows)
