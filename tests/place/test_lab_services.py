"""Who the lab is, changed by who may and in one row."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from members.models import AuditEntry
from place.models import LabSettings
from place.queries import lab
from place.services import describe_lab
from tests.factories.members import MemberFactory, StaffFactory

pytestmark = pytest.mark.django_db


def test_the_lab_is_described_in_one_row_and_logged() -> None:
    boss = StaffFactory(roles=["fab_manager"])
    describe_lab(actor=boss, name="Atelier des Tilleuls")
    describe_lab(actor=boss, fair_waiting=True)
    assert (lab().name, lab().fair_waiting, LabSettings.objects.count()) == ("Atelier des Tilleuls", True, 1)
    assert AuditEntry.objects.filter(action="lab.described", actor=boss).count() == 2


def test_a_member_does_not_and_nonsense_is_refused() -> None:
    with pytest.raises(PermissionDenied):
        describe_lab(actor=MemberFactory(), name="À moi")
    with pytest.raises(ValidationError):
        describe_lab(actor=None, name="")
    assert not LabSettings.objects.exists()


def test_the_screen_shows_what_is_and_saves_what_is_typed(client) -> None:
    describe_lab(actor=None, name="Atelier des Tilleuls", phone="04 90 00 00 00")
    client.force_login(StaffFactory(roles=["fab_manager"]))
    page = client.get(reverse("lab_settings"))
    assert page.context["form"].initial["phone"] == "04 90 00 00 00"
    typed = {"name": "Labo du parc", "horizon_days": "200", "school_zone": "C", "fair_waiting": "on"}
    assert client.post(reverse("lab_settings"), typed).status_code == 302
    assert (lab().name, lab().horizon_days, lab().fair_waiting) == ("Labo du parc", 200, True)
