"""Time stands still in these tests: Wednesday 25 November 2026, nine in the morning."""

from datetime import datetime

import pytest
from django.utils import timezone

from tests.factories.booking import wall


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Stop the clock that pages, API and services look at."""
    moment = wall(9)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    return moment
