"""The rules about papers, memberships and who is on duty: pure."""

from datetime import date

import pytest

from booking.facts import Duty, HeldQualification, PaperLine, Season, Trial, Wish
from booking.rules import problems
from machines.models import Supervision
from place.clock import Span
from tests.booking.facts import NOW, SIGNED, facts, machine, person, wish
from tests.factories.booking import WEDNESDAY, span, wall

GROWN_UP = date(1990, 1, 1)


def codes(some_facts, asked: Wish | None = None) -> list[str]:
    return [problem.code for problem in problems(asked or wish(14, 16), some_facts, NOW)]


def only(some_facts, asked: Wish | None = None):
    (problem,) = problems(asked or wish(14, 16), some_facts, NOW)
    return problem


# --- membership ---


def test_a_membership_counts_on_its_last_day_and_not_the_day_after() -> None:
    season = Season(date(2026, 9, 1), WEDNESDAY)
    tried = (Trial(0, date(2026, 10, 1)), Trial(0, date(2026, 10, 2)))
    assert codes(facts(person=person(seasons=(season,), trials=tried))) == []
    ended = Season(date(2025, 9, 1), date(2026, 11, 24))
    problem = only(facts(person=person(seasons=(ended,), trials=tried)))
    assert (problem.code, problem.detail["ended_on"]) == ("membership_expired", date(2026, 11, 24))
    assert "24 novembre 2026" in problem.message


@pytest.mark.parametrize(("days", "allowed"), [(0, True), (1, True), (2, False)])
def test_one_may_come_twice_before_joining(days: int, allowed: bool) -> None:
    trials = tuple(Trial(0, date(2026, 10, 1 + number)) for number in range(days))
    assert (codes(facts(person=person(seasons=(), trials=trials))) == []) is allowed


def test_two_bookings_of_one_day_are_one_trial() -> None:
    trials = (Trial(11, WEDNESDAY), Trial(12, WEDNESDAY), Trial(0, date(2026, 10, 1)))
    assert codes(facts(person=person(seasons=(), trials=trials))) == []


def test_a_booking_being_moved_does_not_count_as_its_own_trial() -> None:
    trials = (Trial(11, date(2026, 12, 1)), Trial(0, date(2026, 10, 1)))
    assert codes(facts(person=person(seasons=(), trials=trials))) == ["membership_expired"]
    assert codes(facts(person=person(seasons=(), trials=trials)), wish(14, 16, ignore=11)) == []


def test_a_machine_may_be_for_members_only() -> None:
    members_only = machine(trial_visits=0)
    assert codes(facts(machine=members_only, person=person(seasons=()))) == ["membership_expired"]


# --- agreements ---


def test_a_young_person_needs_a_parent_who_agrees_and_is_told_what_is_missing() -> None:
    problem = only(facts(person=person(papers=())))
    assert (problem.code, problem.detail["state"], problem.next_step.url) == (
        "consent_missing", "unasked", "/compte/papiers/",
    )  # fmt: skip


@pytest.mark.parametrize("act", ["refused", "withdrawn"])
def test_a_no_after_a_yes_counts(act: str) -> None:
    no = PaperLine(act, "guardian", 2, date(2026, 10, 1), None)
    assert only(facts(person=person(papers=(SIGNED, no)))).detail["state"] == act


def test_an_agreement_counts_to_its_last_day() -> None:
    last = PaperLine("signed", "guardian", 1, date(2026, 9, 1), WEDNESDAY)
    assert codes(facts(person=person(papers=(last,)))) == []
    over = PaperLine("signed", "guardian", 1, date(2025, 9, 1), date(2026, 8, 31))
    assert only(facts(person=person(papers=(over,)))).detail["state"] == "expired"


def test_from_the_eighteenth_birthday_no_agreement_is_asked_whenever_it_was_booked() -> None:
    born = date(2008, 11, 25)  # 18 on the Wednesday
    assert codes(facts(person=person(born, papers=()))) == []
    assert codes(facts(person=person(date(2008, 11, 26), papers=()))) == ["consent_missing"]


def test_a_grown_up_needs_no_paper() -> None:
    assert codes(facts(person=person(GROWN_UP, papers=()))) == []


# --- on duty ---


def test_a_young_person_needs_somebody_on_duty_the_whole_time() -> None:
    assert codes(facts(duties=())) == ["supervision_missing"]
    assert codes(facts(duties=(Duty(span(13, 15)),))) == ["supervision_missing"]
    assert codes(facts(duties=(Duty(span(13, 15)), Duty(span(15, 18))))) == []


def test_a_grown_up_books_a_printer_with_nobody_there_but_not_a_watched_machine() -> None:
    assert codes(facts(duties=(), person=person(GROWN_UP))) == []
    laser = machine(supervision=Supervision.ALWAYS, supervisor_level=0)
    assert codes(facts(machine=laser, duties=(), person=person(GROWN_UP))) == ["supervision_missing"]
    assert codes(facts(machine=machine(supervision=Supervision.NONE), duties=())) == []


@pytest.mark.parametrize(
    ("level", "category", "withdrawn", "expected"),
    [
        (2, 7, False, []),
        (1, 7, False, ["supervision_missing"]),
        (3, 8, False, ["supervision_missing"]),
        (3, 7, True, ["supervision_missing"]),
    ],
)
def test_who_watches_holds_the_level_on_these_machines(level, category, withdrawn, expected) -> None:
    duty = Duty(span(8, 20), ((category, HeldQualification(level, None, withdrawn)),))
    laser = machine(supervision=Supervision.ALWAYS, supervisor_level=2)
    assert codes(facts(machine=laser, duties=(duty,), person=person(GROWN_UP))) == expected


def test_strangers_see_when_a_watched_machine_has_nobody() -> None:
    laser = machine(supervision=Supervision.ALWAYS)
    assert codes(facts(machine=laser, duties=(), person=None)) == ["supervision_missing"]
    assert codes(facts(duties=(), person=None)) == []


# --- waiver for a day ---


def test_a_waiver_replaces_the_habilitation_on_its_day_only() -> None:
    expired = HeldQualification(1, date(2026, 11, 24), withdrawn=False)
    waived = person(qualification=expired, waived_days=frozenset({WEDNESDAY}))
    assert codes(facts(person=waived)) == []
    problem = only(facts(person=person(qualification=expired)))
    assert (problem.code, "24 novembre 2026" in problem.message) == ("qualification_missing", True)
    thursday = Wish(Span(wall(14), wall(16)))
    other = person(qualification=expired, waived_days=frozenset({date(2026, 11, 26)}))
    assert codes(facts(person=other), thursday) == ["qualification_missing"]
