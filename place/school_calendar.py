"""School holidays as others write them (our data file, the ministry's .ics file), and what they would change here.

Reads and compares only; `place.services.take_over` stores.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from icalendar import Calendar

from place.models import SchoolHoliday, SchoolZone

SHIPPED = Path(__file__).with_name("school_calendar.toml")
MAX_BYTES, MAX_EVENTS = 1_000_000, 2000
LONGEST = timedelta(days=100)
YEARS = range(2000, 2100)
NEW, CHANGED, SAME = "new", "changed", "same"
ACADEMIES = {
    "A": "besançon bordeaux clermont-ferrand dijon grenoble limoges lyon poitiers",
    "B": "aix-marseille amiens caen lille nancy-metz nantes nice normandie orléans-tours reims rennes rouen strasbourg",
    "C": "créteil montpellier paris toulouse versailles",
}
ZONES = re.compile(r"\bzones?\s*:?\s*((?:[ABC]\b(?:[\s/,&-]|et\b)*)+)", re.IGNORECASE)
TAIL = re.compile(r"\s*(?:\(.*|[-–]\s*(?:zones?\b|corse\b).*)$", re.IGNORECASE | re.DOTALL)
KINDS = ("vacances", "pont")
START_ONLY = re.compile(r"^d[ée]but des\s+", re.IGNORECASE)
# What icalendar raises on texts that are no calendar.
BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)


class UnreadableCalendar(ValueError):
    """A file that holds no school holidays one could take over; the message is for people."""


@dataclass(frozen=True, slots=True)
class Dates:
    """Holidays of one zone as somebody else writes them, both days included."""

    zone: str
    name: str
    first_day: date
    last_day: date
    summer: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """What one of them would do to the calendar: `new`, `changed` (then `row` is what stands there) or `same`."""

    fate: str
    dates: Dates
    row: SchoolHoliday | None = None

    def applied(self) -> SchoolHoliday:
        """Return the row as it would be."""
        row = copy(self.row) if self.row else SchoolHoliday()
        for name in Dates.__slots__:
            setattr(row, name, getattr(self.dates, name))
        return row


def shipped(zone: str) -> list[Dates]:
    """Return the holidays of a zone that come with this version; empty for a zone it knows nothing of."""
    rows = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))["holiday"]
    return [
        Dates(row["zone"], row["name"], row["from"], row["back"] - timedelta(days=1), row.get("summer", False))
        for row in rows
        if row["zone"] == zone
    ]


def read_ics(content: bytes, zone: str) -> list[Dates]:
    """Return the holidays of a zone in an .ics file, in order. Raises UnreadableCalendar and nothing else.

    Official files cut a holiday where another zone joins it: pieces of one name that touch are put together.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableCalendar(_("This file is too big: 1 MB at most."))
    found = _joined(sorted(_of_zone(_events(content), SchoolZone(zone)), key=lambda one: one.first_day))
    if not found:
        raise UnreadableCalendar(_("No school holidays of zone %(zone)s in this file.") % {"zone": zone})
    return found


def compare(found: Iterable[Dates], rows: Iterable[SchoolHoliday]) -> list[Difference]:
    """Tell what each would do: a row of the zone that begins the same day, or else meets it, is the one it changes."""
    left = list(rows)
    told = []
    for dates in found:
        row = _match(dates, left)
        if row is not None:
            left.remove(row)
        told.append(Difference(_fate(dates, row), dates, row))
    return told


def _match(dates: Dates, rows: list[SchoolHoliday]) -> SchoolHoliday | None:
    near = [row for row in rows if row.zone == dates.zone]
    near = [row for row in near if row.first_day <= dates.last_day and dates.first_day <= row.last_day]
    return min(near, key=lambda row: abs(row.first_day - dates.first_day), default=None)


def _fate(dates: Dates, row: SchoolHoliday | None) -> str:
    if row is None:
        return NEW
    return SAME if all(getattr(row, name) == getattr(dates, name) for name in Dates.__slots__) else CHANGED


def _events(content: bytes) -> list[Any]:
    try:
        calendars = Calendar.from_ical(content, multiple=True)
        events = [part for one in calendars for part in one.subcomponents if part.name == "VEVENT"]
    except BROKEN as error:
        raise UnreadableCalendar(_("This is not a calendar file (.ics), or it is damaged.")) from error
    if len(events) > MAX_EVENTS:
        raise UnreadableCalendar(_("This file holds too many events to be a school calendar."))
    return events


def _of_zone(events: Iterable[Any], zone: str) -> Iterator[Dates]:
    for event in events:
        try:
            words = [str(event.get(name, "")) for name in ("SUMMARY", "LOCATION", "DESCRIPTION")]
            days = _days(event, words[0])
        except BROKEN:
            continue
        name = START_ONLY.sub("", TAIL.sub("", words[0])).strip()[:80].strip()
        if days and name.casefold().startswith(KINDS) and zone in _zones(" ".join(words)):
            yield Dates(zone, name, *days, summer=_is_summer(name))


def _days(event: Any, summary: str) -> tuple[date, date] | None:
    """Return the first and the last day; of the summer holidays some files say only when they begin."""
    first, end = _day(event.get("DTSTART")), _day(event.get("DTEND"))
    if first is None or first.year not in YEARS:
        return None
    last = end - timedelta(days=1) if end is not None else first
    if _is_summer(summary) and last <= first and first.month < 8:
        last = date(first.year, 8, 31)
    return (first, last) if first <= last <= first + LONGEST else None


def _day(value: Any) -> date | None:
    moment = getattr(value, "dt", None)
    if isinstance(moment, datetime):
        return moment.date()
    return moment if isinstance(moment, date) else None


def _is_summer(name: str) -> bool:
    return re.search(r"\b[ée]t[ée]\b", name.casefold()) is not None


def _zones(text: str) -> set[str]:
    """Return the zones that a text names, by letter or by academy; one that names no place is for everybody."""
    named = {letter for found in ZONES.findall(text) for letter in re.findall(r"\b[ABC]\b", found.upper())}
    if named:
        return named
    text = text.casefold()
    named = {zone for zone, towns in ACADEMIES.items() if any(town in text for town in towns.split())}
    return named or (set() if "corse" in text else set(ACADEMIES))


def _joined(pieces: list[Dates]) -> list[Dates]:
    joined: list[Dates] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last and piece.first_day <= last.last_day + timedelta(days=1) and _alike(last, piece):
            joined[-1] = replace(last, last_day=max(last.last_day, piece.last_day))
        elif last is None or last.first_day != piece.first_day:
            joined.append(piece)
    return joined


def _alike(one: Dates, other: Dates) -> bool:
    return one.name.casefold() == other.name.casefold()
