"""Invented people."""

import secrets
from datetime import date
from typing import Any

import factory
from django.contrib.auth.models import Group

from members.cards import qr_digest, qr_token
from members.models import (
    AccessCard,
    ApiToken,
    ConsentEntry,
    Guardian,
    Household,
    LegalText,
    Membership,
    User,
)
from members.names import search_name
from members.services import create_token
from members.tokens import SCOPES

PASSWORD = "table-lampe-42"


class MemberFactory(factory.django.DjangoModelFactory):
    """A young member, 13 in November 2026, without e-mail; `roles=["mentor"]` gives other roles, `password=` one."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda number: f"membre{number}")
    first_name = factory.Sequence(lambda number: f"Prénom{number}")
    last_name = factory.Sequence(lambda number: f"Nom{number}")
    birth_date = date(2013, 5, 17)

    @factory.post_generation
    def password(self, create: bool, extracted: str | None, **_kwargs: Any) -> None:
        self.set_password(extracted or PASSWORD)
        if create:
            self.save(update_fields=["password"])

    search_name = factory.LazyAttribute(lambda one: search_name(one.first_name, one.last_name, one.username))

    @factory.post_generation
    def roles(self, create: bool, extracted: list[str] | None, **_kwargs: Any) -> None:
        if create:
            self.groups.set(Group.objects.filter(name__in=extracted or ["member"]))

    @factory.post_generation
    def papers(self, create: bool, extracted: bool | None, **_kwargs: Any) -> None:
        """A membership that lasts, and what a parent signs; `papers=False` for somebody who has none."""
        if create and extracted is not False:
            MembershipFactory(person=self)
            if not self.birth_date or self.birth_date > date(2005, 1, 1):
                for purpose, by in (("machines", "guardian"), ("account", "guardian"), ("account", "self")):
                    signed(self, purpose, by)


def signed(person: User, purpose: str, by: str = "guardian", **fields: Any) -> ConsentEntry:
    """Write a line of the ledger of agreements as it would stand after years."""
    fields = {"act": "signed", "signed_on": date(2020, 1, 1), **fields}
    text = LegalText.objects.get(purpose=purpose, version=1, language="fr")
    return ConsentEntry.objects.create(person=person, purpose=purpose, signatory=by, text=text, **fields)


class MembershipFactory(factory.django.DjangoModelFactory):
    """A membership that no test outlives."""

    class Meta:
        model = Membership

    season = 2026
    kind = Membership.Kind.YOUTH
    starts_on = date(2000, 1, 1)
    ends_on = date(2100, 8, 31)


class AdultFactory(MemberFactory):
    """A grown-up member."""

    birth_date = date(1988, 2, 3)


class StaffFactory(AdultFactory):
    """Somebody of the team: `StaffFactory(roles=["facilitator"])`; a fab manager unless said."""

    @factory.post_generation
    def roles(self, create: bool, extracted: list[str] | None, **_kwargs: Any) -> None:
        if create:
            self.groups.set(Group.objects.filter(name__in=extracted or ["fab_manager"]))


class AdminFactory(AdultFactory):
    """The technical administrator."""

    is_staff = True
    is_superuser = True


def token_for(user: User, *scopes: str) -> str:
    """Return the plain text of a fresh token of a person, with all scopes unless some are named."""
    _token, plain = create_token(user=user, name="test", scopes=scopes or SCOPES)
    return plain


def bearer(user: User, *scopes: str) -> dict[str, str]:
    """Return the headers by which a test client acts for a person through a token."""
    return {"Authorization": f"Bearer {token_for(user, *scopes)}"}


def token_row(user: User) -> ApiToken:
    return create_token(user=user, name="test")[0]


class HouseholdFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Household

    name = factory.Sequence(lambda number: f"Famille{number}")


class GuardianFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Guardian

    household = factory.SubFactory(HouseholdFactory)
    first_name = factory.Sequence(lambda number: f"Parent{number}")
    last_name = factory.Sequence(lambda number: f"Nom{number}")
    phone = "06 39 98 11 22"


class CardFactory(factory.django.DjangoModelFactory):
    """A live card; `members.cards.code(card.nonce)` gives its six digits."""

    class Meta:
        model = AccessCard

    user = factory.SubFactory(MemberFactory)
    nonce = factory.LazyFunction(lambda: secrets.token_hex(16))
    digest = factory.LazyAttribute(lambda card: qr_digest(qr_token(card.nonce)))


def child_of(*guardians: dict[str, Any], **fields: Any) -> User:
    """Return a young member whose household has these guardians (one invented when none is given)."""
    household = HouseholdFactory()
    for position, guardian in enumerate(guardians or ({},), start=1):
        GuardianFactory(household=household, position=position, **guardian)
    return MemberFactory(household=household, **fields)
