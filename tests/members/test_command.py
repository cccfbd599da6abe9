from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from members.queries import valid_token
from members.tokens import SCOPES
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = StringIO()
    call_command("create_api_token", *words, stdout=out)
    return out.getvalue()


def test_the_token_stands_alone_on_the_line() -> None:
    member = MemberFactory(username="inesm")
    (line,) = run("INESM").splitlines()
    token = valid_token(line, timezone.now())
    assert (token.user, token.scopes, token.name) == (member, sorted(SCOPES), "command line")


def test_scopes_may_be_narrowed() -> None:
    MemberFactory(username="inesm")
    line = run("inesm", "--scope", "usage:read", "--scope", "reservations:read", "--name", "tableau").strip()
    assert valid_token(line, timezone.now()).scopes == ["reservations:read", "usage:read"]


@pytest.mark.parametrize("words", [("nobody",), ("parti",), ("inesm", "--scope", "tout"), ()])
def test_what_is_wrong_is_one_sentence(words: tuple) -> None:
    MemberFactory(username="inesm")
    MemberFactory(username="parti", is_active=False)
    with pytest.raises(CommandError) as caught:
        run(*words)
    assert "\n" not in str(caught.value)
