"""One afternoon in the lab: Wednesday 25 November 2026, 14 h 30."""

from datetime import datetime

import pytest

from tests.factories.booking import open_lab, wall


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Stop the clock in the middle of the afternoon, twenty seconds past the minute."""
    moment = wall(14.5).replace(second=20)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    return moment


@pytest.fixture
def open_day(db: None) -> None:
    open_lab(14, 18)
