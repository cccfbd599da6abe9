from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from machines.models import Qualification
from machines.services.access import grant, withdraw
from members.models import AuditEntry
from tests.factories.machines import CategoryFactory, QualificationFactory
from tests.factories.members import MemberFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return StaffFactory()


def test_a_level_is_given_signed_and_logged(manager) -> None:
    member, category = MemberFactory(), CategoryFactory()
    given = grant(
        actor=manager, motive="appris à Aix", member=member, category=category, level=2, expires_on=date(2099, 1, 1)
    )
    assert (given.level, given.granted_by, given.granted_on) == (2, manager, timezone.localdate())
    entry = AuditEntry.objects.get(action="qualification.granted")
    assert (entry.subject, entry.detail) == (
        f"user:{member.pk}",
        {"category": category.slug, "level": 2, "motive": "appris à Aix"},
    )


def test_giving_again_renews_and_lifts_a_withdrawal(manager) -> None:
    held = QualificationFactory(level=1, withdrawn_reason="imprudence", expires_on=date(2026, 1, 1))
    grant(actor=manager, motive="appris à Aix", member=held.member, category=held.category, level=2)
    row = Qualification.objects.get()
    assert (row.level, row.withdrawn_reason, row.expires_on) == (2, "", None)


@pytest.mark.parametrize("role", ["member", "mentor", "facilitator", "editor"])
def test_who_may_not_sign(role: str) -> None:
    actor, held = StaffFactory(roles=[role]), QualificationFactory(level=1)
    with pytest.raises(PermissionDenied):
        grant(actor=actor, motive="appris à Aix", member=actor, category=held.category, level=3)
    with pytest.raises(PermissionDenied):
        withdraw(actor=actor, qualification=held, reason="x")
    assert list(Qualification.objects.values_list("level", "withdrawn_reason")) == [(1, "")]


@pytest.mark.parametrize("level", [-1, 4, 99])
def test_a_level_lies_between_0_and_3(manager, level: int) -> None:
    with pytest.raises(ValidationError):
        grant(actor=manager, motive="appris à Aix", member=MemberFactory(), category=CategoryFactory(), level=level)
    with pytest.raises(IntegrityError), transaction.atomic():
        QualificationFactory(level=level)


def test_a_permit_does_not_end_before_it_begins(manager) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    with pytest.raises(ValidationError, match="expires_on"):
        grant(
            actor=manager,
            motive="appris à Aix",
            member=MemberFactory(),
            category=CategoryFactory(),
            level=1,
            expires_on=yesterday,
        )
    assert Qualification.objects.count() == 0


def test_a_person_has_one_level_for_a_family(manager) -> None:
    held = QualificationFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        QualificationFactory(member=held.member, category=held.category)


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_withdrawal_says_why(manager, reason: str) -> None:
    held = QualificationFactory()
    with pytest.raises(ValidationError):
        withdraw(actor=manager, qualification=held, reason=reason)
    withdraw(actor=manager, qualification=held, reason=" imprudence ")
    assert Qualification.objects.get().withdrawn_reason == "imprudence"
