import pytest

from cms.models import HomePage
from tests.factories.cms import site_tree


@pytest.fixture
def home(db) -> HomePage:
    """The starting site."""
    return site_tree()
