"""What the links of the booking pages may carry."""

from datetime import UTC, datetime

import pytest

from booking.forms import SlotForm


def slot(debut: str) -> SlotForm:
    return SlotForm({"debut": debut, "fin": "2026-11-25T15:00:00+01:00"})


def test_a_link_of_ours_is_read_as_a_moment():
    form = slot("2026-11-25T14:00:00+01:00")
    assert form.is_valid()
    assert form.span.start == datetime(2026, 11, 25, 13, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "demain", "2026-11-25", "2026-11-25T14:00:00", "2026-13-45T14:00:00Z", "9" * 200])
def test_anything_else_is_refused(text):
    assert list(slot(text).errors) == ["debut"]
