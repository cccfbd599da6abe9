from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from desk.queries.account import passport
from tests.factories.machines import QualificationFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


def page(client: Client, member) -> str:
    client.force_login(member)
    return client.get("/compte/").content.decode()


def test_strangers_sign_in_first(client: Client) -> None:
    assert client.get("/compte/").url == "/connexion/?next=/compte/"


def test_one_sees_oneself_and_nobody_else(client: Client) -> None:
    mine = QualificationFactory(member=MemberFactory(first_name="Inès", username="inesm"))
    theirs = QualificationFactory(member__first_name="Canari", category__name="Famille canari")
    html = page(client, mine.member)
    assert ("inesm" in html, mine.category.name in html) == (True, True)
    assert theirs.category.name not in html
    assert "Canari" not in html


def test_a_permit_that_ended_says_so(client: Client) -> None:
    member = MemberFactory()
    QualificationFactory(member=member, expires_on=timezone.localdate())
    assert page(client, member).count('class="state down"') == 0
    QualificationFactory(member=member, expires_on=timezone.localdate() - timedelta(days=1))
    assert page(client, member).count('class="state down"') == 1


def test_names_are_shown_as_text(client: Client) -> None:
    html = page(client, MemberFactory(first_name='<img src=x onerror="alert(1)">', phone='"><svg onload=x>'))
    assert ("<img src=x" in html, "<svg onload" in html) == (False, False)


@pytest.mark.parametrize("count", [1, 6])
def test_the_page_takes_the_same_queries_for_one_permit_and_many(
    client: Client, count: int, django_assert_num_queries
) -> None:
    member = MemberFactory()
    QualificationFactory.create_batch(count, member=member)
    client.force_login(member)
    client.get("/compte/")
    with django_assert_num_queries(13):
        client.get("/compte/")


def test_the_passport_shows_what_holds(django_assert_num_queries) -> None:
    member = MemberFactory()
    shown = [QualificationFactory(member=member) for _ in range(3)]
    QualificationFactory(member=member, withdrawn_reason="imprudence")
    QualificationFactory()
    with django_assert_num_queries(3):
        found = {(one.qualification, one.qualification.category.name) for one in passport(member)}
    assert {one for one, _name in found} == set(shown)
