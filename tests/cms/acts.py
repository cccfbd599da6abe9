"""What a person at the back office types."""

from datetime import date, timedelta

from django.urls import reverse
from django.utils import timezone

DAY = timezone.localdate() + timedelta(days=3)


def post(client, name: str, data: dict, *args):
    return client.post(reverse(name, args=args), data)


def hours(start: str, end: str, day: date = DAY) -> dict:
    return {"day": day.isoformat(), "starts": start, "ends": end}


THIS = {"scope": "this"}


def offer(**changes: object) -> dict:
    """Return a workshop as its form is sent, with what the form proposes where nothing else is said."""
    proposed = {
        "title": "Robots", "slug": "robots", "kind": "single", "language": "fr", "places": 8, "minors_per_adult": 12,
        "least": 0, "decide_hours": 24, "cancel_hours": 24, "hold_hours": 24, "regime": "leisure", "level": 1,
    }  # fmt: skip
    return proposed | changes
