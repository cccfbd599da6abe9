"""People and things the tests of this room share."""

import pytest
from allauth.mfa.totp.internal import auth as totp

from members.models import User
from tests.factories.members import StaffFactory
from tests.members.acts import CodeApp


@pytest.fixture
def manager() -> User:
    """A fab manager."""
    return StaffFactory()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> CodeApp:
    """A code app and a site that share a clock which stands still."""
    made = CodeApp()
    monkeypatch.setattr(totp, "yield_hotp_counters_from_time", lambda: iter([made.counter]))
    return made
