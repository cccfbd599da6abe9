"""Invented people."""

from datetime import date
from typing import Any

import factory
from django.contrib.auth.models import Group

from members.models import ApiToken, User
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

    @factory.post_generation
    def roles(self, create: bool, extracted: list[str] | None, **_kwargs: Any) -> None:
        if create:
            self.groups.set(Group.objects.filter(name__in=extracted or ["member"]))


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
