import pytest

from cms.models import HomePage
from members.models import User
from tests.factories.cms import site_tree
from tests.factories.members import StaffFactory


@pytest.fixture
def home(db) -> HomePage:
    """The starting site."""
    return site_tree()


@pytest.fixture
def boss(home, client) -> User:
    """A fab manager who is signed in."""
    person = StaffFactory(username="boss", first_name="Samia")
    client.force_login(person)
    return person
