"""School holidays as the ministry writes them: what is read, what it would change, and files that are no calendar."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from place.models import During, SchoolHoliday
from place.rules import takes_place
from place.school_calendar import CHANGED, MAX_BYTES, NEW, SAME, Dates, UnreadableCalendar, compare, read_ics, shipped

AUTUMN = SchoolHoliday(zone="B", name="Toussaint", first_day=date(2026, 10, 17), last_day=date(2026, 11, 1))
SUMMER = SchoolHoliday(zone="B", name="Été", first_day=date(2026, 7, 4), last_day=date(2026, 8, 31), summer=True)
LINES = (
    "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VTIMEZONE", "END:VTIMEZONE",
    "BEGIN:STANDARD", "SUMMARY:Vacances d'Hiver - Zone B", "SUMMARY:", "DTSTART;VALUE=DATE:20270220", "DTSTART:x",
    "DTEND;VALUE=DATE:20270308", "DTEND;TZID=Nulle/Part:20270308T000000", "DTSTART;VALUE=DATE:00010101",
    "DTSTART;VALUE=DATE:99991231", "LOCATION:Zones A/B", "RRULE:FREQ=SECONDLY", "DURATION:P9999999999D", " folded",
    "DTEND;VALUE=PERIOD:20270220T000000Z/P1D", "X-WR-CALNAME;=:", "TRIGGER:-PT15M", "TZID:Europe/Paris", "\x00",
)  # fmt: skip


def event(first: str, end: str, summary: str, **more: str) -> str:
    extra = "".join(f"{name.upper()}:{value}\r\n" for name, value in more.items())
    days = f"DTSTART;VALUE=DATE:{first}\r\n" + (f"DTEND;VALUE=DATE:{end}\r\n" if end else "")
    return f"BEGIN:VEVENT\r\nUID:{first}-{summary}\r\n{days}SUMMARY:{summary}\r\n{extra}END:VEVENT\r\n"


def ics(*events: str) -> bytes:
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{''.join(events)}END:VCALENDAR\r\n".encode()


# --- which days ---


@pytest.mark.parametrize(
    ("during", "day", "expected"),
    [
        (During.ALWAYS, date(2026, 10, 20), True),
        (During.TERM, date(2026, 10, 16), True),
        (During.TERM, date(2026, 10, 17), False),
        (During.TERM, date(2026, 11, 1), False),
        (During.TERM, date(2026, 11, 2), True),
        (During.HOLIDAYS, date(2026, 10, 20), True),
        (During.HOLIDAYS, date(2026, 11, 2), False),
        (During.SUMMER, date(2026, 7, 14), True),
        (During.SUMMER, date(2026, 10, 20), False),
    ],
)
def test_a_day_is_judged_by_the_holidays_both_ends_included(during, day, expected):
    assert takes_place(during, day, [AUTUMN, SUMMER]) is expected


def test_without_a_calendar_every_day_is_a_school_day():
    day = date(2026, 10, 20)
    assert [takes_place(during, day, []) for during in During] == [True, True, False, False]


# --- what comes with this version ---


def test_the_shipped_dates_are_those_of_the_decree_for_zone_b():
    told = [(one.first_day.isoformat(), one.last_day.isoformat(), one.summer) for one in shipped("B")]
    assert told == [
        ("2026-07-04", "2026-08-31", True),
        ("2026-10-17", "2026-11-01", False),
        ("2026-12-19", "2027-01-03", False),
        ("2027-02-20", "2027-03-07", False),
        ("2027-04-17", "2027-05-02", False),
        ("2027-07-03", "2027-08-31", True),
    ]
    assert shipped("A") == []


# --- official files ---


def test_pieces_that_another_zone_cut_are_put_together():
    content = ics(
        event("20270206", "20270213", "Vacances d'Hiver - Zone C"),
        event("20270220", "20270222", "Vacances d'Hiver - Zones A/B/C - Corse"),
        event("20270222", "20270301", "Vacances d'Hiver - Zones A/B - Corse"),
        event("20270301", "20270308", "Vacances d'Hiver - Zone B"),
    )
    assert read_ics(content, "B") == [Dates("B", "Vacances d'Hiver", date(2027, 2, 20), date(2027, 3, 7))]
    assert read_ics(content, "C")[0].first_day == date(2027, 2, 6)


def test_the_zone_is_found_in_the_place_or_by_the_academies():
    content = ics(
        event("20270220", "20270308", "Vacances d'Hiver", location="Aix-Marseille\\, Nice\\, Rennes"),
        event("20270213", "20270301", "Vacances d'Hiver", location="Zone A"),
        event("20261219", "20270104", "Vacances de Noël"),
        event("20261010", "20261020", "Vacances d'Automne", location="Corse"),
    )
    assert [one.first_day for one in read_ics(content, "B")] == [date(2026, 12, 19), date(2027, 2, 20)]


def test_summer_whose_end_is_not_told_lasts_until_september():
    content = ics(event("20270703", "20270703", "Début des Vacances d'Été - Zones A/B/C"))
    assert read_ics(content, "B") == [Dates("B", "Vacances d'Été", date(2027, 7, 3), date(2027, 8, 31), summer=True)]


def test_the_teachers_return_belongs_to_the_summer_and_other_days_are_left_out():
    content = ics(
        event("20270703", "20270830", "Vacances d'Été - Zones A/B/C"),
        event("20270830", "20270901", "Vacances d'Été(prérentrée Enseignants) - Zones A/B/C"),
        event("20270901", "20270902", "Rentrée scolaire des élèves"),
    )
    assert [(one.name, one.last_day) for one in read_ics(content, "B")] == [("Vacances d'Été", date(2027, 8, 31))]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"Bonjour",
        b"BEGIN:VCALENDAR",
        b"PK\x03\x04",
        ics(),
        ics(event("20270220", "20270308", "Vacances d'Hiver - Zone A")),
        b"x" * (MAX_BYTES + 1),
        ics(*[event("20270220", "20270308", "Réunion")] * 2001),
        b"BEGIN:VEVENT\r\n" * 5000,
    ],
)
def test_a_file_that_is_no_calendar_is_refused_in_words(content):
    with pytest.raises(UnreadableCalendar, match=r"\w+"):
        read_ics(content, "B")


@given(st.one_of(st.binary(max_size=400), st.lists(st.sampled_from(LINES), max_size=40).map("\r\n".join)))
def test_whatever_is_sent_only_one_error_comes_back(content):
    for text in (content, ics("BEGIN:VEVENT\r\n", content, "\r\nEND:VEVENT\r\n") if isinstance(content, str) else b""):
        try:
            found = read_ics(text if isinstance(text, bytes) else text.encode(), "B")
        except UnreadableCalendar:
            continue
        assert all(one.first_day <= one.last_day and one.name for one in found)


# --- what it would change ---


def test_dates_that_meet_a_known_holiday_change_it_and_others_are_new():
    moved = Dates("B", "Toussaint", date(2026, 10, 16), date(2026, 11, 1))
    same = Dates("B", "Été", date(2026, 7, 4), date(2026, 8, 31), summer=True)
    other = Dates("B", "Noël", date(2026, 12, 19), date(2027, 1, 3))
    told = [(one.fate, one.row) for one in compare([moved, same, other], [AUTUMN, SUMMER])]
    assert told == [(CHANGED, AUTUMN), (SAME, SUMMER), (NEW, None)]


def test_a_holiday_is_changed_by_one_of_them_at_most_and_never_by_another_zone():
    twice = [Dates("B", name, date(2026, 10, 17), date(2026, 11, 1)) for name in ("Toussaint", "Automne")]
    assert [one.fate for one in compare(twice, [AUTUMN])] == [SAME, NEW]
    assert [one.fate for one in compare([Dates("A", "Toussaint", AUTUMN.first_day, AUTUMN.last_day)], [AUTUMN])] == [
        NEW
    ]
