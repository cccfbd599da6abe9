"""Calendars for other programs (RFC 5545): dated events in UTC, at names that never change.

Dated events rather than recurrence rules: common calendar programs read only the first time-zone change of a
generated VTIMEZONE and would show half of the year an hour off.
"""

from datetime import UTC, datetime
from hashlib import blake2b
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from icalendar import Calendar, Event


def blank(kind: str, name: str) -> Calendar:
    """Return a calendar without events: what it is, and how people read its name."""
    calendar = Calendar()
    calendar.add("PRODID", f"-//CAN Lab//{kind}//FR")
    calendar.add("VERSION", "2.0")
    calendar.add("X-WR-CALNAME", name)
    calendar.add("REFRESH-INTERVAL;VALUE=DURATION", "PT1H")
    return calendar


def event(
    key: str, starts_at: datetime, ends_at: datetime, *, sequence: int, stamp: datetime, status: str, summary: str
) -> Event:
    """Return one event; `key` makes its UID, so it stays the same for ever (RFC 5545 §3.8.4.7)."""
    found = Event()
    found.add("UID", f"{key}@{urlsplit(settings.SITE_URL).hostname}")
    found.add("DTSTAMP", stamp.astimezone(UTC))
    found.add("DTSTART", starts_at.astimezone(UTC))
    found.add("DTEND", ends_at.astimezone(UTC))
    found.add("SEQUENCE", sequence)
    found.add("STATUS", status)
    found.add("SUMMARY", summary)
    return found


def answer(request: HttpRequest, calendar: Calendar, *, cache: str) -> HttpResponse:
    """Answer with a calendar, 304 when the caller has it already."""
    content = calendar.to_ical()
    etag = quote_etag(blake2b(content, digest_size=16).hexdigest())
    response = get_conditional_response(request, etag=etag) or HttpResponse(
        content, content_type="text/calendar; charset=utf-8"
    )
    response["ETag"] = etag
    response["Cache-Control"] = cache
    return response
