from dataclasses import replace
from datetime import timedelta

import pytest

from tests.factories.place import wall
from workshops.rules import Enrolment, ages_text, fits_age, problems

ACCEPTED = Enrolment(
    starts_at=wall(2026, 11, 25, 14),
    ends_at=wall(2026, 11, 25, 16),
    cancelled=False,
    age_min=8,
    age_max=12,
    places=8,
    places_left=3,
    seats=1,
    age=10,
    asked_at=wall(2026, 11, 20, 9),
)


def codes(**changes):
    return [problem.code for problem in problems(replace(ACCEPTED, **changes))]


def test_somebody_of_the_right_age_in_time_is_accepted():
    assert codes() == []


def test_all_problems_come_at_once_in_the_order_of_the_contract():
    found = codes(seats=9, age=13, registration=4, asked_at=wall(2026, 11, 26))
    assert found == ["full", "age_out_of_range", "already_registered", "registration_closed"]


@pytest.mark.parametrize(
    ("seats", "left", "waits", "expected"),
    [
        (1, 0, True, []),
        (8, 0, True, []),
        (9, 8, True, ["full"]),
        (3, 3, False, []),
        (4, 3, False, ["full"]),
        (1, 0, False, ["full"]),
    ],
)
def test_full_only_when_waiting_is_no_answer(seats, left, waits, expected):
    assert codes(seats=seats, places_left=left, accepts_waiting=waits) == expected


@pytest.mark.parametrize(
    ("age", "youngest", "oldest", "fits"),
    [
        (7, 8, 12, False),
        (8, 8, 12, True),
        (12, 8, 12, True),
        (13, 8, 12, False),
        (40, 18, None, True),
        (17, 18, None, False),
        (17, None, 17, True),
        (18, None, 17, False),
        (None, None, None, True),
        (None, 8, None, False),
        (None, None, 17, False),
    ],
)
def test_ages_are_included_at_both_ends(age, youngest, oldest, fits):
    assert fits_age(age, youngest, oldest) is fits
    assert codes(age=age, age_min=youngest, age_max=oldest) == ([] if fits else ["age_out_of_range"])


def test_age_problem_says_the_range_the_age_and_where_to_look():
    (problem,) = problems(replace(ACCEPTED, age=13))
    assert problem.detail == {"age": 13, "age_min": 8, "age_max": 12}
    assert all(word in problem.message for word in ("8", "12", "13"))
    assert problem.next_step.url == "/agenda/?age=13"


def test_registration_closes_when_the_session_starts():
    start = ACCEPTED.starts_at
    assert codes(asked_at=start - timedelta(seconds=1)) == []
    assert codes(asked_at=start) == ["registration_closed"]
    assert codes(cancelled=True) == ["registration_closed"]


def test_ages_in_words_name_their_bounds():
    texts = [ages_text(8, 12), ages_text(8, None), ages_text(None, 12), ages_text(None, None)]
    assert len(set(texts)) == 4
    assert [("8" in text, "12" in text) for text in texts] == [
        (True, True),
        (True, False),
        (False, True),
        (False, False),
    ]
