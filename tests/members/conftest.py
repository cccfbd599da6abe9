"""People the tests of this room share."""

import pytest

from members.models import User
from tests.factories.members import StaffFactory


@pytest.fixture
def manager() -> User:
    """A fab manager."""
    return StaffFactory()
