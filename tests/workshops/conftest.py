"""Time stands still in the tests that ask for it: Friday 20 November 2026, nine in the morning."""

from datetime import datetime

import pytest
from django.utils import timezone

from tests.factories.place import wall


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Stop the clock that pages, feed, API and services look at."""
    moment = wall(2026, 11, 20, 9)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    return moment
