"""Time stands still in these tests: Wednesday 25 November 2026, nine in the morning."""

from datetime import datetime

import pytest
from django.utils import timezone

from tests.factories.booking import open_lab, wall
from tests.factories.machines import MachineFactory
from tests.factories.members import MemberFactory


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Stop the clock that pages, API and services look at."""
    moment = wall(9)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    return moment


@pytest.fixture
def machine():
    open_lab()
    return MachineFactory(slug="imprimante-1", name="Imprimante 1")


@pytest.fixture
def member():
    return MemberFactory()


@pytest.fixture
def opened(db: None) -> None:
    """Open the lab that Wednesday from two to six."""
    open_lab()
