"""When somebody is asked whether they are at the machine, and what an answer is: pure."""

from datetime import UTC, datetime, timedelta

import pytest

from machines.presence_rules import Answer, Round, answer_of, confirm_problems, next_round

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MAY = {"holds_the_time": False, "knows_the_machine": False, "keeps_the_desk": False}


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def asked(**fields) -> Round | None:
    known = {"started_at": NOON, "confirmed_at": None, "minutes": 2, "again_minutes": 0, "now": NOON}
    return next_round(**{**known, **fields})


def test_a_use_that_begins_is_asked_about_at_once() -> None:
    assert asked() == Round(NOON, at(2))


def test_a_start_that_is_told_late_leaves_the_full_time_from_now_on() -> None:
    assert asked(now=at(60)) == Round(NOON, at(62))


def test_a_start_in_the_future_of_a_wrong_clock_is_asked_now() -> None:
    assert asked(started_at=at(5)) == Round(NOON, at(2))


def test_once_confirmed_nothing_more_is_asked_unless_the_machine_asks_again() -> None:
    assert asked(confirmed_at=at(1), now=at(1)) is None
    assert asked(confirmed_at=at(1), now=at(1), again_minutes=30) == Round(at(31), at(33))


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"now": at(2) - timedelta(seconds=1)}, Answer.WAITING),
        ({"now": at(2)}, Answer.OVERDUE),
        ({"now": at(90), "confirmed_at": at(30)}, Answer.CONFIRMED),
        ({"now": at(90), "confirmed_at": at(1), "ended_at": at(60)}, Answer.CONFIRMED),
        ({"now": at(90), "ended_at": at(1)}, Answer.SHORT),
        ({"now": at(90), "ended_at": at(2)}, Answer.NEVER),
    ],
)
def test_what_became_of_a_round(fields: dict, answer: Answer) -> None:
    assert answer_of(**{"due_at": at(2), "confirmed_at": None, "ended_at": None, **fields}) == answer


@pytest.mark.parametrize("reason", sorted(MAY))
def test_any_one_reason_is_enough_to_confirm(reason: str) -> None:
    assert confirm_problems(waits=True, ended_at=None, **{**MAY, reason: True}) == []


def test_who_has_no_reason_and_what_is_over_are_refused() -> None:
    (stranger,) = confirm_problems(waits=True, ended_at=NOON, **MAY)
    (late,) = confirm_problems(waits=True, ended_at=NOON, **{**MAY, "holds_the_time": True})
    assert (stranger.code, late.code) == ("not_yours", "over")
    assert confirm_problems(waits=False, ended_at=NOON, **{**MAY, "holds_the_time": True}) == []
