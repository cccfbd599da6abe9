"""What a person at the back office types."""

from datetime import date, timedelta

from django.urls import reverse
from django.utils import timezone

DAY = timezone.localdate() + timedelta(days=3)


def post(client, name: str, data: dict, *args):
    return client.post(reverse(name, args=args), data)


def hours(start: str, end: str, day: date = DAY) -> dict:
    return {"day": day.isoformat(), "starts": start, "ends": end}
