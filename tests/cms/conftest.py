import pytest

from members.models import User
from tests.factories.members import StaffFactory


@pytest.fixture
def boss(home, client) -> User:
    """A fab manager who is signed in."""
    person = StaffFactory(username="boss", first_name="Samia")
    client.force_login(person)
    return person
