"""How the one statement is read: by index, whatever a database guesses of a lab with a long history."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection

from booking import statement
from place.clock import Span
from tests.factories.booking import WEDNESDAY, wall

pytestmark = pytest.mark.django_db

WINDOW = Span(wall(0), wall(0) + timedelta(days=7))
MANY = range(1, 31)
PARTS = {
    "openings": lambda: statement.openings(WINDOW),
    "closures": lambda: statement.closures(WINDOW),
    "outages": lambda: statement.outages(MANY, WINDOW),
    "outages of one": lambda: statement.outages([1], WINDOW),
    "outages beside": lambda: statement.outages_beside(MANY, WINDOW),
    "taken": lambda: statement.taken(MANY, WINDOW),
    "taken of one": lambda: statement.taken([1], WINDOW),
    "taken along": lambda: statement.taken_along(MANY, WINDOW),
    "shown": lambda: statement.shown(WINDOW, None),
    "shown of one": lambda: statement.shown(WINDOW, "laser"),
    "shown along": lambda: statement.shown_along(WINDOW, None),
    "booked": lambda: statement.booked(1, WINDOW.start),
    "household": lambda: statement.household(1, 1, WINDOW.start),
    "minors": lambda: statement.minors(1, WINDOW, date(2008, 1, 1)),
    "trials": lambda: statement.trials(1),
    "no shows": lambda: statement.no_shows(1, WINDOW.start),
    "duties": lambda: statement.duties(WINDOW, WEDNESDAY),
}
HISTORIES = ("booking_reservation", "place_openingperiod", "machines_outage", "place_visit", "place_dutyshift")
SHORT = ("r", "own", "o", "d")  # how SQLite names them where the statement gives them a short name


def plan(part: statement.Part) -> str:
    """Return how the database would read a part; PostgreSQL, which knows these tables to be empty, if it had to."""
    explain = "EXPLAIN"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            explain = "EXPLAIN QUERY PLAN"
        else:
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"{explain} {part.sql}", part.values)
        return "\n".join(row[-1] for row in cursor.fetchall())


@pytest.mark.parametrize("name", PARTS)
def test_no_part_reads_a_whole_history(name):
    found = plan(PARTS[name]())

    assert not re.search(rf"(SCAN|Seq Scan on) ({'|'.join(HISTORIES + SHORT)})\\b", found), found
    assert "(state=?)" not in found, found
